"""One server in the comparison, and who is connected to it.

Strategy: rows share one connection of each account, so that a row costs its own work and no login; after a restart they are
made anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bench.compare import processes
from bench.compare.client import Client
from bench.compare.lmtp import LmtpClient
from bench.compare.mail import ANNA
from bench.compare.servers.server import Server

_PATIENCE: Final = 1800.0
_CERTAIN: Final = 0.5
"""Seconds of quiet after which nothing goes on behind."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done.

    Attributes:
        messages: in the one large INBOX.
        mailboxes: of the account with many.
        many: messages that COPY, MOVE, EXPUNGE and cold rows take at once.
        people: accounts of the crowd.
        crowd: messages of each of them.
        connections: that idle while memory is measured.
        large: octets of the large message.
        rounds: how often a row is measured, at most.
    """

    messages: int = 5_000
    mailboxes: int = 500
    many: int = 1_000
    people: int = 40
    crowd: int = 200
    connections: int = 50
    large: int = 25_000_000
    rounds: int = 9


QUICK = Scale(messages=200, mailboxes=20, many=50, people=10, crowd=20, connections=5, large=1_000_000, rounds=1)
"""Whether everything works, no more."""


class Side:
    """A server and the connections to it that rows share."""

    def __init__(self, server: Server, scale: Scale) -> None:
        self.server = server
        self.scale = scale
        self.name = server.name
        self.notes: dict[str, int] = {}
        self._made: set[bytes] = set()
        self._clients: dict[str, Client] = {}
        self._deliverer: LmtpClient | None = None
        self._capabilities: frozenset[str] = frozenset()

    def client(self, account: str = ANNA) -> Client:
        """The connection of *account*. Raises Refused."""
        if account not in self._clients:
            self._clients[account] = self.server.login(account)
        return self._clients[account]

    def spare(self, number: int) -> Client:
        """One of any number of further connections of the main account, nothing selected."""
        name = f"{ANNA} {number}"
        if name not in self._clients:
            self._clients[name] = self.server.login(ANNA)
        return self._clients[name]

    def fresh(self, number: int) -> Client:
        """A further connection, made anew."""
        if old := self._clients.pop(f"{ANNA} {number}", None):
            old.close()
        return self.spare(number)

    def make(self, mailbox: bytes) -> None:
        """Create a mailbox of the main account, once."""
        if mailbox not in self._made:
            self.client().command(b"CREATE " + mailbox)
            self._made.add(mailbox)

    def inbox(self) -> Client:
        """The main account's connection, in its INBOX."""
        return self.client().select(b"INBOX")

    def deliverer(self) -> LmtpClient:
        """The connection that hands over mail."""
        if self._deliverer is None:
            self._deliverer = self.server.deliverer()
        return self._deliverer

    def capabilities(self) -> frozenset[str]:
        """What the server offers to a logged-in client."""
        if not self._capabilities:
            answer = self.client().command(b"CAPABILITY")
            self._capabilities = frozenset(answer.partition(b"\r\n")[0].decode().upper().split()[2:])
        return self._capabilities

    def hang_up(self) -> None:
        """End all connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self._deliverer is not None:
            self._deliverer.close()
            self._deliverer = None

    def restart(self) -> None:
        """Stop the server, start it, and wait until it is quiet; nobody is connected then."""
        self.stop()
        self.server.start()
        self.settle()

    def stop(self) -> None:
        """Hang up, stop the server."""
        self.hang_up()
        self.server.stop()

    def cpu(self) -> float:
        """CPU seconds taken so far; 0 when there is no process."""
        return processes.cpu_seconds(self.server.pid) if self.server.pid else 0.0

    def settle(self) -> None:
        """Wait until the server is quiet, a second at most."""
        if self.server.pid:
            processes.settle(self.server.pid)

    def finish(self) -> bool:
        """Wait until the server is done with what many messages left it to do, half an hour at most; whether it is."""
        return processes.settle(self.server.pid, _PATIENCE, _CERTAIN)
