"""BODY[section]<partial>: any piece of a message (RFC 9051 §6.4.5.1), and the RFC822 items, which are names for three of them.

Strategy: a section is a path to a part and what is wanted of it; with the part tree's offsets that is a range of octets. The
top-level header is kept apart, so asking for it reads no body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import add
from typing import Final

from restante.imap.content import Octets, built, literal, parts, without_nul, without_nuls
from restante.imap.fetching import Column, FetchContext, Values, labelled
from restante.imap.hooks import FetchItem
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.mime import header
from restante.mime.part import Part
from restante.store.model import Field, MessageColumns, MessageRecord

_TEXTS: Final = ("HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME")


@dataclass(frozen=True, slots=True)
class Section:
    """``section-spec``: *path* to a part, *text* (one of HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT, MIME or empty),
    and the *names* of header fields, as written."""

    path: tuple[int, ...] = ()
    text: str = ""
    names: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, r: Reader) -> Section:
        """``"[" [section-spec] "]"``"""
        r.expect(b"[")
        if r.take(b"]"):
            return cls()
        path, dotted = read_path(r)
        text, names = "", tuple[bytes, ...]()
        if not path or dotted:
            text = r.peek_word()
            if text not in _TEXTS or (text == "MIME" and not path):
                raise r.expected("a section such as HEADER, TEXT or MIME")
            r.word()
            if text.startswith("HEADER.FIELDS"):
                names = r.sp().header_list()
        r.expect(b"]")
        return cls(path, text, names)

    def wire(self) -> bytes:
        """The section as a response repeats it, in brackets."""
        words = [b"%d" % number for number in self.path]
        if self.text:
            words.append(self.text.encode())
        names = b" " + writer.parenthesised(map(writer.astring, self.names)) if self.names else b""
        return b"[%b%b]" % (b".".join(words), names)

    @property
    def is_header(self) -> bool:
        """Whether the top-level header is all it needs."""
        return not self.path and self.text.startswith("HEADER")


def read_path(r: Reader) -> tuple[tuple[int, ...], bool]:
    """``section-part``: part numbers, and whether a dot follows them."""
    path: list[int] = []
    while r.peek(*_DIGITS):
        path.append(r.nz_number())
        if len(path) > _MAX_PATH:
            raise r.expected(f"at most {_MAX_PATH} part numbers")
        if not r.take(b"."):
            return tuple(path), False
    return tuple(path), bool(path)


_DIGITS: Final = tuple(b"%d" % digit for digit in range(10))
_MAX_PATH: Final = 200


@dataclass(frozen=True, slots=True)
class Partial:
    """``"<" number "." nz-number ">"``: at most *length* octets from *start* on."""

    start: int
    length: int

    @classmethod
    def read(cls, r: Reader) -> Partial | None:
        """Read a partial, if one follows."""
        if not r.take(b"<"):
            return None
        start = r.number64()
        r.expect(b".")
        length = r.number64()
        if length == 0:
            raise r.expected("a length above zero")
        r.expect(b">")
        return cls(start, length)

    def within(self, start: int, end: int) -> tuple[int, int]:
        """The range it leaves of *start* to *end*; empty past its end."""
        begin = min(start + self.start, end)
        return begin, min(begin + self.length, end)

    def wire(self) -> bytes:
        """As a response repeats it: the origin alone (RFC 9051 §7.5.2)."""
        return b"<%d>" % self.start


@dataclass(frozen=True, slots=True)
class BodySection:
    """One ``BODY[…]`` (or RFC822, RFC822.HEADER, RFC822.TEXT, which differ by their *label*).

    The header and the whole message are columns; what must be sought in the message is not.
    """

    section: Section
    partial: Partial | None
    sets_seen: bool
    label: bytes
    enables: str = ""

    @property
    def fields(self) -> Field:
        """The header alone where that is enough."""
        if self.section.is_header:
            return Field.HEADER
        return Field.RAW | Field.PARTS if self.section.path or self.section.text else Field.RAW | Field.SIZE

    @property
    def column(self) -> Column | None:
        """The header, fields of it, or the whole message, of many."""
        section = self.section
        if section.is_header:
            return self._header_column()
        if section.path or section.text or self.partial is not None:
            return None
        return Column(labelled(self.label, b" {%d}\r\n"), _octets_of_each, octets=_octets)

    def _header_column(self) -> Column:
        section, select, value = self.section, self._select(), self._value
        if not section.names or section.text.endswith(".NOT") or self.partial is not None:
            values: Values = lambda batch, context: (map(value, map(select, batch.headers)),)  # noqa: E731
            return Column(labelled(self.label, b" %b"), values)
        # The line feed that ends the announcement of each literal is the one before the fields that were selected.
        return Column(labelled(self.label, b" {%d}\r%b\r\n"), partial(_selected, header.selection(section.names)))

    def render(self, message: MessageRecord, context: FetchContext) -> Octets:
        """``BODY[section]<origin> literal``, or NIL for a part that is not there."""
        section = self.section
        if section.is_header:
            assert message.header is not None
            return b"%b %b" % (self.label, self._value(self._select()(message.header)))
        if not section.path and not section.text:
            return self._range(message, 0, message.size)
        found = _locate(parts(message), section)
        if found is None:
            return self.label + b" NIL"
        start, end = found
        if section.names:
            select = self._select()
            return built(message, start, end, lambda raw: b"%b %b" % (self.label, self._value(select(raw))))
        return self._range(message, start, end)

    def _range(self, message: MessageRecord, start: int, end: int) -> Octets:
        if self.partial is not None:
            start, end = self.partial.within(start, end)
        return literal(self.label, message, start, end)

    def _select(self) -> Callable[[bytes], bytes]:
        """What takes the fields that are wanted out of a header."""
        names = self.section.names
        if not names:
            return bytes
        if self.section.text.endswith(".NOT"):
            return lambda raw: header.select(raw, names, exclude=True)
        return header.selection(names).of

    def _value(self, raw: bytes) -> bytes:
        if self.partial is not None:
            start, end = self.partial.within(0, len(raw))
            raw = raw[start:end]
        return writer.literal(without_nul(raw)) if raw else b'""'


def _selected(
    selection: header.Selection, batch: MessageColumns, context: FetchContext
) -> tuple[Iterable[int], Sequence[bytes]]:
    found = without_nuls(selection.of_all(batch.headers))
    return [len(each) + 1 for each in found], found


def _octets_of_each(batch: MessageColumns, context: FetchContext) -> tuple[Iterable[int]]:
    return (map(add, map(len, batch.headers), map(len, batch.texts)),)


def _octets(batch: MessageColumns) -> tuple[Sequence[bytes], Sequence[bytes]]:
    return without_nuls(batch.headers), without_nuls(batch.texts)


def _locate(root: Part, section: Section) -> tuple[int, int] | None:
    part = root.find(section.path)
    if part is None:
        return None
    if section.text == "MIME":
        return part.start, part.body_start
    if section.text and section.path:
        # HEADER and TEXT belong to the message a part holds (RFC 9051 §6.4.5.1).
        if part.message is None:
            return None
        part = part.message
    if section.text.startswith("HEADER"):
        return part.start, part.body_start
    return part.body_start, part.end


def read_body_section(r: Reader, *, sets_seen: bool) -> BodySection:
    """What follows ``BODY`` or ``BODY.PEEK``: ``section ["<" partial ">"]``."""
    section = Section.read(r)
    partial = Partial.read(r)
    label = b"BODY%b%b" % (section.wire(), partial.wire() if partial else b"")
    return BodySection(section, partial, sets_seen, label)


def _rfc822(name: str, section: Section, *, sets_seen: bool) -> FetchItem:
    item = BodySection(section, None, sets_seen, name.encode())
    return FetchItem(name, lambda r, tables: item)


ITEMS: Final = (
    FetchItem("BODY.PEEK", lambda r, tables: read_body_section(r, sets_seen=False)),
    _rfc822("RFC822", Section(), sets_seen=True),
    _rfc822("RFC822.HEADER", Section(text="HEADER"), sets_seen=False),
    _rfc822("RFC822.TEXT", Section(text="TEXT"), sets_seen=True),
)
