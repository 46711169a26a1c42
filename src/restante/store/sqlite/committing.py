"""Transactions on an account's database: a group of jobs committed as one, and the WAL kept small and synced.

Strategy: jobs are run as if none were refused, since savepoints cost more than they seem. If one is, the group is begun again
with a savepoint for each, so that it leaves the others be; a group that fails as a whole is tried again one by one.
``synchronous=FULL`` if any job promises durability.

The rule it protects: an entry has a result only once its commit returned, and a failing disk leaves no trace of its job.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Generic, NoReturn, TypeVar

import apsw

from restante.store.errors import StoreError
from restante.store.model import StoreLimits
from restante.store.sqlite.database import Database
from restante.store.sqlite.faults import FAULTS, WILL_NOT, store_error
from restante.store.sqlite.flagsets import FlagSets
from restante.store.sqlite.generations import Generation
from restante.store.sqlite.transaction import Done, Job, Transaction

T = TypeVar("T")

_PATIENCE: Final = 10_000
"""Milliseconds to wait for another process's transaction."""

_WAL_PAGES: Final = 1024
"""Pages of 4 KiB a WAL may hold before it is written back."""


class Entry(Generic[T]):
    """A job in the queue. As a context manager it keeps what was raised inside, to be raised where the caller waits."""

    def __init__(
        self, prepare: Callable[[], Job[T]], future: asyncio.Future[T], durable: bool, *, alone: bool = False
    ) -> None:
        self.prepare = prepare
        self.job: Job[T] = _unprepared
        self.future = future
        self.durable = durable
        self.alone = alone
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

    @property
    def wrote(self) -> bool:
        """Whether the job certainly changed something."""
        done = self.done
        return done is not None and (bool(done.changes) or done.listed is not None or done.annotated is not None)

    def settle(self) -> None:
        """Answer the caller, if it still waits."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        elif self.done is not None:
            self.future.set_result(self.done.value)


class Committer:
    """Runs jobs, for whoever has the turn to write: one thread at a time, or the loop.

    Args:
        database: where to write.
        sets: the account's flag sets.
        limits: what jobs are held to.
        clock: the time, epoch seconds.
        generation: how other processes notice.
    """

    def __init__(
        self,
        database: Database,
        sets: FlagSets,
        limits: StoreLimits,
        clock: Callable[[], float],
        generation: Generation,
    ) -> None:
        self._database = database
        self._generation = generation
        self._sets = sets
        self._limits = limits
        self._clock = clock
        self._connection: apsw.Connection | None = None
        self._synchronous = ""
        self._patience = -1
        self._wal_pages = 0

    @property
    def wal_is_long(self) -> bool:
        """Whether it is time to :meth:`write_back`."""
        return self._wal_pages > _WAL_PAGES

    def commit(self, group: list[Entry[object]]) -> tuple[bool, bool]:
        """Run and commit all of *group*, each entry left with its result or error.

        Returns whether everything ever written is on disk now, and whether this wrote anything.
        """
        ready = [entry for entry in group if self._prepared(entry)]
        if ready:
            self._try(ready)
        done = [entry for entry in ready if entry.error is None]
        # A commit that wrote nothing synced nothing either.
        return any(entry.durable and entry.wrote for entry in done), bool(done)

    def _prepared(self, entry: Entry[object]) -> bool:
        with entry:
            entry.job = entry.prepare()
        if isinstance(entry.error, FAULTS):
            entry.fail(entry.error)
        return entry.error is None

    def _try(self, group: list[Entry[object]]) -> None:
        try:
            self._transact(group)
        except FAULTS as fault:
            self._recover(fault)
            if len(group) > 1 and not isinstance(fault, apsw.BusyError):
                for entry in group:
                    self._try([entry])
                return
            for entry in group:
                entry.fail(fault)
        except StoreError as error:
            for entry in group:
                entry.error = error

    def _transact(self, group: list[Entry[object]]) -> None:
        connection = self._ready(durable=any(entry.durable for entry in group), patience=_PATIENCE)
        connection.execute("BEGIN IMMEDIATE")
        if len(group) == 1:
            with group[0]:
                group[0].done = self._alone(connection, group[0].job)
            self._raise_fault(group[0])
        elif not self._together(connection, group):
            connection.execute("BEGIN IMMEDIATE")
            self._apart(connection, group)

    def _together(self, connection: apsw.Connection, group: list[Entry[object]]) -> bool:
        """Run jobs in the transaction just begun, and end it; False, and nothing was done, if one of them was refused."""
        try:
            tx = self._transaction(connection)
            for entry in group:
                with entry:
                    entry.done = entry.job(tx)
                self._raise_fault(entry)
                if entry.error is not None:
                    return False
            self._end(connection)
        finally:
            self._undo(connection)
        return True

    def _apart(self, connection: apsw.Connection, group: list[Entry[object]]) -> None:
        """As :meth:`_together`, each job kept apart from the others, so that one refused leaves them be."""
        try:
            tx = self._transaction(connection)
            for entry in group:
                self._guarded(tx, entry)
            self._end(connection)
        finally:
            self._undo(connection)

    def _guarded(self, tx: Transaction, entry: Entry[object]) -> None:
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

    def run_now(self, job: Job[T]) -> Done[T] | None:
        """Run *job* without an fsync, or None if another process is writing. Raises as the job, Unavailable, Corrupt."""
        try:
            connection = self._ready(durable=False, patience=0)
            try:
                connection.execute("BEGIN IMMEDIATE")
            except apsw.BusyError:
                return None
            return self._alone(connection, job)
        except FAULTS as fault:
            self._recover(fault)
            raise store_error(fault) from fault

    def _raise_fault(self, entry: Entry[object]) -> None:
        # The disk's refusals are the group's matter: SQLite may have undone the whole transaction.
        if isinstance(entry.error, FAULTS):
            raise entry.error

    def _alone(self, connection: apsw.Connection, job: Job[T]) -> Done[T]:
        """Run a job in the transaction just begun, and end it."""
        try:
            done = job(self._transaction(connection))
            self._end(connection)
        finally:
            self._undo(connection)
        return done

    def _end(self, connection: apsw.Connection) -> None:
        """Commit, so that every process will notice."""
        try:
            connection.execute("COMMIT")
        finally:
            self._generation.committed()
        self._sets.keep()

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
            self._connection, self._synchronous, self._patience = connection, "", -1
            connection.set_wal_hook(self._note_wal)
        wanted = "FULL" if durable else "NORMAL"
        if wanted != self._synchronous:
            connection.execute(f"PRAGMA synchronous = {wanted}")
            self._synchronous = wanted
        if patience != self._patience:
            connection.set_busy_timeout(patience)
            self._patience = patience
        return connection

    def _note_wal(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _recover(self, fault: BaseException) -> None:
        """After a failing disk, start over with a fresh connection."""
        if isinstance(fault, WILL_NOT) and not isinstance(fault, apsw.BusyError):
            self._connection = None
            self._database.drop_writer()

    def sync(self) -> bool:
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

    def write_back(self) -> None:
        """Write the WAL's pages into the database; what the disk will not take now stays in the WAL."""
        self._wal_pages = 0
        with suppress(*FAULTS):
            self._database.writer().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


def _unprepared(tx: Transaction) -> NoReturn:
    raise AssertionError("a job ran before it was prepared")
