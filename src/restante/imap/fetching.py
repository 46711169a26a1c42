"""What FETCH items are written with: columns of a batch of messages, and what of the client they need to know.

Strategy: what all messages of a batch are told is one template, filled in for each; octets of messages are put between as they
were read, and all of it is joined once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import cast

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
Pieces = Callable[[MessageColumns], Sequence[Sequence[bytes]]]


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
    octets: Pieces | None = None


def labelled(label: bytes, rest: bytes) -> bytes:
    """A template of *label*, whatever is in it, and *rest*."""
    return label.replace(b"%", b"%%") + rest


class Form:
    """How items are written for many messages at once, worked out once for as long as the same items are asked for."""

    __slots__ = ("_end", "_first", "_others")

    def __init__(self, columns: Sequence[Column]) -> None:
        template, values = b"", list[Values]()
        segments: list[tuple[bytes, tuple[Values, ...], Pieces | None]] = []
        for number, column in enumerate(columns):
            template += b" " + column.template if number else column.template
            values.append(column.values)
            if column.octets is not None:
                segments.append((template, tuple(values), column.octets))
                template, values = b"", []
        template += b")\r\n"
        if values or not segments:
            segments.append((template, tuple(values), None))
            template = b""
        self._first, *self._others = segments
        self._end = template

    def write(self, batch: MessageColumns, context: FetchContext) -> bytes:
        """The untagged FETCH (or UIDFETCH) of each message of *batch*, ``* `` and CRLF included."""
        template, values, octets = self._first
        if context.view.style.uid_only:
            start, numbers = b"* %d UIDFETCH (", cast("Sequence[int]", batch.uids)
        else:
            start, numbers = b"* %d FETCH (", context.view.seqnums(batch.uids)
        first = filled(start + template, [numbers, *_values(values, batch, context)])
        if octets is None:
            return b"".join(first)
        pieces: list[Iterable[bytes]] = [first, *octets(batch)]
        for template, values, octets in self._others:
            pieces.append(filled(template, _values(values, batch, context)))
            if octets is not None:
                pieces += octets(batch)
        if self._end:
            pieces.append([self._end] * len(batch.uids))
        return b"".join(chain.from_iterable(zip(*pieces, strict=True)))


def _values(values: Iterable[Values], batch: MessageColumns, context: FetchContext) -> list[Iterable[object]]:
    return [column for each in values for column in each(batch, context)]


def filled(template: bytes, values: Iterable[Iterable[object]]) -> list[bytes]:
    """*template* for each message, with *values* in place of its placeholders."""
    return [template % row for row in zip(*values, strict=True)]
