"""What FETCH items are written with: columns of a batch of messages, and what of the client they need to know.

Strategy: what all messages of a batch are told is one template, filled in for each; octets of messages are put between as they
were read, and all of it is joined once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from restante.imap.view import MailboxView
from restante.store.model import MessageColumns


@dataclass(frozen=True, slots=True)
class FetchContext:
    """The client's side of a FETCH.

    Attributes:
        view: for ``\\Recent`` and for how to tell.
        utf8: whether quoted strings may hold UTF-8.
    """

    view: MailboxView
    utf8: bool


Values = Callable[[MessageColumns, FetchContext], Sequence[Iterable[object]]]


@dataclass(frozen=True, slots=True)
class Column:
    """How an item is written for many messages at once.

    Attributes:
        template: the item's name, and placeholders.
        values: for each placeholder, what goes there.
        octets: what follows it as it is, if anything does: pieces in columns.
    """

    template: bytes
    values: Values
    octets: Callable[[MessageColumns], Sequence[Sequence[bytes]]] | None = None


def labelled(label: bytes, rest: bytes) -> bytes:
    """A template of *label*, whatever is in it, and *rest*."""
    return label.replace(b"%", b"%%") + rest


def lines(batch: MessageColumns, context: FetchContext, columns: Sequence[Column]) -> bytes:
    """The untagged FETCH (or UIDFETCH) of each message of *batch*, ``* `` and CRLF included."""
    uid_only = context.view.style.uid_only
    template = b"* %d UIDFETCH (" if uid_only else b"* %d FETCH ("
    values: list[Iterable[object]] = [batch.uids if uid_only else context.view.seqnums(batch.uids)]
    pieces: list[Iterable[bytes]] = []
    for number, column in enumerate(columns):
        template += b" " + column.template if number else column.template
        values += column.values(batch, context)
        if column.octets is not None:
            pieces += [filled(template, values), *column.octets(batch)]
            template, values = b"", []
    template += b")\r\n"
    if not pieces:
        return b"".join(filled(template, values))
    pieces.append(filled(template, values) if values else [template] * len(batch.uids))
    return b"".join(chain.from_iterable(zip(*pieces, strict=True)))


def filled(template: bytes, values: Iterable[Iterable[object]]) -> list[bytes]:
    """*template* for each message, with *values* in place of its placeholders."""
    return [template % row for row in zip(*values, strict=True)]
