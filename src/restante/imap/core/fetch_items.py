"""The FETCH data items of RFC 9051 §6.4.5 that are not pieces of the message's text.

Answers that were computed at arrival are joined, not made; and as a batch of messages is answered, each item is a column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from restante.imap.core.sections import read_body_section
from restante.imap.fetching import Column, FetchContext, filled
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
        return filled(self.column.template, self.column.values(MessageColumns.of([message]), context))[0]


def _flags(batch: MessageColumns, context: FetchContext) -> tuple[list[bytes]]:
    """``\\Recent`` as this session has it (RFC 3501 §2.3.2)."""
    view = context.view
    if not view.has_recent:
        return ([flags.wire for flags in batch.flags],)
    shown = [
        (flags.wire + b" \\Recent" if flags.wire else b"\\Recent") if view.is_recent(uid) else flags.wire
        for uid, flags in zip(batch.uids, batch.flags, strict=True)
    ]
    return (shown,)


def of_columns(fields: Field, template: bytes, values: Callable[[MessageColumns], Iterable[object]]) -> Plain:
    """An item whose *values* are made of columns; *template* has the item's name and one placeholder."""
    return Plain(fields, Column(template, lambda batch, context: (values(batch),)))


UID: Final = of_columns(Field.NONE, b"UID %d", attrgetter("uids"))
FLAGS: Final = Plain(Field.FLAGS, Column(b"FLAGS (%b)", _flags))
MODSEQ: Final = Plain(Field.FLAGS, Column(b"MODSEQ (%d)", lambda batch, context: (batch.modseqs,)), enables="CONDSTORE")
_BODY: Final = of_columns(Field.BODY, b"BODY %b", attrgetter("bodies"))
_INTERNAL_DATE: Final = of_columns(
    Field.DATE, b'INTERNALDATE "%b"', lambda batch: wires(batch.internal_epochs, batch.internal_zones)
)
_SIZE: Final = of_columns(Field.SIZE, b"RFC822.SIZE %d", attrgetter("sizes"))
_ENVELOPE: Final = of_columns(Field.ENVELOPE, b"ENVELOPE %b", attrgetter("envelopes"))
_BODYSTRUCTURE: Final = of_columns(Field.BODYSTRUCTURE, b"BODYSTRUCTURE %b", attrgetter("bodystructures"))


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
