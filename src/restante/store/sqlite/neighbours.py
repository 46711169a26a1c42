"""Hints between the processes that have one data directory open: the server's workers, and tools beside them.

Strategy: each process listens on a FIFO of its own in one directory and writes a line to the others' after a commit. A write
of a line is atomic and never waits; a FIFO too full to take it tells its reader, by being full, that hints were lost, and the
reader then wakes everybody. The directory is looked at when its time changes, so that a lone process pays one ``stat`` a commit.

The rule it protects: a hint only wakes. Truth is read by modseq, so a lost, late or repeated line harms nothing.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from restante.model.ids import AccountId, MailboxId, ModSeq
from restante.store.model import Hint
from restante.store.sqlite.hints import SqliteHints

_READ: Final = 65_536
_FULL: Final = 60_000
"""Octets read at once that mean the FIFO may have been full; Linux gives it 65,536."""
_ANNOTATIONS: Final = "+"
"""Stands where a mailbox's id would."""
_FRESH: Final = 100_000_000
"""Nanoseconds in which a directory's time may not tell two changes apart."""


class Neighbours:
    """The other processes.

    Args:
        directory: where the FIFOs are; made if it is not there.
        hints: this process's own.
    """

    def __init__(self, directory: Path, hints: SqliteHints) -> None:
        self._directory = directory
        self._name = str(directory)
        self._hints = hints
        self._own: Path | None = None
        self._fd = -1
        self._rest = b""
        self._others: dict[str, int] = {}
        self._looked = -1

    def open(self) -> None:
        """Listen from here on. Where there can be no FIFO, this process is woken by its own changes alone."""
        with suppress(OSError):
            self._directory.mkdir(mode=0o700, exist_ok=True)
            own = self._directory / f"{os.getpid()}-{secrets.token_hex(4)}"
            os.mkfifo(own, 0o600)
            self._own = own
            # Open for writing as well, so that it never is at its end.
            self._fd = os.open(own, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            asyncio.get_running_loop().add_reader(self._fd, self._read)

    def close(self) -> None:
        """Listen no more."""
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
        if self._own is not None:
            self._own.unlink(missing_ok=True)
            self._own = None
        for name in list(self._others):
            self._forget(name)

    def tell(self, hint: Hint) -> None:
        """Wake the others' sessions; never waits, never raises."""
        self._look()
        if not self._others:
            return
        what = _ANNOTATIONS if hint.annotations else hint.mailbox or ""
        line = f"{hint.account} {hint.modseq} {what}\n".encode()
        for name, fd in list(self._others.items()):
            try:
                os.write(fd, line)
            except BlockingIOError:
                continue  # its reader will find it full
            except OSError:
                self._forget(name)
                with suppress(OSError):
                    (self._directory / name).unlink()

    def _look(self) -> None:
        """Find who is there now, if anything has changed."""
        try:
            changed = os.stat(self._name).st_mtime_ns
        except OSError:
            return
        if changed == self._looked:
            return
        # A change in the same tick would not show.
        self._looked = changed if time.time_ns() - changed > _FRESH else -1
        with suppress(OSError):
            names = set(os.listdir(self._directory))
            for name in self._others.keys() - names:
                self._forget(name)
            for name in names - self._others.keys():
                if self._own is None or name != self._own.name:
                    self._meet(name)

    def _meet(self, name: str) -> None:
        path = self._directory / name
        try:
            self._others[name] = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            # ENXIO: nobody reads it, its process was killed. Being made this moment looks the same for an instant, so it
            # is only removed once it is old.
            if error.errno == errno.ENXIO:
                with suppress(OSError):
                    if time.time_ns() - path.stat().st_mtime_ns > 10 * _FRESH:
                        path.unlink()

    def _forget(self, name: str) -> None:
        with suppress(OSError):
            os.close(self._others.pop(name))

    def _read(self) -> None:
        try:
            data = os.read(self._fd, _READ)
        except BlockingIOError:
            return
        if len(data) >= _FULL:
            self._rest = b""
            self._hints.wake_all()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in dict.fromkeys(lines):
            account, _, rest = line.decode("utf-8", "replace").partition(" ")
            modseq, _, what = rest.partition(" ")
            if modseq.isdigit():
                mailbox = MailboxId(what) if what and what != _ANNOTATIONS else None
                self._hints.wake(Hint(AccountId(account), mailbox, ModSeq(int(modseq)), what == _ANNOTATIONS))
