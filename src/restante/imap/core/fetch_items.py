"""The FETCH data items of RFC 9051 §6.4.5 that are not pieces of the message's text.

Answers that were computed at arrival are joined, not made; and as a batch of messages is answered, each item is a column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from restante.imap.core.sections import read_body_section
from restante.imap.fetching import Batch, Column, FetchContext
from restante.imap.hooks import FetchAtt, FetchItem
from restante.imap.registry import Registry
from restante.imap.wire.reader import Reader
from restante.store.model import Field, MessageRecord


@dataclass(frozen=True, slots=True)
class Plain:
    """An item that is always in hand: *fields* to read, *column* to write it, for one message or many."""

    fields: Field
    column: Column
    sets_seen: bool = False
    enables: str = ""

    def render(self, message: MessageRecord, context: FetchContext) -> bytes:
        """The item's name and value."""
        (value,) = self.column.values(Batch.of([message]), context)
        return self.column.template % value


def _flags(batch: Batch, context: FetchContext) -> Iterable[bytes]:
    """``\\Recent`` as this session has it (RFC 3501 §2.3.2)."""
    view = context.view
    if not view.has_recent:
        return [flags.wire for flags in batch.flags]
    return [
        (flags.wire + b" \\Recent" if flags.wire else b"\\Recent") if view.is_recent(uid) else flags.wire
        for uid, flags in zip(batch.uids, batch.flags, strict=True)
    ]


def _kept(answer: bytes | None) -> bytes:
    """An answer computed at arrival, which was read because it was asked for."""
    assert answer is not None
    return answer


def of_records(fields: Field, template: bytes, value: Callable[[MessageRecord], object]) -> Plain:
    """An item whose *value* is read from each message's record; *template* has the item's name and one placeholder."""
    return Plain(fields, Column(template, lambda batch, context: map(value, batch.records)))


UID: Final = Plain(Field.NONE, Column(b"UID %d", lambda batch, context: batch.uids))
FLAGS: Final = Plain(Field.NONE, Column(b"FLAGS (%b)", _flags))
MODSEQ: Final = Plain(Field.NONE, Column(b"MODSEQ (%d)", lambda batch, context: batch.modseqs), enables="CONDSTORE")
_BODY: Final = of_records(Field.BODY, b"BODY %b", lambda m: _kept(m.body))


def _body(r: Reader, tables: Registry) -> FetchAtt:
    return read_body_section(r, sets_seen=True) if r.peek(b"[") else _BODY


def _item(name: str, fields: Field, template: bytes, value: Callable[[MessageRecord], object]) -> FetchItem:
    item = of_records(fields, template, value)
    return FetchItem(name, lambda r, tables: item)


ITEMS: Final = (
    FetchItem("UID", lambda r, tables: UID),
    FetchItem("FLAGS", lambda r, tables: FLAGS),
    FetchItem("BODY", _body),
    _item("INTERNALDATE", Field.DATE, b'INTERNALDATE "%b"', lambda m: m.internal_date.wire()),
    _item("RFC822.SIZE", Field.SIZE, b"RFC822.SIZE %d", lambda m: m.size),
    _item("ENVELOPE", Field.ENVELOPE, b"ENVELOPE %b", lambda m: _kept(m.envelope)),
    _item("BODYSTRUCTURE", Field.BODYSTRUCTURE, b"BODYSTRUCTURE %b", lambda m: _kept(m.bodystructure)),
)

MACROS: Final = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
"""RFC 9051 §6.4.5: a macro stands alone."""
