"""What authentication needs of the world it runs in; the I/O shell passes these in."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Offload(Protocol):
    """Runs a slow pure function off the event loop, few at a time: a password hash takes 150 ms of CPU and 64 MiB."""

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``function(*args)`` returns or raises."""
        ...


class Sleep(Protocol):
    """Waits without holding up others."""

    async def __call__(self, seconds: float, /) -> object:
        """Returns after *seconds*."""
        ...


class Clock(Protocol):
    """A monotonic clock."""

    def __call__(self) -> float:
        """Seconds from an arbitrary beginning."""
        ...
