"""Who is connected: counts by address and by account, against the limits (RFC 5530 §3: LIMIT)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from restante.imap.errors import No
from restante.model.ids import AccountId
from restante.store.directory import AccountRecord

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections there may be: in all, from one address, of one account."""

    total: int = 10_000
    per_address: int = 500
    per_account: int = 100


class Presence:
    """The counts of one server.

    Attributes:
        limits: for those who come from here on; may be replaced.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._total = 0
        self._addresses: Counter[str] = Counter()
        self._accounts: Counter[AccountId] = Counter()

    def connect(self, address: str) -> Callable[[], None] | None:
        """One more connection from *address*; what ends it, or None when there are enough."""
        if self._total >= self.limits.total or self._addresses[address] >= self.limits.per_address:
            return None
        self._total += 1
        self._addresses[address] += 1

        def leave() -> None:
            self._total -= 1
            _less(self._addresses, address)

        return leave

    def enter(self, login: AccountRecord) -> Callable[[], None]:
        """One more session of an account; returns what ends it. Raises No with LIMIT when there are enough."""
        if self._accounts[login.id] >= self.limits.per_account:
            raise No(f"This account has {self.limits.per_account} connections open already", "LIMIT")
        self._accounts[login.id] += 1
        return lambda: _less(self._accounts, login.id)


def _less(counter: Counter[K], key: K) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
