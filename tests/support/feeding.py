"""Feeds octets to a connection in chunks of any size, and pictures its events as plain values that compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from restante.imap.protocol.connection import Connection, WireLimits
from restante.imap.protocol.events import Event, Request
from restante.imap.wire.fragments import Literal
from restante.imap.wire.reader import Reader


class MemorySink:
    """A sink that keeps what it is given and fails when told to."""

    def __init__(self, full_at: int | None = None) -> None:
        self.size = 0
        self.data = bytearray()
        self.discarded = 0
        self._full_at = full_at

    def write(self, data: bytes) -> None:
        if self._full_at is not None and self.size + len(data) > self._full_at:
            raise OSError("no space left")
        self.data += data
        self.size += len(data)

    def discard(self) -> None:
        self.discarded += 1


class Sinks:
    """Makes memory sinks and remembers them."""

    def __init__(self, full_at: int | None = None) -> None:
        self.made: list[MemorySink] = []
        self._full_at = full_at

    def __call__(self, size: int) -> MemorySink:
        sink = MemorySink(self._full_at)
        self.made.append(sink)
        return sink


def limit_of(name: str) -> int:
    """APPEND may have a megabyte, everything else a page."""
    return 1 << 20 if name == "APPEND" else 4096


def connection(limits: WireLimits | None = None, sinks: Sinks | None = None) -> Connection:
    """A connection with small literals for all but APPEND."""
    return Connection(limits or WireLimits(), sinks or Sinks(), limit_of)


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    """*data* in pieces of *size* octets."""
    for at in range(0, len(data), size):
        yield data[at : at + size]


def events(pieces: Iterable[bytes], to: Connection | None = None) -> list[Event]:
    """The events of feeding *pieces*, taken as a server takes them: until there is none."""
    to = to or connection()
    found: list[Event] = []
    for piece in pieces:
        to.receive(piece)
        while (event := to.next_event()) is not None:
            found.append(event)
    return found


def request(arguments: bytes, size: int | None = None) -> Request:
    """The request of ``t X``, then *arguments* with non-synchronising literals, fed by *size* octets."""
    data = b"t X " + arguments + b"\r\n"
    (event,) = events(chunks(data, size or len(data)))
    assert isinstance(event, Request)
    return event


def reader(arguments: bytes, size: int | None = None) -> Reader:
    """The reader of :func:`request`, standing at the arguments."""
    return request(arguments, size).reader.sp()


def picture(event: Event) -> object:
    """*event* as a value that compares equal to that of an equal event."""
    if not isinstance(event, Request):
        return repr(event)
    literals = tuple(literal_picture(literal) for literal in event.literals)
    return event.tag, event.name, event.reader.uid, event.reader.position, event.reader.raw_remaining(), literals


def literal_picture(literal: Literal) -> object:
    """*literal* with its octets, wherever they are."""
    data = literal.data
    if isinstance(literal.upload, MemorySink):
        data = bytes(literal.upload.data)
    return literal.size, literal.binary, literal.failed, data
