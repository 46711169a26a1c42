"""``restante serve`` on a data directory that outlives it: started with any settings, signalled, started again.

Strategy: as :mod:`tests.support.server`, with a configuration file beside the data, so that settings can change while it runs.
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.server import COMMAND, LOOPBACK, Account, Ports, Server, ended_within, environment, free_ports
from tests.support.server_nursery import make_account
from tests.support.talk import Talk

PASSWORD: Final = "sesame-7-open"
CHEAP: Final = {
    "auth.argon2_time": "1",
    "auth.argon2_memory": "1048576",
    "auth.argon2_parallelism": "1",
    "auth.scram_iterations": "0",
}
"""Passwords that cost little, as those of the nursery."""

_LISTEN: Final = "0A"
"""The state of a listening socket in ``/proc/net/tcp``."""


class Service:
    """One data directory, and at most one server on it at a time."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.data = directory / "data"
        self.file = directory / "restante.toml"
        self._directory = directory
        self._settings = {**CHEAP, **{name.replace("__", "."): value for name, value in settings.items()}}
        self._runs = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.server: Server
        self.configure()

    def account(self, name: str) -> Account:
        """Make an account. Only while no server runs."""
        asyncio.run(make_account(self.data, name, PASSWORD))
        return Account(name, PASSWORD)

    def configure(self, **settings: str) -> None:
        """Write the configuration file, with *settings* (``table__name``, in TOML) changed."""
        self._settings.update({name.replace("__", "."): value for name, value in settings.items()})
        self.file.write_text("".join(f"{name} = {value}\n" for name, value in self._settings.items()))

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._process is not None
        return self._process.pid

    @contextmanager
    def running(self, descriptors: int | None = None) -> Iterator[Server]:
        """A server, stopped at the end; it may open no more than so many *descriptors*."""
        self._start(descriptors)
        server = self.server
        try:
            yield self.server
            if self.server is server and self._process is not None:
                self.stop()
        finally:
            server.kill()

    def _start(self, descriptors: int | None) -> None:
        self._runs += 1
        ports, log_path = Ports(*free_ports(3)), self._directory / f"serve-{self._runs}.log"
        with log_path.open("wb") as log:
            limited = ("sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh") if descriptors else ()
            command = [*limited, *self.command(ports)]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment()
            )
        self.server = Server(self.data, ports, log_path, self._process)
        self.server.await_ready()

    def command(self, ports: Ports) -> list[str]:
        """The command line of a server at *ports*."""
        return [*COMMAND, "serve", "--config", str(self.file), "--data", str(self.data), *ports.options()]

    def refused(self) -> subprocess.CompletedProcess[str]:
        """One more server, which is expected to end by itself."""
        command = self.command(Ports(*free_ports(3)))
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30, env=environment())

    def stop(self) -> float:
        """SIGTERM; the seconds until the server ended, with status 0 and no bug in its log."""
        began = time.monotonic()
        self.server.stop()
        self._process = None
        return time.monotonic() - began

    def hang_up(self) -> None:
        """SIGHUP."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def await_log(self, text: str, count: int = 1) -> None:
        """Wait until the server has logged *text* so often."""
        deadline = time.monotonic() + 20
        while self.server.log().count(text) < count:
            assert self._process is not None
            assert not ended_within(self._process, 0.02), self.server.log()
            assert time.monotonic() < deadline, f"{text!r} was not logged\n{self.server.log()}"

    def talk(self, account: Account | None = None) -> Talk:
        """A connection, logged in as *account*."""
        return Talk(self.server.ports.imap, login=(account.name, account.password) if account else None)

    def certificate(self) -> str:
        """The certificate that a new TLS connection is shown, in PEM."""
        return ssl.get_server_certificate((LOOPBACK, self.server.ports.imaps))

    def descriptors(self) -> int:
        """How many file descriptors the server has open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def connections(self) -> int:
        """How many IMAP and LMTP connections the server has, those being closed included."""
        ports = {f"{port:04X}" for port in (self.server.ports.imap, self.server.ports.imaps, self.server.ports.lmtp)}
        rows = [line.split() for line in Path(f"/proc/{self.pid}/net/tcp").read_text().splitlines()[1:]]
        # An inode of 0 is a connection that no process has any more.
        return sum(row[1].rpartition(":")[2] in ports and row[3] != _LISTEN and row[9] != "0" for row in rows)

    def resident(self) -> int:
        """Octets of memory the server has in use."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024
