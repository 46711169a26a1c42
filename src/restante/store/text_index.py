"""The index that searches of text use, seen from outside: how far it is, whether it is sound, and making it anew.

An engine whose searches need none says that all is indexed. Whatever state an index is in, SEARCH answers alike; it is only
slower while messages wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol


class TextIndexStatus(NamedTuple):
    """How far an account's index is.

    Attributes:
        indexed: messages' contents in the index.
        waiting: contents about to be indexed, read by each search until then.
        left_out: contents that cannot be indexed, too large for the most part; each search reads them.
        octets: what the index takes on disk.
    """

    indexed: int
    waiting: int
    left_out: int
    octets: int


Progress = Callable[[int, int], None]
"""Told of contents indexed so far, and of all."""


class TextIndex(Protocol):
    """An account's index of text."""

    async def status(self) -> TextIndexStatus:
        """How far it is."""
        ...

    async def check(self, progress: Progress) -> Sequence[str]:
        """What is wrong with it, in words; a few of the faults where there are many. Reads every message."""
        ...

    async def rebuild(self, progress: Progress) -> None:
        """Make it anew, in small steps; broken off, it goes on when the account is next used."""
        ...
