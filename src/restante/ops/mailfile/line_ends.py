"""Line ends between files, which mostly have LF, and the store, which has CRLF (RFC 5322 §2.1).

Strategy: octets are looked at for line feeds alone, so no message is re-encoded; streams are cut anywhere and give the same.

The rule it protects: of all octets only a bare LF changes, to CRLF. A lone CR, a NUL or an octet above 127 stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_BARE: Final = re.compile(rb"(?<!\r)\n")
_LONG: Final = 64 * 1024


def crlf(data: bytes) -> bytes:
    """*data* with CRLF for each bare LF."""
    if data.count(b"\n") == data.count(b"\r\n"):
        return data
    return _BARE.sub(b"\r\n", data) if b"\r" in data else data.replace(b"\n", b"\r\n")


def crlf_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """:func:`crlf` of a stream."""
    after_cr = False
    for piece in pieces:
        if after_cr and piece.startswith(b"\n"):
            yield b"\n" + crlf(piece[1:])
        else:
            yield crlf(piece)
        after_cr = piece.endswith(b"\r") if piece else after_cr


def lf(data: bytes) -> bytes:
    """*data* with LF for each CRLF."""
    return data.replace(b"\r\n", b"\n")


class LfCheck:
    """Whether a message can be written with LF and read back as it is: it has no bare LF, and no CR before a CRLF."""

    __slots__ = ("_tail", "fits")

    def __init__(self) -> None:
        self.fits = True
        self._tail = b""

    def feed(self, data: bytes) -> None:
        """Looks at the next octets."""
        window = self._tail + data
        if self.fits and (b"\r\r\n" in window or _BARE.search(window, len(self._tail))):
            self.fits = False
        self._tail = window[-2:]


def fits_lf(data: bytes) -> bool:
    """See :class:`LfCheck`."""
    return b"\r\r\n" not in data and data.count(b"\n") == data.count(b"\r\n")


class ToLf:
    """:func:`lf` of a stream."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What can be told so far; a CR at the end waits for what follows it."""
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        return lf(data[: len(data) - len(self._held)])

    def end(self) -> bytes:
        """The rest."""
        held, self._held = self._held, b""
        return held


class LineFilter:
    """Replaces what *pattern* finds at the start of lines in a stream, where *word* occurs.

    Args:
        pattern: compiled with MULTILINE, beginning with ``^``.
        to: what it is replaced with.
        word: octets without which *pattern* cannot match; they make the usual case cheap.
    """

    __slots__ = ("_fresh", "_held", "_pattern", "_to", "_word")

    def __init__(self, pattern: re.Pattern[bytes], to: bytes, word: bytes) -> None:
        self._pattern, self._to, self._word = pattern, to, word
        self._held = b""
        self._fresh = True

    def feed(self, data: bytes) -> bytes:
        """The whole lines so far; of a line without end, what is too long to wait for."""
        data = self._held + data
        cut = data.rfind(b"\n") + 1
        if not cut and len(data) >= _LONG:
            cut = len(data)
        self._held = data[cut:]
        return self._apply(data[:cut])

    def end(self) -> bytes:
        """The rest."""
        held, self._held = self._held, b""
        return self._apply(held)

    def _apply(self, data: bytes) -> bytes:
        if not data:
            return data
        # In the middle of a line nothing is at its start.
        start = 0 if self._fresh else data.find(b"\n") + 1 or len(data)
        self._fresh = data.endswith(b"\n")
        if self._word not in data:
            return data
        return data[:start] + self._pattern.sub(self._to, data[start:])
