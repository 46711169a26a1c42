"""What a peer sent and nobody has read yet: pieces in order, inflated one at a time once compression is on (RFC 4978).

The rule it protects: nothing unfolds ahead of its use, and how much waits here is known, so that a fast peer can be held off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from restante.server.compression import Compression

_MOST: Final = 65_536
"""Octets that may wait before the peer is to be held off."""


class Inbox:
    """Octets as they arrived.

    Attributes:
        size: how many wait.
    """

    __slots__ = ("_compression", "_pieces", "_unfolding", "size")

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._compression: Compression | None = None
        self._unfolding: Iterator[bytes] | None = None
        self.size = 0

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def is_full(self) -> bool:
        """Whether the peer is to be held off."""
        return self.size > _MOST

    @property
    def has_room(self) -> bool:
        """Whether a peer that was held off may go on."""
        return self.size <= _MOST // 2

    def put(self, data: bytes) -> None:
        """Take in what arrived."""
        self._pieces.append(data)
        self.size += len(data)

    def clear(self) -> None:
        """Forget what arrived."""
        self._pieces.clear()
        self.size = 0

    def inflate(self, compression: Compression, early: bytes) -> None:
        """Inflate from here on, beginning with *early*, which was taken out too soon."""
        self._compression = compression
        if early:
            self._pieces.appendleft(early)
            self.size += len(early)

    def take(self) -> bytes | None:
        """The next piece, of bounded size where it was compressed. Raises BadStream."""
        while True:
            if self._unfolding is not None:
                piece = next(self._unfolding, None)
                if piece is not None:
                    return piece
                self._unfolding = None
            if not self._pieces:
                return None
            data = self._pieces.popleft()
            self.size -= len(data)
            if self._compression is None:
                return data
            self._unfolding = self._compression.inflate(data)
