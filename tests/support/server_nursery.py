"""A nursery of servers: each is a fork of a process that has everything loaded, so that starting one costs milliseconds.

Run as a program it reads the path of a data directory a line, forks a server for it, and writes two lines of JSON to standard
output: the server's process id at once, and its ports when it listens. Once the server is dead it says how it ended. Servers log
to standard error.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from restante import app, logs
from restante.config import Config
from restante.config.address import Address
from restante.config.model import Auth, Data, Listen, Retention

ANY: Final = (Address("127.0.0.1", 0),)


def config(directory: Path) -> Config:
    """A configuration whose passwords cost little, with free ports."""
    return Config(
        data=Data(dir=directory),
        listen=Listen(imap=ANY, imaps=(), lmtp=ANY),
        auth=Auth(argon2_time=1, argon2_memory=1 << 20, argon2_parallelism=1, scram_iterations=0),
        retention=Retention(undelete=0.0),
    )


async def make_account(directory: Path, name: str, password: str) -> None:
    """Make the data directory, with an account."""
    async with app.open_accounts(config(directory)) as accounts:
        await accounts.add(name, password)


@dataclass(slots=True)
class Born:
    """A server that was forked."""

    pid: int
    nursery: Nursery

    def ports(self) -> tuple[int, int]:
        """Where it takes IMAP and LMTP, once it does."""
        told = self.nursery.read()
        return int(told["imap"]), int(told["lmtp"])

    def kill(self) -> None:
        """SIGKILL, and wait until it is dead."""
        os.kill(self.pid, signal.SIGKILL)
        while "status" not in (told := self.nursery.read()):
            pass
        self.nursery.alive = None
        assert told["status"] == -signal.SIGKILL, "the server died on its own"


class Nursery:
    """A nursery, from the outside."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in: IO[bytes] = process.stdin
        self._out: IO[bytes] = process.stdout
        self.log = log
        self.alive: Born | None = None

    def bear(self, directory: Path) -> Born:
        """Fork a server for *directory*; it may not listen yet."""
        self._in.write(f"{directory}\n".encode())
        self._in.flush()
        self.alive = Born(int(self.read()["pid"]), self)
        return self.alive

    def read(self) -> dict[str, int]:
        """The next line. A line the server could not finish is passed over."""
        while line := self._out.readline():
            if line.startswith(b"{") and line.endswith(b"}\n"):
                told: dict[str, int] = json.loads(line)
                return told
        raise AssertionError("the nursery died: " + self.log.read_text())


@contextmanager
def nursery(log: Path) -> Iterator[Nursery]:
    """A nursery whose servers log to *log*."""
    command = [sys.executable, "-m", "tests.support.server_nursery"]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        running = Nursery(process, log)
        try:
            yield running
        finally:
            if running.alive is not None:
                running.alive.kill()
            assert process.stdin is not None
            process.stdin.close()


def _tell(**facts: int) -> None:
    os.write(1, json.dumps(facts).encode() + b"\n")


async def _serve(directory: Path) -> None:
    async with app.running(config(directory)) as server:
        _tell(imap=server.imap[0].port, lmtp=server.lmtp[0].port)
        await asyncio.Event().wait()


def _main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            logs.configure("warning", "json")
            _tell(pid=os.getpid())
            asyncio.run(_serve(Path(line.rstrip("\n"))))
            os._exit(1)
        _, status = os.waitpid(child, 0)
        os.write(1, b"\n")
        _tell(status=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _main()
