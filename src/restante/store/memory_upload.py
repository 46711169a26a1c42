"""A message on its way in that is small enough for memory; every engine stages those alike."""

from __future__ import annotations


class MemoryUpload:
    """See :class:`restante.store.model.Upload`; in memory."""

    __slots__ = ("_octets", "size")

    def __init__(self) -> None:
        self._octets = bytearray()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add octets."""
        self._octets += data
        self.size += len(data)

    def discard(self) -> None:
        """Give up the octets."""
        self._octets = bytearray()

    def octets(self) -> bytes:
        """All of them."""
        return bytes(self._octets)
