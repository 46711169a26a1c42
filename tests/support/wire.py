"""Wires: what carries a transcript's octets to a server and back.

Strategy: a :class:`Wire` only sends and receives octets, so that one scenario runs over an in-memory transport, over TCP,
or inside a compressed stream (RFC 4978) alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import zlib
from typing import Protocol

_CHUNK = 65536


class Wire(Protocol):
    """One connection, seen from the client's end."""

    async def send(self, data: bytes) -> None:
        """Send *data*; raises OSError when the server has closed the connection."""
        ...

    async def receive(self) -> bytes:
        """The next octets, as many as are there; empty at the end of the stream."""
        ...

    async def start_tls(self) -> None:
        """Go over to TLS, whatever the server's certificate (RFC 9051 §6.2.1)."""
        ...

    async def close(self) -> None:
        """Close the connection; may be called twice."""
        ...


class TcpWire:
    """A wire over TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, host: str, port: int) -> TcpWire:
        """Connect to *host*, a loopback address, at *port*; raises OSError."""
        return cls(*await asyncio.open_connection(host, port))

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> bytes:
        try:
            return await self._reader.read(_CHUNK)
        except ConnectionError:
            return b""

    async def start_tls(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        await self._writer.start_tls(context)

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await self._writer.wait_closed()


class DeflateWire:
    """A wire inside a raw DEFLATE stream (RFC 4978 §3), over another wire."""

    def __init__(self, inner: Wire) -> None:
        self._inner = inner
        self._deflate = zlib.compressobj(wbits=-15)
        self._inflate = zlib.decompressobj(wbits=-15)

    async def send(self, data: bytes) -> None:
        await self._inner.send(self._deflate.compress(data) + self._deflate.flush(zlib.Z_SYNC_FLUSH))

    async def receive(self) -> bytes:
        while received := await self._inner.receive():
            if data := self._inflate.decompress(received):
                return data
        return b""

    async def start_tls(self) -> None:
        raise NotImplementedError("TLS is negotiated before compression")

    async def close(self) -> None:
        await self._inner.close()
