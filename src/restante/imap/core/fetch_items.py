"""The FETCH data items of RFC 9051 §6.4.5 that are not pieces of the message's text.

Answers that were computed at arrival are joined, not made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from restante.imap.core.sections import read_body_section
from restante.imap.fetching import FetchContext
from restante.imap.hooks import FetchAtt, FetchItem
from restante.imap.registry import Registry
from restante.imap.wire.reader import Reader
from restante.store.model import Field, MessageRecord

Render = Callable[[MessageRecord, FetchContext], bytes]


@dataclass(frozen=True, slots=True)
class Plain:
    """An item that is always in hand: *fields* to read, *show* to write it."""

    fields: Field
    show: Render
    sets_seen: bool = False
    enables: str = ""

    def render(self, message: MessageRecord, context: FetchContext) -> bytes:
        """The item's name and value."""
        return self.show(message, context)


def flags(message: MessageRecord, context: FetchContext) -> bytes:
    """``FLAGS (…)``, ``\\Recent`` as this session has it (RFC 3501 §2.3.2)."""
    if context.view.has_recent and context.view.is_recent(message.uid):
        wire = message.flags.wire
        return b"FLAGS (%b\\Recent)" % (wire + b" " if wire else b"")
    return b"FLAGS (%b)" % message.flags.wire


def _kept(answer: bytes | None) -> bytes:
    """An answer computed at arrival, which was read because it was asked for."""
    assert answer is not None
    return answer


UID: Final = Plain(Field.NONE, lambda message, context: b"UID %d" % message.uid)
FLAGS: Final = Plain(Field.NONE, flags)
MODSEQ: Final = Plain(Field.NONE, lambda message, context: b"MODSEQ (%d)" % message.modseq, enables="CONDSTORE")
_BODY: Final = Plain(Field.BODY, lambda message, context: b"BODY %b" % _kept(message.body))


def _body(r: Reader, tables: Registry) -> FetchAtt:
    return read_body_section(r, sets_seen=True) if r.peek(b"[") else _BODY


def _item(name: str, fields: Field, show: Render) -> FetchItem:
    item = Plain(fields, show)
    return FetchItem(name, lambda r, tables: item)


ITEMS: Final = (
    FetchItem("UID", lambda r, tables: UID),
    FetchItem("FLAGS", lambda r, tables: FLAGS),
    FetchItem("BODY", _body),
    _item("INTERNALDATE", Field.DATE, lambda m, c: b'INTERNALDATE "%b"' % m.internal_date.wire()),
    _item("RFC822.SIZE", Field.SIZE, lambda m, c: b"RFC822.SIZE %d" % m.size),
    _item("ENVELOPE", Field.ENVELOPE, lambda m, c: b"ENVELOPE %b" % _kept(m.envelope)),
    _item("BODYSTRUCTURE", Field.BODYSTRUCTURE, lambda m, c: b"BODYSTRUCTURE %b" % _kept(m.bodystructure)),
)

MACROS: Final = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
"""RFC 9051 §6.4.5: a macro stands alone."""
