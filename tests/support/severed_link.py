"""A client's end of a connection that is cut where a test says, and the reading of whole responses from it.

Strategy: a :class:`Cut` counts octets, literals or tagged replies; when its moment has come the link is dropped, and what had
not got through until then is lost, either way.

The rule it protects: a client sees a response whole or not at all, and never learns whether what it had sent was carried out.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.support.memory_client import MemoryConnection

_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")
_TAGGED = re.compile(rb"(\w+) (OK|NO|BAD) (?:\[([^\]]*)\] ?)?(.*)\r\n\Z", re.DOTALL)
KINDS = ("sent", "received", "change unanswered", "before reply", "after reply", "literal sent", "literal received")
_CHANGES = (b"APPEND", b"UID MOVE", b"UID STORE", b"UID EXPUNGE", b"CREATE", b"RENAME")


class Severed(Exception):
    """The connection is gone."""


@dataclass(frozen=True)
class Literal:
    """A literal to send; *sync* waits for the server's ``+``."""

    data: bytes
    sync: bool = False


@dataclass
class Cut:
    """Where the connection breaks.

    Attributes:
        kind: what is counted, one of KINDS; anything else is never.
        left: octets (for ``sent`` and ``received``) or replies or literals that still pass.
        within: of a literal, the share that passes.
    """

    kind: str = "never"
    left: int = 0
    within: float = 0.5

    def octets(self, kind: str, size: int) -> int:
        """How many of *size* octets pass."""
        if kind != self.kind:
            return size
        passed = min(self.left, size)
        self.left -= passed
        return passed

    def strikes(self, kind: str) -> bool:
        """Whether the cut is here; else one more has passed."""
        if kind != self.kind:
            return False
        self.left -= 1
        return self.left < 0


def some_cut(die: random.Random) -> Cut:
    """A cut of any kind, early or late."""
    kind = die.choice((*KINDS, "change unanswered", "change unanswered"))
    if kind in ("sent", "received"):
        return Cut(kind, int(2 ** die.uniform(5, 13)))
    often = kind in ("before reply", "after reply")
    return Cut(kind, die.randrange(24 if often else 3), die.random())


class Link(Protocol):
    """The client's end, as it is without a cut."""

    async def send(self, data: bytes) -> None:
        """Send octets."""
        ...

    async def receive(self) -> bytes:
        """Some octets; empty at the end of the stream."""
        ...

    async def drop(self) -> None:
        """Break the connection, and wait until the server has noticed."""
        ...


class MemoryLink:
    """A link without a socket; when it is dropped the server is somewhere in what it was doing, by *die*."""

    def __init__(self, connection: MemoryConnection, die: random.Random) -> None:
        self._connection = connection
        self._die = die

    async def send(self, data: bytes) -> None:
        self._connection.send(data)

    async def receive(self) -> bytes:
        return await self._connection.until(bool)

    async def drop(self) -> None:
        for _ in range(self._die.choice((0, 1, 2, 5, 30))):
            await asyncio.sleep(0)
        await self._connection.close()


@dataclass(frozen=True)
class Response:
    """A response with its literals taken out: ``{n}`` stands where one was."""

    text: bytes
    literals: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Reply:
    """A tagged reply, its response code without brackets, and what came before it."""

    condition: bytes
    code: bytes
    text: bytes
    untagged: tuple[Response, ...]

    @property
    def ok(self) -> bool:
        """Whether it was OK."""
        return self.condition == b"OK"


@dataclass
class Dialogue:
    """One command at a time over a link that may be cut.

    Attributes:
        commands: how many were sent.
        turns: round trips: commands, and literals waited for.
        sent: octets sent.
        received: octets received.
    """

    link: Link
    cut: Cut = field(default_factory=Cut)
    commands: int = 0
    turns: int = 0
    sent: int = 0
    received: int = 0
    log: list[bytes] = field(default_factory=list)
    _buffer: bytes = b""

    async def greeting(self) -> Response:
        """The server's first word."""
        return await self._response()

    async def command(self, *parts: bytes | Literal, heard: Callable[[Response], None] | None = None) -> Reply:
        """Send a command, its CRLF added; every untagged response is given to *heard* as it comes. Raises Severed."""
        self.commands += 1
        tag = b"c%d" % self.commands
        untagged: list[Response] = []

        def take(response: Response) -> None:
            untagged.append(response)
            if heard is not None:
                heard(response)

        await self._send_all(tag, parts, take)
        self.turns += 1
        while not (response := await self._response()).text.startswith(tag + b" "):
            assert response.text.startswith(b"* "), response
            take(response)
        changing = isinstance(parts[0], bytes) and parts[0].startswith(_CHANGES)
        if self.cut.strikes("before reply") or (changing and self.cut.strikes("change unanswered")):
            await self.sever()
        return self._reply(response, untagged)

    async def sever(self) -> None:
        """Drop the link. Raises Severed, always."""
        self.log.append(f"-- cut {self.cut}".encode())
        await self.link.drop()
        raise Severed

    async def _send_all(self, tag: bytes, parts: tuple[bytes | Literal, ...], take: Callable[[Response], None]) -> None:
        if self.cut.strikes("after reply"):
            await self.sever()
        pending = tag + b" "
        for part in parts:
            if isinstance(part, bytes):
                pending += part
                continue
            pending += b"{%d%b}\r\n" % (len(part.data), b"" if part.sync else b"+")
            if part.sync:
                await self._send(pending)
                pending = b""
                self.turns += 1
                while not (response := await self._response()).text.startswith(b"+"):
                    take(response)
            if self.cut.strikes("literal sent"):
                await self._send(pending + part.data[: int(len(part.data) * self.cut.within)])
                await self.sever()
            pending += part.data
        await self._send(pending + b"\r\n")

    async def _send(self, data: bytes) -> None:
        self.log.append(b"C: " + data[:200])
        passed = self.cut.octets("sent", len(data))
        self.sent += passed
        if passed:
            await self.link.send(data[:passed])
        if passed < len(data):
            await self.sever()

    def _reply(self, response: Response, untagged: list[Response]) -> Reply:
        found = _TAGGED.match(response.text)
        assert found, response
        assert b"SERVERBUG" not in response.text, response
        return Reply(found[2], found[3] or b"", found[4], tuple(untagged))

    async def _response(self) -> Response:
        text, literals = await self._line(), []
        while announced := _LITERAL.search(text):
            size = int(announced[1])
            if self.cut.strikes("literal received"):
                await self.sever()
            while len(self._buffer) < size:
                await self._more()
            literals.append(self._buffer[:size])
            self._buffer = self._buffer[size:]
            text = text[:-2] + await self._line()
        self.log.append(b"S: " + text[:400])
        return Response(text, tuple(literals))

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            await self._more()
        line, self._buffer = self._buffer[: end + 1], self._buffer[end + 1 :]
        return line

    async def _more(self) -> None:
        data = await self.link.receive()
        passed = self.cut.octets("received", len(data))
        self.received += passed
        self._buffer += data[:passed]
        if passed < len(data) or not data:
            await self.sever()
