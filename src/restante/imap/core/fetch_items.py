"""The FETCH data items of RFC 9051 §6.4.5 that are not pieces of the message's text.

Answers that were computed at arrival are joined, not made; and as a batch of messages is answered, each item is a column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from restante.imap.core.sections import read_body_section
from restante.imap.fetching import Column, FetchContext, Values
from restante.imap.hooks import FetchAtt, FetchItem
from restante.imap.registry import Registry
from restante.imap.wire.reader import Reader
from restante.model.dates import wires
from restante.store.model import Field, MessageColumns, MessageRecord


@dataclass(frozen=True, slots=True)
class Plain:
    """An item that is always in hand: *fields* to read, *column* to write it, for one message or many."""

    fields: Field
    column: Column
    sets_seen: bool = False
    enables: str = ""

    def render(self, message: MessageRecord, context: FetchContext) -> bytes:
        """The item's name and value."""
        (value,) = self.column.values(MessageColumns.of([message]), context)
        return self.column.template % value


def _flags(batch: MessageColumns, context: FetchContext) -> Iterable[bytes]:
    """``\\Recent`` as this session has it (RFC 3501 §2.3.2)."""
    view = context.view
    if not view.has_recent:
        return [flags.wire for flags in batch.flags]
    return [
        (flags.wire + b" \\Recent" if flags.wire else b"\\Recent") if view.is_recent(uid) else flags.wire
        for uid, flags in zip(batch.uids, batch.flags, strict=True)
    ]


def of_columns(fields: Field, template: bytes, values: Values) -> Plain:
    """An item whose *values* are made of columns; *template* has the item's name and one placeholder."""
    return Plain(fields, Column(template, values))


def as_kept(fields: Field, template: bytes, name: str) -> Plain:
    """An item that is written as it is kept, in the column *name*."""
    column: Callable[[MessageColumns], Sequence[object]] = attrgetter(name)
    return Plain(fields, Column(template, lambda batch, context: column(batch)))


UID: Final = as_kept(Field.NONE, b"UID %d", "uids")
FLAGS: Final = Plain(Field.NONE, Column(b"FLAGS (%b)", _flags))
MODSEQ: Final = Plain(Field.NONE, Column(b"MODSEQ (%d)", lambda batch, context: batch.modseqs), enables="CONDSTORE")
_BODY: Final = as_kept(Field.BODY, b"BODY %b", "bodies")
_INTERNAL_DATE: Final = of_columns(
    Field.DATE, b'INTERNALDATE "%b"', lambda batch, context: wires(batch.internal_epochs, batch.internal_zones)
)
_SIZE: Final = as_kept(Field.SIZE, b"RFC822.SIZE %d", "sizes")
_ENVELOPE: Final = as_kept(Field.ENVELOPE, b"ENVELOPE %b", "envelopes")
_BODYSTRUCTURE: Final = as_kept(Field.BODYSTRUCTURE, b"BODYSTRUCTURE %b", "bodystructures")


def _body(r: Reader, tables: Registry) -> FetchAtt:
    return read_body_section(r, sets_seen=True) if r.peek(b"[") else _BODY


ITEMS: Final = (
    FetchItem("UID", lambda r, tables: UID),
    FetchItem("FLAGS", lambda r, tables: FLAGS),
    FetchItem("BODY", _body),
    FetchItem("INTERNALDATE", lambda r, tables: _INTERNAL_DATE),
    FetchItem("RFC822.SIZE", lambda r, tables: _SIZE),
    FetchItem("ENVELOPE", lambda r, tables: _ENVELOPE),
    FetchItem("BODYSTRUCTURE", lambda r, tables: _BODYSTRUCTURE),
)

MACROS: Final = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
"""RFC 9051 §6.4.5: a macro stands alone."""
