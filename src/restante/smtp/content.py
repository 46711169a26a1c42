"""The content of a message as it arrives: dots taken off, line ends made CRLF (RFC 5321 §2.3.8, §4.5.2).

Strategy: pieces in, pieces out, by searches over whole pieces; at most four octets, which may be the beginning of the end,
are held back from one piece to the next.

The rule it protects: only ``<CRLF>.<CRLF>`` ends the content. A dot between bare LFs or CRs is content, so no server in
front that reads line ends otherwise can be used to smuggle a second message in.
"""

from __future__ import annotations

import re
from typing import Final

_DOT: Final = b"\r\n."
_END: Final = b"\r\n.\r\n"
_BEGINNINGS: Final = tuple(_END[:length] for length in range(len(_END) - 1, 0, -1))
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")


class Unstuffer:
    """The octets after a 354 reply, without their transparency dots, up to the line that ends them."""

    __slots__ = ("_held", "_skip")

    def __init__(self) -> None:
        # The line end of the DATA command counts: a dot at once makes an empty message.
        self._held = b"\r\n"
        self._skip = 2

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """What of *data* (and of what was held back) is content; and what follows the end, or None before it."""
        data = self._held + data
        dot = data.find(_DOT)
        end = -1 if dot < 0 else data.find(_END, dot)
        if end >= 0:
            return self._plain(data[: end + 2], dots=dot < end), data[end + len(_END) :]
        self._held = next((start for start in _BEGINNINGS if data.endswith(start)), b"")
        return self._plain(data[: len(data) - len(self._held)], dots=dot >= 0), None

    def _plain(self, data: bytes, *, dots: bool) -> bytes:
        if dots:
            data = data.replace(_DOT, _DOT[:-1])
        if self._skip and data:
            data = data[self._skip :]
            self._skip = 0
        return data


class LineEnds:
    """Makes each line end CRLF: a bare LF becomes one, a CR that stands alone stays what it is."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = False

    def feed(self, data: bytes) -> bytes:
        """*data* with its line ends made so; a CR at its end is held back."""
        if self._held:
            data = b"\r" + data
        self._held = data.endswith(b"\r")
        if self._held:
            data = data[:-1]
        if data.count(b"\n") != data.count(b"\r\n"):
            data = _BARE_LF.sub(b"\r\n", data)
        return data

    def finish(self) -> bytes:
        """What was held back."""
        held, self._held = self._held, False
        return b"\r" if held else b""
