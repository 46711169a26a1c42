"""One account's writes: queued, committed in groups, each group with one fsync.

Strategy: jobs wait while a group is being committed in a thread; the next group takes them all. Flag changes need no fsync, so
when nobody writes they run at once, on the loop, which is several times cheaper than a hop to a thread; within a second they
are synced. The WAL is written back in the thread, between groups, when it has grown.

The rule it protects: a job is acknowledged after its commit, never before, and what it changed is told to the indexes and
sessions first, in commit order. Once a job has begun it is finished, whether its caller still waits or not.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Final, TypeVar

from restante.store.errors import Unavailable
from restante.store.sqlite.committing import Committer, Entry
from restante.store.sqlite.database import Database
from restante.store.sqlite.transaction import Done, Job

T = TypeVar("T")

_SYNC_DELAY: Final = 1.0
"""Seconds within which flag changes reach the disk."""


class Writer:
    """An account's writer.

    Args:
        database: where to write.
        committer: what runs and commits groups.
        pool: threads for groups.
        committed: called on the loop with each committed job's result, before its caller hears of it.
    """

    def __init__(
        self, database: Database, committer: Committer, pool: Executor, committed: Callable[[Done[object]], None]
    ) -> None:
        self._database = database
        self._committer = committer
        self._pool = pool
        self._committed = committed
        self._queue: deque[Entry[object]] = deque()
        self._busy = False
        self._unsynced = False
        self._turn_of_one = False
        self._sync_timer: asyncio.TimerHandle | None = None
        self._idle: list[asyncio.Future[None]] = []

    @property
    def idle(self) -> bool:
        """Whether nothing is being written or waits to be synced."""
        return not self._busy and not self._unsynced

    async def run(self, job: Job[T], *, durable: bool = True) -> T:
        """Run *job* in a transaction; *durable* if it must be on disk before this returns. Raises as the job, Unavailable."""
        return await self.run_prepared(lambda: job, durable=durable)

    async def run_prepared(self, prepare: Callable[[], Job[T]], *, durable: bool = True, alone: bool = False) -> T:
        """Run the job that *prepare* makes in the writing thread, just before the transaction.

        What takes long runs *alone*, so that no other job's caller waits for it once that job has begun.
        """
        loop = asyncio.get_running_loop()
        self._database.touch()
        future: asyncio.Future[T] = loop.create_future()
        entry = Entry(prepare, future, durable, alone=alone)
        self._queue.append(entry)  # type: ignore[arg-type]  # each is answered in its own type
        if not self._busy:
            self._busy = True
            # Not at once: whatever else this turn of the loop submits goes into the same group.
            loop.call_soon(self._start, loop)
        return await future

    def run_now(self, job: Job[T]) -> Done[T] | None:
        """Run *job* here and now, without an fsync, or None if someone else is writing. On the loop. Raises as :meth:`run`."""
        if self._busy:
            return None
        self._database.touch()
        done = self._committer.run_now(job)
        if done is None:
            return None
        self._after_unsynced(asyncio.get_running_loop())
        self._committed(done)
        return done

    async def close(self) -> None:
        """Wait until everything accepted is written and on disk."""
        loop = asyncio.get_running_loop()
        await self._wait(loop)
        self._sync(loop)
        await self._wait(loop)
        if self._sync_timer is not None:
            self._sync_timer.cancel()

    async def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._busy:
            waiter: asyncio.Future[None] = loop.create_future()
            self._idle.append(waiter)
            await waiter

    # On the loop.

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._pool.submit(self._work, loop)
        except RuntimeError:
            self._refuse_all()

    def _refuse_all(self) -> None:
        while self._queue:
            entry = self._queue.popleft()
            entry.error = Unavailable("the mail store is closed")
            entry.settle()
        self._rest()

    def _settle(self, group: list[Entry[object]]) -> None:
        try:
            for entry in group:
                if entry.done is not None and entry.error is None:
                    self._committed(entry.done)
        finally:
            # Whatever became of those told, every caller gets its answer.
            for entry in group:
                entry.settle()

    def _finished(
        self, loop: asyncio.AbstractEventLoop, group: list[Entry[object]], synced: bool, changed: bool
    ) -> None:
        try:
            self._settle(group)
        finally:
            self._unsynced = not synced and (self._unsynced or changed)
            self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._unsynced:
            self._after_unsynced(loop)
        if self._queue:
            self._start(loop)
            return
        self._rest()

    def _rest(self) -> None:
        self._busy = False
        for waiter in self._idle:
            if not waiter.done():
                waiter.set_result(None)
        self._idle.clear()

    def _after_unsynced(self, loop: asyncio.AbstractEventLoop) -> None:
        self._unsynced = True
        if self._sync_timer is None:
            self._sync_timer = loop.call_later(_SYNC_DELAY, self._sync, loop)

    def _sync(self, loop: asyncio.AbstractEventLoop) -> None:
        """Bring flag changes to disk; a group without jobs does."""
        if self._sync_timer is not None:
            self._sync_timer.cancel()
            self._sync_timer = None
        if self._unsynced and self._busy:
            self._after_unsynced(loop)
        elif self._unsynced:
            self._busy = True
            self._start(loop)

    # In a thread.

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """Commit everything that waits as one group, but for what runs alone: that takes turns with all the rest."""
        group = self._next_group()
        synced = changed = False
        try:
            synced, changed = self._committer.commit(group) if group else (self._committer.sync(), False)
            if self._committer.wal_is_long:
                # Nobody in the group waits for this, only whoever comes next.
                _tell(loop, self._settle, group)
                group = []
                self._committer.write_back()
        except BaseException as error:
            for entry in group:
                entry.error = entry.error or error
            raise
        finally:
            _tell(loop, self._finished, loop, group, synced, changed)

    def _next_group(self) -> list[Entry[object]]:
        found: list[Entry[object]] = []
        while self._queue:
            found.append(self._queue.popleft())
        alone = [entry for entry in found if entry.alone]
        if not alone or len(found) == 1:
            return found
        together = [entry for entry in found if not entry.alone]
        group = alone[:1] if self._turn_of_one or not together else together
        self._turn_of_one = group is together
        self._queue.extendleft(entry for entry in reversed(found) if entry not in group)
        return group


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: object) -> None:
    # A loop that was closed has nobody left to tell.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *arguments)
