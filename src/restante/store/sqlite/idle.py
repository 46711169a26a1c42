"""Reading connections between two uses: opening one costs half a millisecond, and one that was used has pages in its memory.

Strategy: whoever reads at length, in a thread, borrows a connection; a few of those given back last rest here, of whatever
accounts, and the others are closed.

The rule it protects: what rests here is in no transaction, so that it keeps no WAL from being written back, and met no fault;
it is never lent for another file, though that has taken its own file's place and name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

import apsw

MOST: Final = 4
"""Connections that rest, each of two file descriptors and of the pages its cache may hold."""


class _Resting(NamedTuple):
    """A connection, and the file it is to."""

    path: Path
    inode: int
    connection: apsw.Connection


class IdleConnections:
    """The connections that rest, the longest resting first. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._resting: list[_Resting] = []
        self._closed = False

    @contextmanager
    def borrowed(self, path: Path, connect: Callable[[], apsw.Connection]) -> Iterator[apsw.Connection]:
        """A connection to the database at *path*, one that rests or what *connect* opens. Raises as that, and OSError."""
        inode = os.stat(path).st_ino
        connection = self._taken(path, inode) or connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._rest(_Resting(path, inode, connection))

    def _taken(self, path: Path, inode: int) -> apsw.Connection | None:
        with self._lock:
            for at, each in enumerate(self._resting):
                if each.path == path and each.inode == inode:
                    del self._resting[at]
                    return each.connection
        return None

    def _rest(self, given_back: _Resting) -> None:
        with self._lock:
            self._resting.append(given_back)
            excess = len(self._resting) - (0 if self._closed else MOST)
            surplus = self._resting[: max(0, excess)]
            del self._resting[: len(surplus)]
        for each in surplus:
            each.connection.close()

    def drop(self, path: Path) -> list[apsw.Connection]:
        """Those to the database at *path*, for a thread to close."""
        with self._lock:
            found = [each.connection for each in self._resting if each.path == path]
            self._resting = [each for each in self._resting if each.path != path]
        return found

    def close(self) -> None:
        """Let none rest from here on."""
        with self._lock:
            resting, self._resting, self._closed = self._resting, [], True
        for each in resting:
            each.connection.close()
