"""One account's writes: queued, committed in groups, each group with one fsync.

Strategy: jobs wait while a group is being committed in a thread; the next group takes them all. Each has a savepoint, so one
that is refused leaves the others be, and a group that fails as a whole is tried again one by one. Flag changes need no fsync,
so when nobody writes they run at once, on the loop, which is several times cheaper than a hop to a thread. The WAL is written
back in the thread, between groups, when it has grown.

The rule it protects: a job is acknowledged after its commit, never before, and what it changed is told to the indexes and
sessions first, in commit order. Once a job has begun it is finished, whether its caller still waits or not.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from types import TracebackType
from typing import Final, Generic, NoReturn, TypeVar

import apsw

from restante.store.errors import StoreError, Unavailable
from restante.store.model import StoreLimits
from restante.store.sqlite.database import Database
from restante.store.sqlite.faults import FAULTS, WILL_NOT, store_error
from restante.store.sqlite.flagsets import FlagSets
from restante.store.sqlite.transaction import Done, Job, Transaction

T = TypeVar("T")

_PATIENCE: Final = 10_000
"""Milliseconds to wait for another process's transaction."""

_WAL_PAGES: Final = 1024
"""Pages of 4 KiB a WAL may hold before it is written back."""

_SYNC_DELAY: Final = 1.0
"""Seconds within which flag changes reach the disk."""


class _Entry(Generic[T]):
    """A job in the queue. As a context manager it keeps what was raised inside, to be raised where the caller waits."""

    def __init__(self, prepare: Callable[[], Job[T]], future: asyncio.Future[T], durable: bool) -> None:
        self.prepare = prepare
        self.job: Job[T] = _unprepared
        self.future = future
        self.durable = durable
        self.done: Done[T] | None = None
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        self.done = self.error = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return error is not None

    def fail(self, fault: Exception) -> None:
        """The disk would not."""
        self.error = store_error(fault)
        self.error.__cause__ = fault

    def settle(self) -> None:
        """Answer the caller, if it still waits."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        elif self.done is not None:
            self.future.set_result(self.done.value)


class Writer:
    """An account's writer.

    Args:
        database: where to write.
        sets: the account's flag sets.
        limits: what jobs are held to.
        clock: the time, epoch seconds.
        pool: threads for groups.
        committed: called on the loop with each committed job's result, before its caller hears of it.
    """

    def __init__(
        self,
        database: Database,
        sets: FlagSets,
        limits: StoreLimits,
        clock: Callable[[], float],
        pool: Executor,
        committed: Callable[[Done[object]], None],
    ) -> None:
        self._database = database
        self._sets = sets
        self._limits = limits
        self._clock = clock
        self._pool = pool
        self._committed = committed
        self._queue: deque[_Entry[object]] = deque()
        self._busy = False
        self._wal_pages = 0
        self._unsynced = False
        self._sync_timer: asyncio.TimerHandle | None = None
        self._idle: list[asyncio.Future[None]] = []
        self._connection: apsw.Connection | None = None
        self._synchronous = ""

    @property
    def idle(self) -> bool:
        """Whether nothing is being written or waits to be synced."""
        return not self._busy and not self._unsynced

    async def run(self, job: Job[T], *, durable: bool = True) -> T:
        """Run *job* in a transaction; *durable* if it must be on disk before this returns. Raises as the job, Unavailable."""
        return await self.run_prepared(lambda: job, durable=durable)

    async def run_prepared(self, prepare: Callable[[], Job[T]], *, durable: bool = True) -> T:
        """Run the job that *prepare* makes in the writing thread, just before the transaction."""
        loop = asyncio.get_running_loop()
        self._database.touch()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.append(_Entry(prepare, future, durable))  # type: ignore[arg-type]  # each is answered in its own type
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
        try:
            connection = self._ready(durable=False, patience=0)
            with suppress(apsw.BusyError):
                connection.execute("BEGIN IMMEDIATE")
            if not connection.in_transaction:
                return None
            done = self._alone(connection, job)
        except FAULTS as fault:
            self._recover(fault)
            raise store_error(fault) from fault
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
        self._busy = False
        while self._queue:
            entry = self._queue.popleft()
            entry.error = Unavailable("the mail store is closed")
            entry.settle()

    def _settle(self, group: list[_Entry[object]]) -> None:
        try:
            for entry in group:
                if entry.done is not None and entry.error is None:
                    self._committed(entry.done)
        finally:
            # Whatever became of those told, every caller gets its answer.
            for entry in group:
                entry.settle()

    def _finished(
        self, loop: asyncio.AbstractEventLoop, group: list[_Entry[object]], synced: bool, changed: bool
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
        """Commit everything that waits as one group."""
        group: list[_Entry[object]] = []
        while self._queue:
            group.append(self._queue.popleft())
        synced = changed = False
        try:
            synced, changed = self._commit_group(group) if group else (self._sync_wal(), False)
            if self._wal_pages > _WAL_PAGES:
                # Nobody in the group waits for this, only whoever comes next.
                _tell(loop, self._settle, group)
                group = []
                self._write_back()
        except BaseException as error:
            for entry in group:
                entry.error = entry.error or error
            raise
        finally:
            _tell(loop, self._finished, loop, group, synced, changed)

    def _commit_group(self, group: list[_Entry[object]]) -> tuple[bool, bool]:
        """Whether everything is on disk now, and whether anything changed."""
        ready = [entry for entry in group if self._prepared(entry)]
        if ready:
            self._commit(ready)
        done = [entry for entry in ready if entry.error is None]
        return any(entry.durable for entry in done), bool(done)

    def _prepared(self, entry: _Entry[object]) -> bool:
        with entry:
            entry.job = entry.prepare()
        if isinstance(entry.error, FAULTS):
            entry.fail(entry.error)
        return entry.error is None

    def _commit(self, group: list[_Entry[object]]) -> None:
        try:
            self._transact(group)
        except FAULTS as fault:
            self._recover(fault)
            if len(group) > 1:
                for entry in group:
                    self._commit([entry])
                return
            group[0].fail(fault)
        except StoreError as error:
            for entry in group:
                entry.error = error

    def _transact(self, group: list[_Entry[object]]) -> None:
        connection = self._ready(durable=any(entry.durable for entry in group), patience=_PATIENCE)
        connection.execute("BEGIN IMMEDIATE")
        if len(group) == 1:
            with group[0]:
                group[0].done = self._alone(connection, group[0].job)
            self._raise_fault(group[0])
            return
        try:
            tx = self._transaction(connection)
            for entry in group:
                self._guarded(tx, entry)
            connection.execute("COMMIT")
            self._sets.keep()
        finally:
            self._undo(connection)

    def _guarded(self, tx: Transaction, entry: _Entry[object]) -> None:
        """Run a job so that its failure undoes itself alone."""
        mark = self._sets.mark()
        tx.connection.execute("SAVEPOINT job")
        with entry:
            entry.done = entry.job(tx)
        self._raise_fault(entry)
        if entry.error is not None:
            self._sets.forget(mark)
            tx.connection.execute("ROLLBACK TO job")
        tx.connection.execute("RELEASE job")

    def _raise_fault(self, entry: _Entry[object]) -> None:
        # The disk's refusals are the group's matter: SQLite may have undone the whole transaction.
        if isinstance(entry.error, FAULTS):
            raise entry.error

    def _alone(self, connection: apsw.Connection, job: Job[T]) -> Done[T]:
        """Run a job in the transaction just begun, and end it."""
        try:
            done = job(self._transaction(connection))
            connection.execute("COMMIT")
            self._sets.keep()
        finally:
            self._undo(connection)
        return done

    def _undo(self, connection: apsw.Connection) -> None:
        self._sets.forget()
        if connection.in_transaction:
            connection.execute("ROLLBACK")

    def _transaction(self, connection: apsw.Connection) -> Transaction:
        return Transaction(connection, self._sets, int(self._clock()), self._limits)

    def _ready(self, *, durable: bool, patience: int) -> apsw.Connection:
        """The connection, set up for a transaction to begin."""
        connection = self._database.writer()
        if connection is not self._connection:
            self._connection, self._synchronous = connection, ""
            connection.set_wal_hook(self._note_wal)
        wanted = "FULL" if durable else "NORMAL"
        if wanted != self._synchronous:
            connection.execute(f"PRAGMA synchronous = {wanted}")
            self._synchronous = wanted
        connection.set_busy_timeout(patience)
        return connection

    def _note_wal(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _recover(self, fault: BaseException) -> None:
        """After a failing disk, start over with a fresh connection."""
        if isinstance(fault, WILL_NOT) and not isinstance(fault, apsw.BusyError):
            self._connection = None
            self._database.drop_writer()

    def _sync_wal(self) -> bool:
        """Whether the WAL is on disk now. Its file carries no locks, so closing it again takes none away."""
        try:
            descriptor = os.open(f"{self._database.path}-wal", os.O_RDONLY)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        try:
            os.fsync(descriptor)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _write_back(self) -> None:
        """Write the WAL's pages into the database; what the disk will not take now stays in the WAL."""
        self._wal_pages = 0
        with suppress(*FAULTS):
            self._database.writer().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


def _unprepared(tx: Transaction) -> NoReturn:
    raise AssertionError("a job ran before it was prepared")


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: object) -> None:
    # A loop that was closed has nobody left to tell.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *arguments)
