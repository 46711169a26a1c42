"""Stage one of reading: octets into lines and literals, before any grammar (RFC 9051 §4.3, §9: literal, literal8).

Strategy: one buffer, whose front is taken off as fragments complete. A line is searched from where the last search
ended, a literal is counted and never searched, so the cost is linear however the octets arrive.

The rule it protects: where a command ends is decided by line ends and counts alone. A command with the worst grammar
leaves the connection in step, and a line without end costs no more memory than its limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from restante.imap.wire.errors import BadSyntax

_ANNOUNCEMENT: Final = re.compile(rb"\{([0-9]+)(\+?)\}")
_SIZE_DIGITS: Final = 19
_TAIL: Final = 48
"""Octets at the end of a line that is cut, in which its announcement of a literal is looked for."""
_HEAD: Final = 256
"""Octets at the start of a line that is cut, which hold its tag."""

HUGE: Final = 1 << 63
"""Stands for a size past counting (RFC 9051 §9: number64 ends one below)."""


class Sink(Protocol):
    """Takes a large literal as it arrives.

    Attributes:
        size: octets written so far.
    """

    size: int

    def write(self, data: bytes) -> None:
        """Append *data*. Raises OSError where it cannot be kept (a full disk)."""

    def discard(self) -> None:
        """Let go of what was written; may be called twice. Never raises."""


SinkFactory = Callable[[int], Sink]
"""Makes the sink for a literal of so many octets. May raise OSError."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal the client sent, in memory or in a sink.

    Attributes:
        size: octets, as announced.
        binary: whether it was a ``literal8``, which may hold NUL (RFC 9051 §4.3.1).
        data: its octets, or None where they went into a sink.
        upload: the sink that holds it, complete; None for one in memory and for one that failed.
        failed: whether the sink could not keep it. The octets are lost, the framing is not.
    """

    size: int
    binary: bool = False
    data: bytes | None = None
    upload: Sink | None = None
    failed: bool = False

    def discard(self) -> None:
        """Release its sink, if it has one."""
        if self.upload is not None:
            self.upload.discard()


class Announced(NamedTuple):
    """A literal announced at a line's end: its octets, whether the client waits, whether it is a ``literal8``."""

    size: int
    sync: bool
    binary: bool


class Line(NamedTuple):
    """A line without its end and without the announcement of a literal that follows.

    *cut* says that the line was longer than allowed; *text* is then its start only.
    """

    text: bytes
    announced: Announced | None = None
    cut: bool = False


class Fragments:
    """The octets received and not yet taken."""

    __slots__ = ("_buffer", "_head", "_limit", "_scanned")

    def __init__(self, limit: int) -> None:
        """With *limit*, the octets a line may have without its end."""
        self._buffer = bytearray()
        self._scanned = 0
        self._head: bytes | None = None
        self._limit = limit

    def __len__(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Append what arrived."""
        self._buffer += data

    def line(self) -> Line | None:
        """The next line, if it is complete; a bare LF ends it as well as CRLF."""
        line = self.raw_line()
        if line is None or line.cut or line.text[-1:] != b"}":
            return line
        text, announced = _announcement(line.text)
        return line if announced is None else Line(text, announced)

    def raw_line(self) -> Line | None:
        """The next line as it is: a ``{n}`` at its end announces nothing, unless the line is cut."""
        buffer = self._buffer
        end = buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(buffer)
            if self._head is not None or self._scanned > self._limit + 1:
                self._cut()
            return None
        stop = end - 1 if end and buffer[end - 1] == 0x0D else end
        text = bytes(buffer[:stop])
        del buffer[: end + 1]
        self._scanned = 0
        if self._head is not None or stop > self._limit:
            return self._cut_line(text)
        return Line(text)

    def octets(self, count: int) -> bytes | None:
        """The next *count* octets, if all are there."""
        if len(self._buffer) < count:
            return None
        return self.some(count)

    def some(self, most: int) -> bytes:
        """What is there, up to *most* octets."""
        data = bytes(self._buffer[:most])
        del self._buffer[:most]
        self._scanned = 0
        return data

    def unread(self, line: bytes) -> None:
        """Put *line* back in front, with a line end."""
        self._buffer[:0] = line + b"\r\n"
        self._scanned = 0

    def clear(self) -> None:
        """Forget what was received."""
        self._buffer.clear()
        self._scanned = 0
        self._head = None

    def _cut(self) -> None:
        if self._head is None:
            self._head = bytes(self._buffer[: min(_HEAD, self._limit)])
        # One octet more than is looked at: the last may be the CR of the line end.
        del self._buffer[: -_TAIL - 1]
        self._scanned = len(self._buffer)

    def _cut_line(self, text: bytes) -> Line:
        head = text[: min(_HEAD, self._limit)] if self._head is None else self._head
        self._head = None
        _, announced = _announcement(text[-_TAIL:])
        return Line(head, announced, cut=True)


def pieces(value: bytes) -> list[bytes | Literal]:
    """Arguments of a command that were kept as one *value*, as the lines and literals they were. Raises BadSyntax."""
    fragments = Fragments(len(value) + 2)
    fragments.feed(value + b"\r\n")
    found: list[bytes | Literal] = []
    while True:
        line = fragments.line()
        if line is None:
            raise BadSyntax("as many octets as the literal has")
        found.append(line.text)
        if line.announced is None:
            break
        data = fragments.octets(line.announced.size)
        if data is None:
            raise BadSyntax("as many octets as the literal has")
        found.append(Literal(line.announced.size, line.announced.binary, data))
    if fragments.some(len(value)).strip():
        raise BadSyntax("a single line, but for literals")
    return found


def _announcement(text: bytes) -> tuple[bytes, Announced | None]:
    brace = text.rfind(b"{")
    match = _ANNOUNCEMENT.fullmatch(text, brace) if brace >= 0 else None
    if match is None:
        return text, None
    binary = text[brace - 1 : brace] == b"~"
    size = int(match[1]) if len(match[1]) <= _SIZE_DIGITS else HUGE
    return text[: brace - binary], Announced(size, not match[2], binary)
