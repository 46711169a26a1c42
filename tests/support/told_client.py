"""A client of which a property test asks that it comes to know what is there, told by the server alone (RFC 5465).

Rule: everything it was told stands in the report of a failure.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.memory_client import MemoryConnection, World, world
from tests.support.store import DEFAULT_LIMITS, Clock, Engine
from tests.support.unsteady import unsteady

_SOON = 400
"""Turns of the event loop within which what happened is known."""


class ToldClient:
    """The client on its connection. What it makes of what it is told is its subclass's."""

    def __init__(self, connection: MemoryConnection) -> None:
        self.connection = connection
        self._dialogue: list[bytes] = []

    def apply(self, told: bytes) -> None:
        """Learn from whole responses."""
        raise NotImplementedError

    async def catch_up(self) -> None:
        """Ask what it was told to ask, if anything."""

    async def agrees(self, there: World) -> None:
        """Fails if it does not know what is in the store."""
        raise NotImplementedError

    def take(self, told: bytes) -> None:
        """Take in whole responses."""
        self._dialogue += [told] if told else []
        self.apply(told)

    async def command(self, text: str) -> bytes:
        """The tagged line that answers *text*."""
        reply = await self.connection.command(text)
        self.take(reply)
        return reply.rstrip(b"\r\n").rsplit(b"\r\n", 1)[-1]

    async def rests(self, there: World) -> None:
        """It is told what others do, and knows all, soon."""
        for attempt in range(_SOON):
            await asyncio.sleep(0 if attempt < 100 else 0.001)
            self.take(self.connection.take())
            await self.catch_up()
            try:
                await self.agrees(there)
                return
            except AssertionError:
                if attempt == _SOON - 1:
                    raise

    def report(self, error: AssertionError) -> None:
        """Add the dialogue to *error*."""
        error.add_note(b"\n".join(self._dialogue).decode("ascii", "replace"))


@asynccontextmanager
async def opened(engine: Engine, path: Path, seed: int | None) -> AsyncIterator[World]:
    """A world over a new store of *engine*, whose calls take their time by *seed* if there is one; closed at the end."""
    store = engine.make(path, DEFAULT_LIMITS, Clock())
    await store.open()
    there = await world(store if seed is None else unsteady(store, seed))
    try:
        yield there
    finally:
        await there.close()
