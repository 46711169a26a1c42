"""A blocking IMAP connection for tests that break things: every octet under the test's control, tagged replies in full.

Rule: it tells apart a refusal, a goodbye and a connection that just ended, because the tests here turn on the difference.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import Final, Self

TIMEOUT: Final = 20.0
"""Seconds to wait for any octet."""

_LITERAL: Final = re.compile(rb"\{(\d+)\}\r\n\Z")
_CODE: Final = re.compile(rb"\S+ (?:OK|NO|BAD) \[([^\]]*)\]")


class Gone(Exception):
    """The connection ended before the reply; *bye* is the server's last word, if it had one."""

    def __init__(self, bye: bytes = b"") -> None:
        super().__init__(bye.decode("utf-8", "replace"))
        self.bye = bye


class Refused(AssertionError):
    """NO or BAD; *line* is the tagged reply."""

    def __init__(self, sent: str, line: bytes) -> None:
        super().__init__(f"{sent!r} was answered by {line!r}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Reply:
    """An OK: its untagged responses, each whole with its literals, and its tagged line."""

    untagged: list[bytes]
    line: bytes

    @property
    def code(self) -> list[str]:
        """The words of its response code, none without one."""
        found = _CODE.match(self.line)
        return found[1].decode().split() if found else []


class Talk:
    """One connection. Use as a context manager, or close it."""

    def __init__(self, port: int, *, timeout: float = TIMEOUT, login: tuple[str, str] | None = None) -> None:
        self._tag = 0
        self.bye = b""
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        except OSError as error:
            raise Gone from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")
        try:
            self.greeting = self.response()
            if login is not None:
                self.command(f'LOGIN "{login[0]}" "{login[1]}"')
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection."""
        self._file.close()
        self.socket.close()

    def reset(self) -> None:
        """Drop the connection with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def send(self, data: bytes) -> None:
        """Send octets as they are. Raises Gone."""
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone(self._last_words()) from error

    def _last_words(self) -> bytes:
        """A BYE that arrived before the connection broke."""
        try:
            while not self.bye:
                self.response()
        except Gone:
            pass
        return self.bye

    def command(self, text: str, *literals: bytes) -> Reply:
        """Send ``text``, each literal where ``{}`` stands in it; the OK. Raises Refused, Gone."""
        self._tag += 1
        tag = b"T%d" % self._tag
        parts, untagged = text.encode().split(b"{}"), list[bytes]()
        head = tag + b" " + parts[0]
        for literal, rest in zip(literals, parts[1:], strict=True):
            self.send(head + b"{%d}\r\n" % len(literal))
            self._go_ahead(tag, text, untagged)
            head = literal + rest
        self.send(head + b"\r\n")
        while not (line := self.response()).startswith(tag + b" "):
            untagged.append(line)
        if not line.startswith(tag + b" OK"):
            raise Refused(text[:80], line)
        return Reply(untagged, line)

    def _go_ahead(self, tag: bytes, text: str, untagged: list[bytes]) -> None:
        while not (line := self.response()).startswith(b"+"):
            if line.startswith(tag + b" "):
                raise Refused(text[:80], line)
            untagged.append(line)

    def response(self) -> bytes:
        """The next response, with its literals in place. Raises Gone."""
        data = self._line()
        while literal := _LITERAL.search(data):
            data += self._exactly(int(literal[1])) + self._line()
        if data.startswith(b"* BYE"):
            self.bye = data
        return data

    def at_end(self) -> bytes:
        """Everything until the server closes the connection."""
        try:
            return self._file.read()
        except ConnectionResetError:
            return b""

    def _exactly(self, count: int) -> bytes:
        try:
            data = self._file.read(count)
        except ConnectionError as error:
            raise Gone(self.bye) from error
        if len(data) < count:
            raise Gone(self.bye)
        return data

    def _line(self) -> bytes:
        try:
            line = self._file.readline()
        except ConnectionError as error:
            raise Gone(self.bye) from error
        if not line.endswith(b"\r\n"):
            raise Gone(self.bye)
        return line
