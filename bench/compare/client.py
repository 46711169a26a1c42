"""A client that costs little: one socket, one buffer, no parsing.

Strategy: a command's tag has never been seen before, so an answer is whole as soon as the last line begins with it; nothing
between is looked at. Literals are sent without waiting (RFC 7888 §4). Rule: what a client costs is the same for all servers.
"""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterable
from typing import Final

SILENCE: Final = 180.0
"""Seconds after which a server is held to be stuck."""

_CHUNK: Final = bytearray(1 << 18)
"""Where octets arrive; one for all clients, for only one thread reads."""

_PREFIX: Final = b"q" + os.urandom(3).hex().encode() + b"n"
_NUMBERS: Final = itertools.count(1)


class Refused(Exception):
    """The server answered NO or BAD, or hung up."""


class Client:
    """A connection to an IMAP server on loopback."""

    def __init__(self, port: int, *, greeted: bool = True) -> None:
        """Connects; with *greeted* also awaits the greeting, which else is the answer to the first, empty, request."""
        self.socket = socket.create_connection(("127.0.0.1", port), SILENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selected = b""
        self._data = bytearray()
        self._tag = b""
        if greeted:
            self.command(b"")

    def begin(self, text: bytes) -> None:
        """Send a command; its answer ends with the tagged line. With no text, the answer is the greeting."""
        self._tag = _PREFIX + b"%d " % next(_NUMBERS) if text else b""
        if text:
            self.socket.sendall(self._tag + text + b"\r\n")

    def begin_all(self, texts: Iterable[bytes]) -> None:
        """Send commands at once; the answer ends with the last one's tagged line."""
        tagged = [(_PREFIX + b"%d " % next(_NUMBERS), text) for text in texts]
        self._tag = tagged[-1][0]
        self.socket.sendall(b"".join(tag + text + b"\r\n" for tag, text in tagged))

    def pump(self) -> bytes | None:
        """Take what has come; the answer if it is whole. Raises Refused if the server hangs up."""
        self._receive()
        if not self._whole():
            return None
        answer, self._data = bytes(self._data), bytearray()
        return answer

    def _receive(self) -> None:
        got = self.socket.recv_into(_CHUNK)
        if not got:
            raise Refused(f"hung up after {bytes(self._data[-200:])!r}")
        self._data += memoryview(_CHUNK)[:got]

    def _whole(self) -> bool:
        data = self._data
        return data.endswith(b"\r\n") and data.startswith(self._tag, data.rfind(b"\n", 0, len(data) - 1) + 1)

    def answer(self) -> bytes:
        """Await the answer to what was begun. Raises Refused, TimeoutError."""
        while True:
            if (answer := self.pump()) is not None:
                return answer

    def command(self, text: bytes) -> bytes:
        """Send a command, await its answer, which must be OK. Raises Refused, TimeoutError."""
        self.begin(text)
        return self.end(text)

    def end(self, text: bytes = b"") -> bytes:
        """Await the answer to the command *text* that was begun; it must be OK. Raises Refused, TimeoutError."""
        answer = self.answer()
        last = answer[answer.rfind(b"\n", 0, len(answer) - 1) + 1 :]
        if not last.startswith(self._tag + b"OK" if self._tag else b"* OK"):
            raise Refused(f"{text[:60]!r}: {last!r}")
        return answer

    def commands(self, texts: Iterable[bytes]) -> bytes:
        """Send commands at once, await all answers. Raises Refused, TimeoutError."""
        self.begin_all(texts)
        return self.answer()

    def select(self, mailbox: bytes) -> Client:
        """Select *mailbox* unless it is; itself."""
        if self.selected != mailbox:
            self.command(b"SELECT " + mailbox)
            self.selected = mailbox
        return self

    def idle(self) -> None:
        """Begin to wait for news (RFC 2177 §3). Raises Refused, TimeoutError."""
        self.begin(b"IDLE")
        self._hear(b"+ ")

    def news(self, what: bytes) -> bytes:
        """Await a line that ends with *what*, while idle; all lines up to it. Raises Refused, TimeoutError."""
        return self._hear(what + b"\r\n")

    def _hear(self, what: bytes) -> bytes:
        """Take octets up to *what*; those behind it are kept."""
        while (at := self._data.find(what)) < 0:
            self._receive()
        heard = bytes(self._data[: at + len(what)])
        del self._data[: len(heard)]
        return heard

    def done(self) -> bytes:
        """End the waiting."""
        self.socket.sendall(b"DONE\r\n")
        return self.answer()

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def literal(data: bytes) -> bytes:
    """*data* as a literal that is sent without waiting (RFC 7888 §4)."""
    return b"{%d+}\r\n%b" % (len(data), data)
