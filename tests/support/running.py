"""A whole server as the command would run it, on loopback ports of the system's choice, and a plain client for it.

The rule it protects: a bug that a session turned into an answer fails the test that met it (see ``tests/conftest.py``).
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from restante.app import Running, running
from restante.config import Config
from restante.config.address import Address
from restante.config.limits import Limits
from restante.config.model import Auth, Data, Listen, Tls

PASSWORD = "correct horse"
WAIT = 10.0
"""Seconds a test waits for what must come."""


def configuration(path: Path, limits: Limits | None = None, tls: Tls | None = None) -> Config:
    """A configuration for tests: cheap passwords, ports of the system's choice."""
    here = (Address("127.0.0.1", 0),)
    return Config(
        data=Data(dir=path),
        listen=Listen(imap=here, imaps=here, lmtp=()),
        auth=Auth(argon2_time=1, argon2_memory=1 << 20, argon2_parallelism=1, scram_iterations=4096),
        limits=limits or Limits(),
        tls=tls or Tls(),
    )


class Peer:
    """A client that sends octets and reads lines; TLS and compression when it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._deflate = zlib.compressobj(wbits=-15)
        self._inflate: zlib._Decompress | None = None
        self._buffer = b""

    def send(self, data: bytes) -> None:
        """Send, compressed if that is on."""
        self.writer.write(self.packed(data) if self._inflate else data)

    def packed(self, data: bytes) -> bytes:
        """*data* as the compressed stream has it."""
        return self._deflate.compress(data) + self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def compress(self) -> None:
        """From here on what comes is compressed."""
        self._inflate = zlib.decompressobj(wbits=-15)
        self._buffer = self._inflate.decompress(self._buffer)

    async def line(self) -> bytes:
        """The next line with its end; empty at the end of the stream."""
        async with asyncio.timeout(WAIT):
            while b"\n" not in self._buffer:
                data = await self._read()
                if not data:
                    return b""
                self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line + b"\n"

    async def _read(self) -> bytes:
        while True:
            try:
                data = await self.reader.read(65536)
            except (ConnectionError, ssl.SSLError):
                return b""
            if not data or self._inflate is None:
                return data
            if unfolded := self._inflate.decompress(data):
                return unfolded

    async def reply(self, tag: bytes) -> list[bytes]:
        """Lines up to the one tagged *tag*, or to the end of the stream."""
        lines = []
        while line := await self.line():
            lines.append(line)
            if line.startswith(tag + b" "):
                break
        return lines

    async def rest(self) -> list[bytes]:
        """All lines up to the end of the stream."""
        lines = []
        while line := await self.line():
            lines.append(line)
        return lines

    async def ask(self, command: bytes, tag: bytes = b"a") -> list[bytes]:
        """Send a command and read its reply."""
        self.send(tag + b" " + command + b"\r\n")
        return await self.reply(tag)

    async def login(self, name: str = "alice") -> Peer:
        """Log in; itself."""
        last = (await self.ask(f'LOGIN {name} "{PASSWORD}"'.encode()))[-1]
        assert last.startswith(b"a OK "), last
        return self

    async def start_tls(self) -> None:
        """The handshake, trusting anybody."""
        async with asyncio.timeout(WAIT):
            await self.writer.start_tls(trusting())

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError, ssl.SSLError, TimeoutError):
            await self.writer.wait_closed()


def trusting() -> ssl.SSLContext:
    """A client's context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class House:
    """A running server with one account, and the clients that talk to it."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.peers: list[Peer] = []

    async def connect(self, *, tls: bool = False) -> Peer:
        """A new connection, the greeting not yet read."""
        address = (self.server.imaps if tls else self.server.imap)[0]
        peer = Peer(*await asyncio.open_connection(address.host, address.port, ssl=trusting() if tls else None))
        self.peers.append(peer)
        return peer

    async def greeted(self, *, tls: bool = False) -> Peer:
        """A new connection, the greeting read."""
        peer = await self.connect(tls=tls)
        assert (await peer.line()).startswith(b"* OK ")
        return peer

    async def login(self, *, tls: bool = False) -> Peer:
        """A new connection, logged in."""
        return await (await self.greeted(tls=tls)).login()


@asynccontextmanager
async def house(path: Path, limits: Limits | None = None, tls: Tls | None = None) -> AsyncIterator[House]:
    """A server with the account alice."""
    async with running(configuration(path, limits, tls)) as server:
        await server.mail.accounts.add("alice", PASSWORD)
        made = House(server)
        try:
            yield made
        finally:
            for peer in made.peers:
                await peer.close()
