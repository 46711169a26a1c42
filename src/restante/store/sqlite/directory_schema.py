"""The directory database: opening it safely, and its tables.

Strategy: one small file that the server and the command line open at once: WAL, ``synchronous=FULL``, a busy timeout, and
write transactions that are immediate, so that no writer ever has to upgrade a read lock.

The rule it protects: a database from a newer release is not touched; one that is made is readable by its owner only.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from restante.store.errors import Corrupt, NewerFormat, Unavailable

SCHEMA_VERSION: Final = 1
OLDEST_SQLITE: Final = "3.51.3"
"""The first release without the WAL-reset race, which could lose commits."""

_SCHEMA: Final = """
CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    secret BLOB NOT NULL
) STRICT;
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    scram_salt BLOB,
    scram_iterations INTEGER,
    scram_stored_key BLOB,
    scram_server_key BLOB,
    credential_version INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created INTEGER NOT NULL,
    display_name TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE alias (
    address TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_account ON alias(account);
"""

# secure_delete: the hash of a password that was changed does not linger in free pages.
_PRAGMAS: Final = """
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA secure_delete = ON;
"""


def open_database(path: Path, *, busy_timeout: float) -> apsw.Connection:
    """Opens or makes the database at *path*; *busy_timeout* is in seconds.

    Raises NewerFormat, Corrupt, and Unavailable if it cannot be opened or SQLite itself is too old.
    """
    refuse_old_sqlite(apsw.sqlite_lib_version())
    _make_private(path)
    with translated():
        connection = apsw.Connection(str(path.absolute()), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(int(busy_timeout * 1000))
            _set_up(connection, path, busy_timeout)
        except BaseException:
            connection.close()
            raise
    return connection


def refuse_old_sqlite(version: str) -> None:
    """Raises Unavailable if SQLite *version* is older than :data:`OLDEST_SQLITE`."""
    if _numbers(version) < _numbers(OLDEST_SQLITE):
        raise Unavailable(f"SQLite {version} can lose commits; {OLDEST_SQLITE} or newer is needed")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _make_private(path: Path) -> None:
    """Makes the file, or takes it back from group and others. SQLite gives its companion files the same mode."""
    try:
        # Never opens a file that is there: closing it again would drop this process's SQLite locks on it.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        _take_back(path)
    except OSError as error:
        raise Unavailable("the account directory cannot be made") from error


def _take_back(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise Unavailable("the account directory is readable by others, and that cannot be changed") from error


def _set_up(connection: apsw.Connection, path: Path, busy_timeout: float) -> None:
    _refuse_newer(connection, path)
    _write_ahead(connection, busy_timeout)
    connection.execute(_PRAGMAS)
    with transaction(connection):
        _refuse_newer(connection, path)
        if connection.pragma("user_version") == 0:
            connection.execute(_SCHEMA)
            connection.execute("INSERT INTO meta VALUES (1, 1, ?)", (secrets.token_bytes(32),))
            connection.pragma("user_version", SCHEMA_VERSION)


def _refuse_newer(connection: apsw.Connection, path: Path) -> None:
    found = connection.pragma("user_version")
    if isinstance(found, int) and found > SCHEMA_VERSION:
        raise NewerFormat(
            f"{path.name} has schema version {found}, and this release knows versions up to {SCHEMA_VERSION}; "
            "a newer release wrote it, and only that one or a later one may open it"
        )


def _write_ahead(connection: apsw.Connection, patience: float) -> None:
    """Switches to WAL. Two processes that make the database at once can meet here, where SQLite does not wait itself."""
    until = time.monotonic() + patience
    while True:
        try:
            connection.pragma("journal_mode", "wal")
            return
        except apsw.BusyError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.01)


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """One write transaction: commits at the end, rolls back on any error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def translated() -> Iterator[None]:
    """Turns the driver's errors into the store's, the driver's own words as the cause."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise Corrupt("the account directory is damaged") from error
    except apsw.ConnectionClosedError as error:
        raise Unavailable("the account directory is closed") from error
    except apsw.Error as error:
        raise Unavailable("the account directory cannot be reached now") from error
