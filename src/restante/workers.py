"""Several server processes on one data directory: a supervisor that serves nobody, and workers that are all alike.

Strategy: the supervisor binds the sockets, makes what a first start needs, and forks before it has a thread, an event loop or
a database open. Workers share the sockets; the system gives each connection to one of them. A change made through one is seen
through the others, because the store notices commits that were not its own and its hints reach every process.

The rule it protects: a worker that dies is replaced and takes nobody else along; the supervisor ends only when all are gone.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from restante import logs

_LOG: Final = logs.logger("workers")
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_PATIENCE: Final = 30.0
"""Seconds that workers get to end before they are killed; more than they give their clients."""
_TOO_SOON: Final = 5.0
"""Seconds; a worker that lived for less is not replaced at once."""
_PAUSE: Final = 1.0
"""Seconds until such a worker is replaced."""


class Supervisor:
    """Keeps *count* workers alive, each running *work*, which gives its exit code."""

    def __init__(self, count: int, work: Callable[[], int]) -> None:
        self._count = count
        self._work = work
        self._born: dict[int, float] = {}
        self._again_at: float | None = None

    def run(self) -> int:
        """Until SIGTERM or SIGINT; SIGHUP is passed on. The exit code: 0 when every worker ended well then."""
        with _blocked():
            for _ in range(self._count):
                self._start()
            while True:
                got = self._wait()
                if got in (signal.SIGTERM, signal.SIGINT):
                    return self._stop()
                if got == signal.SIGHUP:
                    self._tell(signal.SIGHUP)
                self._replace()

    def _wait(self) -> int | None:
        if self._again_at is None:
            return signal.sigwait(_SIGNALS)
        info = signal.sigtimedwait(_SIGNALS, max(0.0, self._again_at - time.monotonic()))
        return info.si_signo if info is not None else None

    def _start(self) -> None:
        pid = os.fork()
        if pid:
            self._born[pid] = time.monotonic()
            return
        code = 1
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            code = self._work()
        finally:
            # What the supervisor would do on its way out is not the worker's to do.
            os._exit(code)

    def _replace(self) -> None:
        """Reap the dead and start others for them."""
        for pid, code in _dead():
            lived = time.monotonic() - self._born.pop(pid, 0.0)
            _LOG.error("worker ended", pid=pid, code=code, seconds=round(lived, 1))
            if lived < _TOO_SOON:
                self._again_at = time.monotonic() + _PAUSE
        if self._again_at is None or time.monotonic() >= self._again_at:
            self._again_at = None
            for _ in range(self._count - len(self._born)):
                self._start()

    def _stop(self) -> int:
        self._tell(signal.SIGTERM)
        end = time.monotonic() + _PATIENCE
        worst = 0
        while self._born:
            for pid, code in _dead():
                if self._born.pop(pid, None) is not None:
                    worst = max(worst, abs(code))
            if not self._born:
                break
            if time.monotonic() >= end:
                self._tell(signal.SIGKILL)
            signal.sigtimedwait((signal.SIGCHLD,), 1.0)
        return min(worst, 1)

    def _tell(self, number: signal.Signals) -> None:
        for pid in self._born:
            os.kill(pid, number)


def _dead() -> Iterator[tuple[int, int]]:
    """Each child that has ended, reaped, with its exit code."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid, os.waitstatus_to_exitcode(status)


@contextmanager
def _blocked() -> Iterator[None]:
    """Have the signals wait until they are asked for."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
