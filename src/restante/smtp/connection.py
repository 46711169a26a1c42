"""The client's side of the dialogue as events: octets in, one event out at a time (RFC 5321 §3.3, RFC 3030 §2).

Strategy: lines are commands until the server says that content follows (:meth:`Connection.expect_content`), or a BDAT
command says so itself. Content comes out in pieces as it arrives, line ends made CRLF, and a :class:`ContentEnd` after it.

The rule it protects: whatever is fed, nothing is raised and no more than a line and a piece is kept. The server takes
events until there is none before it feeds more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from restante.smtp.command import Bdat, Command, Hello, Mail, Rset, read_command
from restante.smtp.content import LineEnds, Unstuffer
from restante.smtp.errors import BadCommand
from restante.smtp.reply import LINE_TOO_LONG, Reply

DEFAULT_LINE: Final = 4096
"""Octets of a command line. RFC 5321 §4.5.3.1.4 asks for 512, extensions add to it."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is no command: what to answer, and whether the connection must end."""

    reply: Reply
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """The next octets of a message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ContentEnd:
    """The content that was expected, or the chunk of a BDAT command, is complete."""


Event = Command | Malformed | Content | ContentEnd


_PIECE: Final = 64 * 1024
"""Octets of content looked at together: what follows the end of a short message is put back at most so often."""


class Connection:
    """The input of one connection. *line* is the longest command line, in octets without its end."""

    __slots__ = ("_buffer", "_chunk", "_cut", "_last", "_limit", "_line_ends", "_scanned", "_unstuffer")

    def __init__(self, line: int = DEFAULT_LINE) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self._limit = line
        self._cut = False
        self._unstuffer: Unstuffer | None = None
        self._chunk: int | None = None
        self._last = False
        self._line_ends = LineEnds()

    @property
    def pending(self) -> int:
        """Octets received that no event has consumed."""
        return len(self._buffer)

    def receive(self, data: bytes) -> None:
        """Feed what arrived; see :meth:`next_event`."""
        self._buffer += data

    def expect_content(self) -> None:
        """Let content come next, up to its final dot: the 354 reply is being sent."""
        self._unstuffer = Unstuffer()

    def next_event(self) -> Event | None:
        """The next event, or None when more octets are needed."""
        if self._unstuffer is not None:
            return self._data(self._unstuffer)
        if self._chunk is not None:
            return self._chunk_piece(self._chunk)
        line = self._line()
        return self._command(line) if isinstance(line, bytes) else line

    def _command(self, line: bytes) -> Event:
        try:
            command = read_command(line)
        except BadCommand as error:
            return Malformed(error.reply, error.fatal)
        if isinstance(command, Bdat):
            self._chunk, self._last = command.size, command.last
        elif isinstance(command, Rset | Hello | Mail):
            # The chunks of a transaction that was given up may have ended in half a line end.
            self._line_ends.finish()
        return command

    def _line(self) -> bytes | Malformed | None:
        buffer = self._buffer
        end = buffer.find(b"\n", self._scanned)
        if end < 0:
            if len(buffer) > self._limit + 1:
                self._cut = True
                buffer.clear()
            self._scanned = len(buffer)
            return None
        line = self._take(end + 1)[:-1].removesuffix(b"\r")
        self._scanned = 0
        cut, self._cut = self._cut, False
        return Malformed(LINE_TOO_LONG) if cut or len(line) > self._limit else line

    def _data(self, unstuffer: Unstuffer) -> Event | None:
        data = self._take(_PIECE)
        if not data:
            return None
        content, rest = unstuffer.feed(data)
        if rest is not None:
            self._unstuffer, self._chunk, self._last = None, 0, False
            self._buffer[:0] = rest
        content = self._line_ends.feed(content)
        return Content(content) if content else self.next_event()

    def _chunk_piece(self, left: int) -> Event | None:
        if left:
            data = self._take(left)
            if not data:
                return None
            self._chunk = left - len(data)
            content = self._line_ends.feed(data)
            return Content(content) if content else self.next_event()
        if self._last:
            self._last = False
            if held := self._line_ends.finish():
                return Content(held)
        self._chunk = None
        return ContentEnd()

    def _take(self, most: int) -> bytes:
        with memoryview(self._buffer) as view:
            data = bytes(view[:most])
        del self._buffer[:most]
        return data
