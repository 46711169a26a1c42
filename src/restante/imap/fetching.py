"""What FETCH items need to know besides the message: the client's view and what it agreed to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from restante.imap.view import MailboxView
from restante.model.flags import FlagSet
from restante.store.model import MessageRecord


@dataclass(frozen=True, slots=True)
class FetchContext:
    """The client's side of a FETCH.

    Attributes:
        view: for ``\\Recent`` and for how to tell.
        utf8: whether quoted strings may hold UTF-8.
    """

    view: MailboxView
    utf8: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages to answer with, as columns: position *i* of each is one message.

    Attributes:
        records: what was read of them; empty where UIDs, flags and modseqs are all that is needed.
    """

    uids: Sequence[int]
    flags: Sequence[FlagSet]
    modseqs: Sequence[int]
    records: Sequence[MessageRecord] = ()

    @classmethod
    def of(cls, records: Sequence[MessageRecord]) -> Batch:
        """The columns of *records*."""
        return cls([m.uid for m in records], [m.flags for m in records], [m.modseq for m in records], records)


@dataclass(frozen=True, slots=True)
class Column:
    """How an item is written for many messages at once: *template* with one placeholder, and the *values* for it."""

    template: bytes
    values: Callable[[Batch, FetchContext], Iterable[object]]


def lines(batch: Batch, context: FetchContext, columns: Sequence[Column]) -> list[bytes]:
    """The untagged FETCH (or UIDFETCH) of each message of *batch*, ``* `` and CRLF included."""
    uid_only = context.view.style.uid_only
    start = b"* %d UIDFETCH (" if uid_only else b"* %d FETCH ("
    template = start + b" ".join([column.template for column in columns]) + b")\r\n"
    numbers = batch.uids if uid_only else context.view.seqnums(batch.uids)
    values = [column.values(batch, context) for column in columns]
    return [template % row for row in zip(numbers, *values, strict=True)]
