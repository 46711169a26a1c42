"""The scanner: a raw message to its tree of parts in one pass (RFC 2045, RFC 2046 §5, RFC 5322 §2.1).

Strategy: a cursor that goes forward only. ``find`` jumps from one line that may be a boundary to the next, a
dictionary of the open boundaries says whether it is one, and the outermost match wins. Bodies are never looked at line by
line, and a message without multiparts is not searched at all.

The rule it protects: any octets give a tree, in linear time and within the caps. What lies beyond a cap is
served as opaque octets.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from restante.mime.comments import without_comments
from restante.mime.content import (
    MESSAGE_RFC822,
    TEXT_PLAIN,
    ContentType,
    content_type,
    disposition,
    languages,
    parameter,
)
from restante.mime.envelope import NAMES as ENVELOPE_NAMES
from restante.mime.envelope import Envelope, envelope_of
from restante.mime.header import raw_values, unfold
from restante.mime.part import MAX_DEPTH, Part

Raw = bytes | mmap.mmap
"""A whole message: octets in memory, or a mapped file."""

OPAQUE: Final = ContentType(b"APPLICATION", b"OCTET-STREAM", ())


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """What one message may ask of the scanner.

    Attributes:
        depth: multiparts and messages within one another, at most 200.
        parts: parts in all.
        header: octets read of one header; fields after them are served, but not understood.
        headers: octets read of all headers together.
        boundaries: lines examined that look like a boundary, in all.
    """

    depth: int = 50
    parts: int = 10_000
    header: int = 256 * 1024
    headers: int = 4 * 1024 * 1024
    boundaries: int = 500_000

    def __post_init__(self) -> None:
        """Raises ValueError for a depth the tree could not be walked at."""
        if self.depth > MAX_DEPTH:
            raise ValueError(f"the depth of parts can be capped at {MAX_DEPTH} at most")


DEFAULT_LIMITS: Final = ScanLimits()

_BLANK: Final = re.compile(rb"\n\r?\n")
_FIRST_BLANK: Final = re.compile(rb"\r?\n")
_HEADER_START: Final = re.compile(rb"[!-9;-~]++[ \t]*+:|\r?\n")
_LF: Final = 0x0A
_CR: Final = 0x0D
_SPACE: Final = b" \t\r\n"
_ENCODINGS: Final = frozenset((b"7BIT", b"8BIT", b"BINARY", b"BASE64", b"QUOTED-PRINTABLE"))
_COUNT_CHUNK: Final = 1 << 20
_CONTENT: Final = frozenset(
    b"content-" + name
    for name in (b"type", b"transfer-encoding", b"id", b"description", b"md5", b"disposition", b"language", b"location")
)
_MESSAGE_NAMES: Final = ENVELOPE_NAMES | _CONTENT
_MESSAGES: Final = frozenset((b"RFC822", b"GLOBAL"))


def scan(raw: Raw, limits: ScanLimits = DEFAULT_LIMITS) -> Part:
    """The tree of the message *raw*, each message in it with its envelope. Never fails; linear in the length."""
    return _Scanner(raw, limits, len(raw)).entity(0, 0, TEXT_PLAIN, is_message=True)


class _Hit(NamedTuple):
    """A boundary line: where the body before it ends, where the line ends, whose it is, and whether it closes."""

    body_end: int
    after: int
    depth: int
    closes: bool


class _Body(NamedTuple):
    """A body taken apart."""

    start: int
    end: int
    kind: ContentType
    lines: int = 0
    children: tuple[Part, ...] = ()
    message: Part | None = None


@dataclass(slots=True)
class _Scanner:
    """One scan: the cursor ``at`` and the boundary line found but not yet taken, ``hit``."""

    raw: Raw
    limits: ScanLimits
    length: int
    at: int = 0
    hit: _Hit | None = None
    blank: tuple[int, int] = (-2, -2)
    open: dict[bytes, tuple[int, bool]] = field(default_factory=dict)
    needle: bytes = b""
    boundaries: int = 0
    headers: int = 0
    parts: int = 0
    messages: int = 0
    counted: int = 0
    newlines: int = 0

    def entity(self, start: int, depth: int, default: ContentType, *, is_message: bool) -> Part:
        """The message or part that begins at *start*; stops at the boundary line that ends it, or at the end."""
        self.parts += 1
        body_start = self._body_start(start, is_message)
        head = self.raw[start : min(body_start, start + self.limits.header, start + self.limits.headers - self.headers)]
        self.headers += len(head)
        wanted = _MESSAGE_NAMES if is_message else _CONTENT
        found = [(key, value) for name, value in raw_values(head) if (key := name.lower()) in wanted]
        fields = dict(reversed(found))
        kind = content_type(unfold(fields[b"content-type"])) if b"content-type" in fields else default
        envelope = envelope_of([pair for pair in found if pair[0] in ENVELOPE_NAMES]) if is_message else None
        body = self._body(body_start, depth, self._servable(kind, depth))
        return _part(start, body, fields, envelope)

    def _servable(self, kind: ContentType, depth: int) -> ContentType:
        """*kind*, or what to serve it as where it cannot be taken apart."""
        if kind.type == b"MULTIPART":
            if not parameter(kind.params, b"BOUNDARY"):
                return TEXT_PLAIN
        elif kind.type != b"MESSAGE" or kind.subtype not in _MESSAGES:
            return kind
        return kind if depth < self.limits.depth else OPAQUE

    def _body(self, start: int, depth: int, kind: ContentType) -> _Body:
        """The body at *start*, taken apart as its *kind* says."""
        if kind.type == b"TEXT":
            before = self._mark(start)
            end = self._end(start)
            return _Body(start, end, kind, self._lines(before, start, end))
        if kind.type == b"MULTIPART":
            return self._multipart(start, depth, kind)
        if kind.type == b"MESSAGE" and kind.subtype in _MESSAGES:
            before = self._mark(start)
            self.messages += 1
            message = self.entity(start, depth + 1, TEXT_PLAIN, is_message=True)
            lines = self._lines(before, start, message.end)
            self.messages -= 1
            return _Body(start, message.end, kind, lines, message=message)
        return _Body(start, self._end(start), kind)

    def _multipart(self, start: int, depth: int, kind: ContentType) -> _Body:
        """A multipart's children; one that has none is shown as the text it holds, since IMAP knows no empty one."""
        before = self._mark(start)
        default = MESSAGE_RFC822 if kind.subtype == b"DIGEST" else TEXT_PLAIN
        children = self._children(parameter(kind.params, b"BOUNDARY") or b"", depth, default)
        end = self._end(start)
        if not children:
            lines = self._lines(before, start, end)
            children = [Part(start, start, end, params=TEXT_PLAIN.params, lines=lines)]
        return _Body(start, end, kind, children=tuple(children))

    def _children(self, boundary: bytes, depth: int, default: ContentType) -> list[Part]:
        opened = self._open(boundary, depth)
        children: list[Part] = []
        self._seek(self.length)
        while (hit := self.hit) is not None and hit.depth == depth and not hit.closes:
            self.hit = None
            if self.parts >= self.limits.parts:
                self._close(opened)
                return [*children, self._opaque(hit.after)]
            children.append(self.entity(hit.after, depth + 1, default, is_message=False))
        self._close(opened)
        if hit is not None and hit.depth == depth:
            self.hit = None
        return children

    def _open(self, boundary: bytes, depth: int) -> list[bytes]:
        """Opens *boundary*'s two lines; one that an outer multipart already uses stays the outer one's."""
        line = b"--" + boundary.rstrip(_SPACE)
        opened = []
        for key, closes in ((line, False), (line + b"--", True)):
            if key not in self.open:
                self.open[key] = (depth, closes)
                opened.append(key)
        self._aim()
        return opened

    def _close(self, opened: list[bytes]) -> None:
        for key in opened:
            del self.open[key]
        self._aim()

    def _aim(self) -> None:
        """Sets what to search for: what all open boundary lines begin with."""
        self.needle = b"\n" + _common_start(min(self.open), max(self.open)) if self.open else b""

    def _opaque(self, start: int) -> Part:
        self.at = start - 1
        return Part(start, start, self._end(start), OPAQUE.type, OPAQUE.subtype, (), b"8BIT")

    def _body_start(self, start: int, is_message: bool) -> int:
        """The offset after the blank line that ends the header at *start*; a boundary line ends a header too."""
        if self.hit is not None:
            return start
        if not is_message and not _HEADER_START.match(self.raw, start):
            self.at = start - 1
            return start
        blank, after = self._blank_line(start)
        self.at = max(start - 1, 0)
        if self.open and self._seek(blank):
            return self._end(start)
        self.at = max(after - 1, 0)
        return after

    def _blank_line(self, start: int) -> tuple[int, int]:
        """Where the line before the first blank line from *start* on ends, and where the blank line ends."""
        if start == 0 and (found := _FIRST_BLANK.match(self.raw)):
            return 0, found.end()
        if self.blank[0] < start - 1:
            found = _BLANK.search(self.raw, max(start - 1, 0))
            self.blank = found.span() if found else (self.length, self.length)
        return self.blank

    def _end(self, body_start: int) -> int:
        """Where the body that begins at *body_start* ends."""
        if self.hit is None:
            self._seek(self.length)
        if self.hit is None:
            return self.length
        if self.hit.body_end < body_start:
            # One line end, after the header and before the boundary: the header's, here and for all parts that end here.
            self.hit = self.hit._replace(body_end=body_start)
        return self.hit.body_end

    def _seek(self, limit: int) -> bool:
        """Goes forward to the next line that is an open boundary and begins before *limit*: whether there is one."""
        raw, at, needle = self.raw, self.at, self.needle
        reach = min(self.length, limit + len(needle))
        while self.open and self.boundaries < self.limits.boundaries:
            found = raw.find(needle, at, reach)
            if found < 0:
                break
            self.boundaries += 1
            at = raw.find(b"\n", found + 1)
            if at < 0:
                at = self.length
            owner = self.open.get(raw[found + 1 : at].rstrip(_SPACE))
            if owner is not None:
                body_end = found - 1 if found and raw[found - 1] == _CR else found
                self.hit = _Hit(body_end, min(at + 1, self.length), *owner)
                break
        self.at = at
        return self.hit is not None

    def _mark(self, offset: int) -> int:
        """Begins to count lines at *offset*. Within an encapsulated message the count runs on, so none is counted twice."""
        if not self.messages:
            self.counted = offset
        return self._newlines(offset)

    def _newlines(self, offset: int) -> int:
        """Line ends counted up to *offset*, which never goes back."""
        while self.counted < offset:
            upto = min(offset, self.counted + _COUNT_CHUNK)
            self.newlines += self.raw[self.counted : upto].count(b"\n")
            self.counted = upto
        return self.newlines

    def _lines(self, before: int, start: int, end: int) -> int:
        """Text lines from *start*, where *before* line ends were counted, to *end*."""
        unended = end > start and self.raw[end - 1] != _LF
        return self._newlines(end) - before + unended


def _common_start(one: bytes, other: bytes) -> bytes:
    for at in range(len(one)):
        if other[at : at + 1] != one[at : at + 1]:
            return one[:at]
    return one


def _part(start: int, body: _Body, fields: dict[bytes, bytes], envelope: Envelope | None) -> Part:
    """The part with this *body*, and its header's *fields* by lower-case name."""
    text = {name: unfold(value) for name, value in fields.items() if name in _CONTENT}
    placed = text.get(b"content-disposition")
    spoken = text.get(b"content-language")
    return Part(
        start,
        body.start,
        body.end,
        *body.kind,
        _encoding(text.get(b"content-transfer-encoding", b"")),
        body.lines,
        text.get(b"content-id"),
        text.get(b"content-description"),
        text.get(b"content-md5"),
        disposition(placed) if placed else None,
        languages(spoken) if spoken else (),
        text.get(b"content-location"),
        body.children,
        body.message,
        envelope,
    )


def _encoding(value: bytes) -> bytes:
    """The encoding's name alone, upper-case: what follows it on the line is no part of it."""
    name = value.upper()
    if name in _ENCODINGS:
        return name
    words = without_comments(value).replace(b";", b" ").split()
    return words[0].upper() if words else b"7BIT"
