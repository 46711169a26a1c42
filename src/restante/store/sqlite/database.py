"""An account's database: its two connections, opened when needed and let go of when others need the file descriptors more.

Strategy: reads use one connection on the event loop, writes another, wherever the writer runs; long reads borrow one more.
Opening costs what a thread hop costs, so a connection is opened where it is needed; only closing, which may checkpoint, goes to
a thread.

The rule it protects: no SQLite is used whose WAL may lose commits (3.7.0 to 3.51.2), and no octet of mail is readable by
other users of the machine.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import apsw

from restante.store.errors import Unavailable
from restante.store.sqlite.faults import FAULTS, WILL_NOT, store_error
from restante.store.sqlite.idle import IdleConnections
from restante.store.sqlite.schema import migrate

T = TypeVar("T")

_OLDEST: Final = (3, 51, 3)
_PATIENCE: Final = 5_000
"""Milliseconds to wait for another process, which only recovery or a migration makes a reader do."""

_WAL_LIMIT: Final = 4 * 1024 * 1024
"""Octets a WAL keeps allocated once it was written back."""


def check_driver(version: str = apsw.sqlite_lib_version()) -> None:
    """Refuse an SQLite whose WAL may lose commits. Raises Unavailable."""
    if tuple(map(int, version.split("."))) < _OLDEST:
        needed = ".".join(map(str, _OLDEST))
        raise Unavailable(f"SQLite {version} may lose commits; {needed} or newer is needed")


def create(path: Path) -> None:
    """Make an empty database at *path*, readable by its owner alone. Raises what the driver raises."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.pragma("journal_mode", "wal")
        migrate(connection)
    finally:
        connection.close()


def connect(path: Path) -> apsw.Connection:
    """A connection to the database at *path*. Raises what the driver raises, NewerFormat, Corrupt."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(_PATIENCE)
        # Else a statement with a join is compiled anew whenever what is bound to it changes, at twice the cost of running it.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        connection.wal_autocheckpoint(0)
        migrate(connection)
        connection.execute(f"PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = {_WAL_LIMIT}")
    except BaseException:
        connection.close()
        raise
    return connection


class Database:
    """One account's database.

    Args:
        path: the file.
        cache: KiB of pages each connection may keep.
        used: called whenever a connection is used.
        idle: where connections for long reads rest.

    Attributes:
        may_close: whether nothing is being written.
    """

    def __init__(self, path: Path, cache: int, used: Callable[[Database], None], idle: IdleConnections) -> None:
        self.path = path
        self._idle = idle
        self._name = str(path)
        self._cache = cache
        self._used = used
        self.may_close: Callable[[], bool] = lambda: True
        self._closed = False
        self._reader: apsw.Connection | None = None
        self._writer: apsw.Connection | None = None
        self._inode = 0

    def read(self, query: Callable[[apsw.Connection], T]) -> T:
        """The answer of *query*, which sees every change committed before. On the loop only. Raises Unavailable, Corrupt."""
        try:
            if self._reader is None:
                self._reader = self.connect()
            self._used(self)
            return query(self._reader)
        except FAULTS as fault:
            self._drop_reader(fault)
            raise store_error(fault) from fault

    def adopt(self, connection: apsw.Connection) -> None:
        """Read from *connection*, just opened elsewhere: to open one costs as much as several reads. On the loop."""
        connection.execute(f"PRAGMA cache_size = -{self._cache}")
        self._reader = connection
        self._used(self)

    def touch(self) -> None:
        """Count as used. On the loop."""
        self._used(self)

    def writer(self) -> apsw.Connection:
        """The connection for writing, for whoever has the turn to write. Raises what the driver raises, and Unavailable.

        An account deleted by another process leaves this one holding a file that nobody will read again; nothing may be
        acknowledged into that.
        """
        if self._writer is None:
            self._writer = self.connect()
            self._inode = os.stat(self._name).st_ino
        elif self._is_gone():
            raise Unavailable("this account's mail is no longer here")
        return self._writer

    def _is_gone(self) -> bool:
        try:
            return os.stat(self._name).st_ino != self._inode
        except FileNotFoundError:
            return True

    def drop_writer(self) -> None:
        """Close the connection for writing, after an I/O error; the next write opens it anew."""
        connection, self._writer = self._writer, None
        if connection is not None:
            _close(connection)

    def connect(self) -> apsw.Connection:
        """A new connection. Raises what the driver raises, NewerFormat, Corrupt, and Unavailable once closed for good."""
        if self._closed:
            raise Unavailable("the mail store is closed")
        connection = connect(self.path)
        connection.execute(f"PRAGMA cache_size = -{self._cache}")
        return connection

    def read_at_length(self, query: Callable[[apsw.Connection], T], *, anew: bool = False) -> T:
        """The answer of *query*, from a connection for it alone, if need be opened *anew*. In a thread. Raises as that does."""
        if anew:
            with closing(self.connect()) as connection:
                return query(connection)
        if self._closed:
            raise Unavailable("the mail store is closed")
        with self._idle.borrowed(self.path, self.connect) as connection:
            return query(connection)

    def close(self) -> None:
        """No new connections from here on."""
        self._closed = True

    def detach(self) -> list[apsw.Connection]:
        """Its connections, no longer in use here, for a thread to close."""
        found = [each for each in (self._writer, self._reader) if each is not None]
        self._writer = self._reader = None
        return [*found, *self._idle.drop(self.path)]

    def _drop_reader(self, fault: Exception) -> None:
        if not isinstance(fault, WILL_NOT):
            return
        connection, self._reader = self._reader, None
        if connection is not None:
            _close(connection)


def close_all(connections: list[apsw.Connection]) -> None:
    """Close *connections*; the last one of a database writes its WAL back, and fsyncs."""
    for connection in connections:
        _close(connection)


def _close(connection: apsw.Connection) -> None:
    # A disk that will not take the write-back keeps the WAL; the next to open finds it.
    with suppress(*WILL_NOT):
        connection.close()


class OpenDatabases:
    """The databases that hold file descriptors, the least recently used first.

    Args:
        limit: how many may be open.
        pool: where connections are closed.
    """

    def __init__(self, limit: int, pool: Executor) -> None:
        self._limit = limit
        self._pool = pool
        self._open: OrderedDict[Database, None] = OrderedDict()

    def used(self, database: Database) -> None:
        """Note a use; lets go of others where there are too many. On the loop."""
        if database in self._open:
            self._open.move_to_end(database)
            return
        self._open[database] = None
        excess = len(self._open) - self._limit
        if excess > 0:
            idle = (each for each in self._open if each is not database and each.may_close())
            for each in list(islice(idle, excess)):
                self.close(each)

    def close(self, database: Database) -> None:
        """Let go of *database*'s connections, in a thread."""
        self._open.pop(database, None)
        connections = database.detach()
        if connections:
            self._pool.submit(close_all, connections)

    def all(self) -> list[Database]:
        """Those open now, the least recently used first."""
        return list(self._open)
