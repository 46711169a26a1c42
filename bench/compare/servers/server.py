"""A server under test: where it listens, its process, and how it starts and stops.

Rule: only a process that was started here is ended here, by its own id.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.compare.client import Client
from bench.compare.lmtp import LmtpClient

PASSWORD: Final = "sesame-7-open"
START: Final = 30.0
STOP: Final = 30.0
"""Seconds granted to start and to stop."""


class Server(ABC):
    """One server on loopback, with a directory of its own."""

    name: str

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.imap, self.lmtp = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def version(self) -> str:
        """What it calls its release."""

    @abstractmethod
    def settings(self) -> str:
        """Its configuration file."""

    @abstractmethod
    def prepare(self, accounts: Iterable[str]) -> None:
        """Write what it needs before it first starts."""

    @abstractmethod
    def line(self) -> Sequence[str]:
        """The command that runs it in the foreground."""

    def environment(self) -> Mapping[str, str]:
        """What its process is told besides."""
        return {}

    @property
    def pid(self) -> int:
        """The first process; 0 when there is none."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it, and await its greeting. Raises RuntimeError with the end of its log."""
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.line(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **self.environment()}
            )
        end = time.monotonic() + START
        while True:
            try:
                Client(self.imap).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"{self.name} did not start: {self._last_words()}") from None
                time.sleep(0.005)

    def _last_words(self) -> str:
        return (self.directory / "log").read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        """Ask it to end, and make it if it does not."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def login(self, account: str) -> Client:
        """A client that is logged in. Raises Refused."""
        client = Client(self.imap)
        client.command(login(account))
        return client

    def deliverer(self) -> LmtpClient:
        """A client that hands over mail."""
        return LmtpClient(self.lmtp)


def login(account: str) -> bytes:
    """The command that logs in."""
    return f"LOGIN {account} {PASSWORD}".encode()


def free_ports(count: int) -> list[int]:
    """Ports nobody has just now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
