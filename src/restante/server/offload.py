"""Work off the event loop, in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class PoolOffload:
    """Implements :class:`restante.auth.ports.Offload` over an executor."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns, from a thread of the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *args, **kwargs))
