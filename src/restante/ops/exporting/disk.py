"""Files and directories on disk for good: made for their owner only, flushed when a mailbox is complete."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from restante.model.dates import MailDate

_PRIVATE: Final = 0o600
_MAX_TIME: Final = 1 << 40
_MANY: Final = 50


def make_directory(path: Path) -> None:
    """Makes it with what is missing above. Raises OSError."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        sync(each.parent)


def create(path: Path) -> IO[bytes]:
    """A new file for writing; one left by a stopped export is replaced. Raises OSError."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb")


def write_text(path: Path, text: str) -> None:
    """Puts a small file in its place at once. Raises OSError."""
    draft = path.with_name(f".{path.name}.new")
    with create(draft) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    sync(path.parent)


def date_file(path: Path, date: MailDate) -> None:
    """Gives a file the time of its message, as near as the file system can. Raises OSError."""
    moment = max(-_MAX_TIME, min(_MAX_TIME, date.epoch))
    os.utime(path, (moment, moment))


def sync(path: Path) -> None:
    """Flushes a file or directory. Raises OSError."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_all(paths: Sequence[Path]) -> None:
    """Flushes files; those that were moved on by someone meanwhile are theirs. Raises OSError."""
    if len(paths) > _MANY:
        # All at once is much cheaper than each for itself; what each for itself then adds is the word on errors.
        os.sync()
    for path in paths:
        try:
            sync(path)
        except FileNotFoundError:
            continue
