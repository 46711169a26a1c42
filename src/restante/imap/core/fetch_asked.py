"""The items of one FETCH, and what follows from them.

Strategy: a client asks for the same few things again and again, in the same words; so what was read, and all that follows from
it, is remembered by those words.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import or_
from typing import Final

from restante.imap.core.fetch_items import FLAGS, MACROS, MODSEQ, UID
from restante.imap.fetching import Form
from restante.imap.hooks import FetchAtt
from restante.imap.registry import Registry
from restante.imap.view import Style
from restante.imap.wire.errors import BadSyntax
from restante.imap.wire.reader import Reader
from restante.store.batches import OCTETS
from restante.store.model import Field

_REMEMBERED: Final = 256
_OCTETS: Final = Field.HEADER | Field.RAW
_SHORT: Final = 400
"""Octets of the longest words that are remembered."""


class Asked:
    """What is asked of each message.

    Attributes:
        items: in the order in which they are answered.
        fields: what they need to be read.
        enables: what asking for them turns on.
        sets_seen: whether fetching them sets ``\\Seen`` (RFC 9051 §6.4.5).
        in_index: whether the shared index answers them.
        octets: whether whole messages are read for them.
        share: octets to be read at a time; what several items show takes room for each.
        form: how they are written for many messages; None where one of them must be made for each.
    """

    __slots__ = (
        "_changed",
        "_numbered",
        "enables",
        "fields",
        "form",
        "in_index",
        "items",
        "octets",
        "sets_seen",
        "share",
    )

    def __init__(self, items: tuple[FetchAtt, ...]) -> None:
        self.items = tuple(dict.fromkeys(items))
        self.fields = reduce(or_, [item.fields for item in self.items], Field.NONE)
        self.enables = tuple(item.enables for item in self.items if item.enables)
        self.sets_seen = any(item.sets_seen for item in self.items)
        self.in_index = self.fields in (Field.NONE, Field.FLAGS)
        self.octets = Field.RAW in self.fields
        self.share = OCTETS // max(1, sum(bool(item.fields & _OCTETS) for item in self.items))
        columns = [item.column for item in self.items]
        self.form = None if None in columns else Form([column for column in columns if column is not None])
        self._numbered: Asked | None = None
        self._changed: dict[Style, Asked] = {}

    def with_uid(self) -> Asked:
        """With the UID as an item, first where it was not asked for."""
        if self._numbered is None:
            self._numbered = self if UID in self.items else Asked((UID, *self.items))
        return self._numbered

    def with_change(self, style: Style) -> Asked:
        """With the flags after the other items, as any change of them is told (RFC 7162 §3.2.4)."""
        found = self._changed.get(style)
        if found is None:
            told = (FLAGS,) if not style.modseq else (FLAGS, MODSEQ) if style.uid_only else (UID, FLAGS, MODSEQ)
            found = self._changed[style] = Asked((*self.items, *told))
        return found


def read_asked(r: Reader, tables: Registry) -> Asked:
    """The items, and all that follows from them. Raises BadSyntax."""
    text = r.raw_remaining()
    if len(text) <= _SHORT and b") (" not in text:
        known = _remembered(tables, text, r.utf8)
        if known is not None:
            r.text_rest()
            return known
    return Asked(read_items(r, tables))


@lru_cache(_REMEMBERED)
def _remembered(tables: Registry, text: bytes, utf8: bool) -> Asked | None:
    """What *text* asks for, if that is all it holds."""
    r = Reader([text], utf8=utf8)
    try:
        items = read_items(r, tables)
        r.end()
    except BadSyntax:
        return None
    return Asked(items)


def read_items(r: Reader, tables: Registry) -> tuple[FetchAtt, ...]:
    """The items, a macro resolved into its own. Raises BadSyntax."""

    def item(r: Reader) -> FetchAtt:
        known = tables.fetch_items.get(r.peek_word())
        if known is None:
            raise r.expected("a FETCH item")
        r.word()
        return known.read(r, tables)

    macro = MACROS.get(r.peek_word())
    if macro is not None:
        r.word()
        return tuple(tables.fetch_items[name].read(r, tables) for name in macro)
    return r.list_of(item) if r.peek(b"(") else (item(r),)
