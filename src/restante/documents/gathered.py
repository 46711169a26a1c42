"""Text as it is gathered from a document: bounded in characters and in time.

The rule it protects: what was read before a bound was met is kept.
"""

from __future__ import annotations

from collections.abc import Callable


class Full(Exception):
    """There is enough text, or no more time."""


class Unreadable(ValueError):
    """The document cannot be read; the text says why, for the log."""


class Gathered:
    """The text so far.

    Args:
        characters: how many are kept.
        late: whether the time is over.
    """

    def __init__(self, characters: int, late: Callable[[], bool] = lambda: False) -> None:
        self._left = characters
        self._late = late
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Keep *piece*. Raises Full when it is the last."""
        self._pieces.append(piece[: self._left])
        self._left -= len(piece)
        if self._left <= 0 or self._late():
            raise Full

    def text(self) -> str:
        """All of it; what is no character is replaced."""
        return "".join(self._pieces).encode("utf-8", "replace").decode()
