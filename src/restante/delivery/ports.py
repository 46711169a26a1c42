"""What delivery asks of the world it runs in; the I/O shell and tests pass these in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Protocol, TypeVar

from restante.auth.ports import Offload

T = TypeVar("T")

Clock = Callable[[], float]
"""Seconds since 1970-01-01T00:00:00Z."""


class Journal(Protocol):
    """Where it is written what happened; never mail content."""

    def event(self, name: str, **facts: str | int | float | bool) -> None:
        """Log at info."""
        ...

    def detail(self, name: str, **facts: str | int | float | bool) -> None:
        """Log at debug."""
        ...

    def trouble(self, name: str, error: BaseException, **facts: str | int | float | bool) -> None:
        """Log at warning: the machine, not the client, is at fault."""
        ...

    def bug(self, error: Exception) -> str:
        """Log a bug with its trace; the reference that a person may quote."""
        ...


class Spawn(Protocol):
    """Lets work go on beside the caller."""

    def __call__(self, work: Coroutine[object, None, T], /) -> Awaitable[T]:
        """Begins *work*; what awaits its result, more than once if need be."""
        ...


__all__ = ["Clock", "Journal", "Offload", "Spawn"]
