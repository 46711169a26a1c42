"""One process that reads documents, seen from the one that asks it.

Strategy: a pipe each way, never waited for beyond the time a document has. The process is begun when first needed, with an empty
environment and no descriptor but the pipes; it lives until it fails, has been idle, or has read its share.

The rule it protects: whatever the process does or fails to do, asking it ends in time.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Final

from restante.documents.kind import Kind
from restante.extraction.worker import ANSWER, READY, REQUEST

_BEGINNING: Final = 60.0
"""Seconds that a process gets to become ready, on a machine that is busy."""
_PATIENCE: Final = 4.0
"""How many times its CPU time a document may take by the clock,"""
_AT_LEAST: Final = 5.0
"""and how many seconds more."""
_DOCUMENTS: Final = 200
"""Documents after which a process is replaced, whatever it may have gathered."""
_LONGEST_WHY: Final = 200
_START: Final = "import sys; sys.path[:] = {path!r}; from restante.extraction.worker import main; main()"


class Died(Exception):
    """The process ended or was ended; the text says how.

    Attributes:
        idle: it ended because it had nothing to do.
    """

    def __init__(self, how: str, *, idle: bool = False) -> None:
        super().__init__(how)
        self.idle = idle


class Process:
    """A process that reads documents. Its methods block; one thread at a time asks, any may kill.

    Args:
        seconds: CPU that one document may take.
        memory: octets that one document may take.
    """

    def __init__(self, seconds: float, memory: int) -> None:
        """Begin it, and wait until it is ready. Raises OSError, Died."""
        self._seconds = seconds
        self._left = _DOCUMENTS
        start = _START.format(path=[each for each in sys.path if each])
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", start, str(seconds), str(memory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            bufsize=0, env={}, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._deadline = time.monotonic() + _BEGINNING
        try:
            if self._take(len(READY)) != READY:
                raise self._ended("it did not begin well")
        except Died:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def is_spent(self) -> bool:
        """Whether it has read its share."""
        return self._left <= 0

    def ask(self, kind: Kind, octets: bytes, characters: int) -> tuple[str | None, str, float]:
        """A document's text, or None; why there is none; and the seconds of CPU it took. Raises Died."""
        self._left -= 1
        self._deadline = time.monotonic() + self._seconds * _PATIENCE + _AT_LEAST
        self._give(REQUEST.pack(kind.value.encode(), characters, len(octets)))
        self._give(octets)
        state, seconds, size = ANSWER.unpack(self._take(ANSWER.size))
        if size > max(4 * characters, _LONGEST_WHY):
            raise self._ended("it answered what cannot be")
        text = self._take(size).decode("utf-8", "replace")
        seconds = min(max(seconds, 0.0), self._seconds)
        return (text, "", seconds) if state else (None, text, seconds)

    def kill(self) -> None:
        """End it, whatever it does; whoever asks it hears Died."""
        self._process.kill()

    def close(self) -> None:
        """End it and let go of it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()

    def _give(self, octets: bytes) -> None:
        view = memoryview(octets)
        while view:
            self._await(self._to, select.POLLOUT)
            try:
                view = view[os.write(self._to, view) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._ended() from error

    def _take(self, size: int) -> bytes:
        taken = bytearray()
        while len(taken) < size:
            self._await(self._from, select.POLLIN)
            try:
                piece = os.read(self._from, min(size - len(taken), 1 << 20))
            except BlockingIOError:
                continue
            if not piece:
                raise self._ended()
            taken += piece
        return bytes(taken)

    def _await(self, descriptor: int, event: int) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, self._deadline - time.monotonic()) * 1000):
            raise self._ended("took too long")

    def _ended(self, how: str = "") -> Died:
        """Why there is no answer; the process is no more."""
        if how:
            self._process.kill()
        code = self._process.wait()
        return Died(how or _ENDS.get(code, f"ended with {code}"), idle=not how and code == -signal.SIGALRM)


_ENDS: Final = {
    -signal.SIGXCPU: "took too much CPU",
    -signal.SIGKILL: "killed",
    os.EX_UNAVAILABLE: "took too much memory",
}
"""Exit codes, in words."""
