"""Large messages as files: ``accounts/<account>/blobs/ab/abcdef…``, written once, read in pieces.

Strategy: a blob is named by chance, so nothing is ever overwritten, and synced with its directory before the commit that
names it. A file no row names was left by a crash in between; it is swept once it is old enough that no commit can be coming.

The rule it protects: a row that names a blob finds it whole.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Final

from restante.store.blobs.staging import FileUpload
from restante.store.errors import Unavailable

_PIECE: Final = 256 * 1024
_NAME: Final = re.compile(r"[0-9a-f]{32}")
_ORPHANED: Final = 86_400
"""Seconds after which a file no row names was left by a crash."""


class AccountBlobs:
    """One account's files; its methods block, so they run in threads. Raises OSError."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, name: str) -> Path:
        """Where the blob *name* is. Raises ValueError for what is no blob's name."""
        if not _NAME.fullmatch(name):
            raise ValueError("not the name of a blob")
        return self.directory / name[:2] / name

    def put(self, upload: FileUpload) -> str:
        """Take a staged file in; on disk when this returns. Returns its name."""
        upload.sync()
        name = upload.path.name
        target = self.path(name)
        if not target.parent.is_dir():
            _make(self.directory)
            _make(target.parent)
        upload.path.rename(target)
        sync_directory(target.parent)
        return name

    def delete(self, names: Iterable[str]) -> None:
        """Remove blobs no row names any more; harmless for those gone already."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def old(self) -> list[str]:
        """The names of blobs old enough that a row must name them."""
        before, found = time.time() - _ORPHANED, []
        with suppress(FileNotFoundError):
            for shelf in os.scandir(self.directory):
                found += [each.name for each in os.scandir(shelf.path) if each.stat().st_mtime < before]
        return [name for name in found if _NAME.fullmatch(name)]


class FileBlobs:
    """See :class:`restante.store.api.Blobs`. A blob is named ``account/name``.

    Args:
        accounts: the directory of accounts.
        pool: threads to read in.
    """

    def __init__(self, accounts: Path, pool: Executor) -> None:
        self._accounts = accounts
        self._pool = pool

    def of(self, account: str) -> AccountBlobs:
        """One account's files."""
        return AccountBlobs(self._accounts / account / "blobs")

    async def open(self, blob: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The octets from *start* on, at most *length*, in pieces. Raises Unavailable."""
        account, _, name = blob.rpartition("/")
        end = None if length is None else start + length
        try:
            path = self.of(account).path(name)
            while end is None or start < end:
                size = _PIECE if end is None else min(_PIECE, end - start)
                piece = await asyncio.get_running_loop().run_in_executor(self._pool, read_piece, path, start, size)
                if not piece:
                    return
                start += len(piece)
                yield piece
        except (OSError, ValueError) as error:
            raise Unavailable("the message's text cannot be read now") from error


def read_piece(path: Path, start: int, size: int) -> bytes:
    """At most *size* octets of a file from *start* on. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(descriptor, size, start)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Have a directory's entries on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(directory: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    sync_directory(directory.parent)
