"""A ``restante serve`` process for a test: started, awaited, asked, stopped.

Strategy: ports are taken by binding port 0 and letting go, so that many may run at once; readiness is the IMAP greeting,
not a pause; the process gets SIGTERM and must end with status 0, and its log must hold no report of a bug.
Rule: every process started here is ended here, by its own id.
"""

from __future__ import annotations

import os
import re
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.probe import Probe

COMMAND: tuple[str, ...] = (str(Path(sys.executable).with_name("restante")),)
HOST: Final = "localhost"
"""The name clients connect to; it is the one in the server's certificate."""

LOOPBACK: Final = "127.0.0.1"
START_LIMIT: Final = 30.0
STOP_LIMIT: Final = 20.0
"""Seconds granted to start and to stop."""

ATTEMPTS: Final = 3
"""How often other ports are tried where another process took one meanwhile."""

_BUG: Final = re.compile(r"SERVERBUG|Traceback \(most recent call last\)")
_IN_USE: Final = re.compile(r"address (?:is )?already in use", re.IGNORECASE)


class ServerFault(AssertionError):
    """The server did not start, did not stop, or reported a bug of its own; the text ends with its log."""


class PortTaken(ServerFault):
    """The server found a port in use that was free a moment before."""


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who can log in; mail for *name* arrives over LMTP."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Ports:
    """Where one server listens."""

    imap: int
    imaps: int
    lmtp: int

    def options(self) -> tuple[str, ...]:
        """The options of ``serve`` that say so."""
        imap, imaps, lmtp = (f"{LOOPBACK}:{port}" for port in (self.imap, self.imaps, self.lmtp))
        return ("--imap", imap, "--imaps", imaps, "--lmtp", lmtp)


class Server:
    """A running server."""

    def __init__(self, data_dir: Path, ports: Ports, log_path: Path, process: subprocess.Popen[bytes]) -> None:
        self.host = HOST
        self.data_dir = data_dir
        self.ports = ports
        self.cafile = data_dir.parent / "server-certificate.pem"
        self._log_path = log_path
        self._process = process

    def log(self) -> str:
        """Everything the process wrote."""
        return self._log_path.read_text("utf-8", errors="replace")

    def add_account(self, name: str, password: str = "sesame-7-open") -> Account:
        """Create an account while the server runs."""
        command = (*COMMAND, "account", "add", name, "--password-stdin", "--data", str(self.data_dir))
        done = subprocess.run(
            command,
            input=f"{password}\n",
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
            env=environment(),
        )
        if done.returncode:
            raise ServerFault(f"account add {name} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return Account(name, password)

    def probe(self, account: Account) -> Probe:
        """A plain connection that is no client's."""
        return Probe(LOOPBACK, self.ports.imap, account.name, account.password)

    def deliver(self, account: Account, raw: bytes) -> None:
        """Hand a mail in over LMTP."""
        with smtplib.LMTP(LOOPBACK, self.ports.lmtp, timeout=20) as lmtp:
            lmtp.sendmail("renee@example.test", [account.name], raw)

    def await_ready(self) -> None:
        """Return once every port answers. Raises :class:`ServerFault` if the process ends or takes too long."""
        deadline = time.monotonic() + START_LIMIT
        while not self._answers():
            if time.monotonic() > deadline:
                raise ServerFault(f"not ready within {START_LIMIT} s\n{self.log()}")
            if ended_within(self._process, 0.02):
                fault = PortTaken if _IN_USE.search(self.log()) else ServerFault
                raise fault(f"ended with status {self._process.returncode} before it was ready\n{self.log()}")
        self.cafile.write_text(ssl.get_server_certificate((HOST, self.ports.imaps)), "ascii")

    def stop(self) -> None:
        """SIGTERM, then wait. Raises :class:`ServerFault` at any status but 0 and at a bug in the log."""
        self._process.terminate()
        if not ended_within(self._process, STOP_LIMIT):
            raise ServerFault(f"still there {STOP_LIMIT} s after SIGTERM\n{self.log()}")
        if self._process.returncode != 0:
            raise ServerFault(f"ended with status {self._process.returncode}\n{self.log()}")
        if _BUG.search(self.log()):
            raise ServerFault(f"a bug was logged\n{self.log()}")

    def kill(self) -> None:
        """End the process if it is still there."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            for port in (self.ports.imap, self.ports.lmtp):
                with socket.create_connection((LOOPBACK, port), 2) as connection:
                    connection.recv(1)
            socket.create_connection((LOOPBACK, self.ports.imaps), 2).close()
        except (ConnectionError, TimeoutError):
            return False
        # Another process may answer in the place of one that found the port taken.
        return self._process.poll() is None


@contextmanager
def running(directory: Path) -> Iterator[Server]:
    """A server with an empty data directory under *directory*, stopped at the end."""
    server = started(directory)
    try:
        yield server
        server.stop()
    finally:
        server.kill()


def started(directory: Path) -> Server:
    """A server that answers. Raises :class:`ServerFault`."""
    for attempt in range(ATTEMPTS):
        place = directory / f"attempt-{attempt}"
        place.mkdir()
        server = launch(place, Ports(*free_ports(3)))
        try:
            server.await_ready()
        except PortTaken:
            continue
        except BaseException:
            server.kill()
            raise
        return server
    raise ServerFault(f"no free ports in {ATTEMPTS} attempts")


def launch(directory: Path, ports: Ports) -> Server:
    """Start the process; it may not answer yet."""
    log_path, data_dir = directory / "serve.log", directory / "data"
    data_dir.mkdir()
    command = (*COMMAND, "serve", "--data", str(data_dir), *ports.options())
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory, env=environment()
        )
    return Server(data_dir, ports, log_path, process)


def environment() -> dict[str, str]:
    """This process's environment without what would be taken for settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RESTANTE_")}


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listened on a moment ago; all are held until the last is known."""
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether *process* ends within *seconds*."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
