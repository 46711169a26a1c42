"""A store whose every call takes its time, so that what others do falls between any two of a session's own.

Strategy: a proxy around each account and mailbox that lets the loop turn a few times, by a seeded die, before and after a call.
An index is handed over at once: it must not be kept over an await.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import cast

from restante.store.api import Store

_SPREAD = 4


class _Unsteady:
    def __init__(self, inner: object, die: random.Random) -> None:
        self._inner = inner
        self._die = die

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if name == "annotations":
            return _Unsteady(found, self._die)
        return self._slow(name, found) if iscoroutinefunction(found) else found

    def _slow(self, name: str, method: Callable[..., object]) -> Callable[..., object]:
        async def call(*args: object, **named: object) -> object:
            await self._pause()
            result = await cast("Callable[..., asyncio.Future[object]]", method)(*args, **named)
            if name in ("account", "create_account", "mailbox", "mailbox_by_id"):
                return _Unsteady(result, self._die)
            if name != "index":
                await self._pause()
            return result

        return call

    async def _pause(self) -> None:
        for _ in range(self._die.randrange(_SPREAD)):
            await asyncio.sleep(0)


def unsteady(store: Store, seed: int) -> Store:
    """*store*, slowed down by the die of *seed*."""
    return cast("Store", _Unsteady(store, random.Random(seed)))
