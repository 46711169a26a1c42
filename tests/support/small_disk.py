"""A small file system in memory, to be filled and emptied at will."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_RDONLY: Final = 1
_REMOUNT: Final = 32
_BIND: Final = 4096
_DETACH: Final = 2


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Take all the space there is."""
        with self._ballast.open("ab", buffering=0) as file:
            size = 1 << 20
            while size:
                try:
                    file.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2

    def empty(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Let nothing that is opened in the block be written; what is open for writing stays so."""
        _mount(str(self.path), self.path, "", _BIND)
        try:
            _mount("none", self.path, "", _REMOUNT | _BIND | _RDONLY)
            yield
        finally:
            _unmount(self.path)


@contextmanager
def small_disk(path: Path, size: int) -> Iterator[SmallDisk]:
    """A tmpfs of *size* octets at *path*. Raises PermissionError for who may not mount."""
    path.mkdir()
    _mount("tmpfs", path, f"size={size},mode=700", 0, b"tmpfs")
    try:
        yield SmallDisk(path)
    finally:
        _unmount(path)


def _mount(source: str, target: Path, options: str, flags: int, kind: bytes | None = None) -> None:
    if _LIBC.mount(source.encode(), str(target).encode(), kind, ctypes.c_ulong(flags), options.encode()):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(target))


def _unmount(path: Path) -> None:
    if _LIBC.umount2(str(path).encode(), _DETACH):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(path))
