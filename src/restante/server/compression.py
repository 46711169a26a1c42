"""DEFLATE streams for COMPRESS (RFC 4978): raw, flushed at every write; isal where there is one, zlib otherwise.

The rule it protects: a peer's few octets never unfold into many at once; inflating is bounded by piece.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Iterator
from types import ModuleType
from typing import Final, Protocol

_RAW: Final = -15
_PIECE: Final = 65_536
"""Octets inflated at a time."""


class BadStream(Exception):
    """The octets are no DEFLATE stream."""


class _Deflater(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self, mode: int, /) -> bytes: ...


def _library() -> ModuleType:
    try:
        return importlib.import_module("isal.isal_zlib")
    except ImportError:  # not built for this machine
        return zlib


_LIBRARY: Final = _library()


def _deflater() -> _Deflater:
    deflater: _Deflater = _LIBRARY.compressobj(level=1, wbits=_RAW)
    return deflater


class Compression:
    """Both directions of one connection."""

    __slots__ = ("_deflate", "_inflate")

    def __init__(self) -> None:
        self._deflate = _deflater()
        self._inflate = zlib.decompressobj(wbits=_RAW)

    def deflate(self, data: bytes) -> bytes:
        """*data* compressed and flushed, so that the client can read all of it now."""
        return self._deflate.compress(data) + self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def inflate(self, data: bytes) -> Iterator[bytes]:
        """*data* unfolded, in pieces of bounded size. Raises BadStream."""
        while True:
            try:
                piece = self._inflate.decompress(data, _PIECE)
            except zlib.error as error:
                raise BadStream from error
            if piece:
                yield piece
            if self._inflate.eof:
                raise BadStream
            if len(piece) < _PIECE:
                return
            # A full piece may leave output behind although all the input was taken.
            data = self._inflate.unconsumed_tail
