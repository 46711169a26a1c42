"""The lock by which a data directory has one server at a time.

Strategy: ``flock`` on a file that stays; the system lets go of it when the process ends, however it ends, so no lock is ever
stale. The process id in the file is for people.

The rule it protects: two servers on one directory would each wake only their own clients. Commands beside a server do not take
the lock; the store is made for them.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILE_NAME: Final = "serve.lock"

_PID_DIGITS: Final = 20


@contextmanager
def sole_server(directory: Path) -> Iterator[None]:
    """Hold *directory*, made if it is not there, while the block runs. Raises OSError, EBUSY when another server has it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, directory)
        os.ftruncate(descriptor, 0)
        _note(descriptor)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.pread(descriptor, _PID_DIGITS, 0).decode("ascii", "replace").strip()
        holder = f" (process {pid})" if pid.isdigit() else ""
        raise OSError(errno.EBUSY, f"another server{holder} has this data directory", str(directory)) from error


def _note(descriptor: int) -> None:
    """Write who has the lock; a full disk is no reason not to start."""
    try:
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
