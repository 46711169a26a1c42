"""Stand-ins for what authentication needs of its world: a clock moved by hand, sleeps noted, hashing in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from restante.auth.password import HashCost

P = ParamSpec("P")
T = TypeVar("T")

CHEAP = HashCost(passes=1, memory=8, lanes=1, scram_iterations=4096)
"""A cost for tests: a tenth of a millisecond of argon2id, and as few rounds of SCRAM as are allowed."""


@dataclass
class FakeClock:
    """Stands still until moved; a sleep moves it."""

    time: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.time

    async def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.time += seconds


@dataclass
class InlineOffload:
    """Runs the function in place, and notes its name."""

    calls: list[str] = field(default_factory=list)

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.calls.append(getattr(function, "__name__", "?"))
        return function(*args, **kwargs)
