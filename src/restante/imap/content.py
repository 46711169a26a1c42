"""A message's octets on their way to a client: in hand, or still in the blob store.

Strategy: a FETCH item renders to octets when the message is in the row, and otherwise to a value that says which range of
which blob is meant; the FETCH command streams or loads it. So rendering stays a plain function, and a large message is
never held whole unless it must be decoded.

The rule it protects: no NUL leaves in a literal (RFC 9051 §4.3); it goes out as 0x80, as other servers do, because clients hang.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import contains

from restante.imap.wire import writer
from restante.mime.encode import load
from restante.mime.part import Part
from restante.store.model import MessageRecord


@dataclass(frozen=True, slots=True)
class Streamed:
    """``before``, then *length* octets of *blob* from *start*, NULs replaced."""

    before: bytes
    blob: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Deferred:
    """Octets that *make* builds from *length* octets of *blob* from *start*; for what must be decoded or selected from."""

    blob: str
    start: int
    length: int
    make: Callable[[bytes], bytes]


Octets = bytes | Streamed | Deferred


def without_nul(data: bytes) -> bytes:
    """*data* fit for a literal."""
    return data.replace(b"\x00", b"\x80") if b"\x00" in data else data


def without_nuls(pieces: Sequence[bytes]) -> Sequence[bytes]:
    """*pieces*, fit for a literal."""
    return [*map(without_nul, pieces)] if any(map(contains, pieces, repeat(0))) else pieces


def parts(message: MessageRecord) -> Part:
    """The part tree of *message*, read with PARTS."""
    assert message.parts is not None
    return load(message.parts)


def literal(label: bytes, message: MessageRecord, start: int, end: int) -> Octets:
    """``label SP literal`` of the octets from *start* to *end* of *message*, read with RAW."""
    length = max(0, end - start)
    if not length:
        return label + b' ""'
    if message.blob is not None:
        return Streamed(b"%b {%d}\r\n" % (label, length), message.blob, start, length)
    assert message.raw is not None
    return b"%b %b" % (label, writer.literal(without_nul(message.raw[start:end])))


def built(message: MessageRecord, start: int, end: int, make: Callable[[bytes], bytes]) -> Octets:
    """What *make* builds from the octets from *start* to *end* of *message*, read with RAW."""
    if message.blob is not None:
        return Deferred(message.blob, start, max(0, end - start), make)
    assert message.raw is not None
    return make(message.raw[start:end])
