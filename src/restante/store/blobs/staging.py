"""Messages on their way in: in memory while small, else in a file that is later renamed into place.

Strategy: a large message is written once, as it arrives; storing it is an fsync and a rename within the same file system.

The rule it protects: what is given up leaves nothing behind, and what a killed process left is swept by its age.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from restante.store.memory_upload import MemoryUpload

_ABANDONED: Final = 86_400
"""Seconds after which nobody can still be writing a staged file."""


def remove(path: Path) -> None:
    """Remove a file, or a directory with all in it. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        # Imported late: it brings in every way to compress, and few directories are ever removed.
        from shutil import rmtree

        rmtree(path)
    else:
        path.unlink(missing_ok=True)


class FileUpload:
    """See :class:`restante.store.model.Upload`; in a file of its own. Raises OSError."""

    __slots__ = ("_descriptor", "path", "size")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        # First of all none: what cannot be opened need not be closed.
        self._descriptor = -1
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes) -> None:
        """Add octets. Raises OSError."""
        view = memoryview(data)
        while view:
            written = os.write(self._descriptor, view)
            self.size += written
            view = view[written:]

    def sync(self) -> None:
        """Have the octets on disk. Raises OSError."""
        os.fsync(self._descriptor)

    def fileno(self) -> int:
        """The open file."""
        return self._descriptor

    def discard(self) -> None:
        """Close the file, and remove it unless it was renamed into place."""
        if self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def __del__(self) -> None:
        self.discard()


class Staging:
    """The directory of staged files.

    Args:
        directory: on the same file system as the mail.
        inline: octets up to which a message stays in memory.
    """

    def __init__(self, directory: Path, inline: int) -> None:
        self.directory = directory
        self.inline = inline

    def upload(self, size: int) -> MemoryUpload | FileUpload:
        """Stage a message of *size* octets. Raises OSError."""
        return MemoryUpload() if size <= self.inline else self.file()

    def file(self) -> FileUpload:
        """Stage a message in a file. Raises OSError."""
        return FileUpload(self.directory / secrets.token_hex(16))

    def sweep(self) -> None:
        """Remove what killed processes left. Raises OSError."""
        before = time.time() - _ABANDONED
        for entry in os.scandir(self.directory):
            with suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime < before:
                    remove(Path(entry.path))
