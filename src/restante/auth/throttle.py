"""Slows down those who guess passwords, and nobody else.

Strategy: two tables of failure scores that fade by half-lives: per account *and* address, and per address alone. The delay
doubles with each failure beyond a free few. Attempts that wait at the same time count as failures among themselves, so that
guessing in parallel gains nothing.

The rule it protects: no one can lock someone else out. What fails from one address never delays a login from another; IPv6
addresses are taken by their /64, which is what one customer has.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Generic, Self, TypeVar

from restante.auth.ports import Clock

K = TypeVar("K", bound=Hashable)


class TooManyAttempts(Exception):
    """As many logins from the address as are allowed are being checked already; it may try again later."""


@dataclass(frozen=True, slots=True)
class ThrottleLimits:
    """The settings.

    Attributes:
        free_per_account: failures on one account from one address before it is slowed down.
        free_per_address: failures from one address, on whatever accounts, before it is slowed down.
        first_delay: seconds after the first failure beyond the free ones; doubles with each further one.
        longest_delay: seconds at the most.
        half_life: seconds in which a score fades to half.
        concurrent: attempts from one address that may be under way at once.
        capacity: entries kept in each table, the longest untouched going first.
        exempt: networks (CIDR) never slowed down: proxies and webmail that speak for many, and throttle themselves.
    """

    free_per_account: int = 3
    free_per_address: int = 10
    first_delay: float = 1.0
    longest_delay: float = 15.0
    half_life: float = 120.0
    concurrent: int = 20
    capacity: int = 10_000
    exempt: tuple[str, ...] = ()


class Throttle:
    """Keeps the scores. Raises ValueError if an exempt network is none."""

    def __init__(self, clock: Clock, limits: ThrottleLimits | None = None) -> None:
        limits = limits or ThrottleLimits()
        self._limits = limits
        self._exempt = _networks(limits.exempt)
        self._accounts: _Scores[tuple[str, str]] = _Scores(clock, limits, limits.free_per_account)
        self._addresses: _Scores[str] = _Scores(clock, limits, limits.free_per_address)
        self._under_way: Counter[str] = Counter()

    def attempt(self, name: str, peer: str) -> Attempt:
        """An attempt to log in as *name* from address *peer*, to be entered with ``with``."""
        return Attempt(self, None if self._is_exempt(peer) else (name, source(peer)))

    def enter(self, name: str, peer: str) -> float:
        """Seconds to wait before the password is looked at; raises :class:`TooManyAttempts`. For :class:`Attempt`."""
        if self._under_way[peer] >= self._limits.concurrent:
            raise TooManyAttempts("too many logins at once from this address, try again later")
        self._under_way[peer] += 1
        return max(self._accounts.enter((name, peer)), self._addresses.enter(peer))

    def leave(self, name: str, peer: str, *, failed: bool | None) -> None:
        """The attempt is over; *failed* is None if nothing was found out. For :class:`Attempt`."""
        self._under_way[peer] -= 1
        if self._under_way[peer] <= 0:
            del self._under_way[peer]
        self._accounts.leave((name, peer))
        self._addresses.leave(peer)
        self._score(name, peer, failed=failed)

    def note(self, name: str, peer: str, *, failed: bool) -> None:
        """Scores the end of an exchange that took several steps."""
        if not self._is_exempt(peer):
            self._score(name, source(peer), failed=failed)

    def _score(self, name: str, peer: str, *, failed: bool | None) -> None:
        if failed:
            self._accounts.add((name, peer))
            self._addresses.add(peer)
        elif failed is False:
            # Not the address's score: whoever has one account of their own could clear it as they go.
            self._accounts.clear((name, peer))

    def __len__(self) -> int:
        return len(self._accounts) + len(self._addresses)

    def _is_exempt(self, peer: str) -> bool:
        address = _address(peer) if self._exempt else None
        return address is not None and any(address in network for network in self._exempt)


class Attempt:
    """One attempt: ``delay`` seconds to wait first, then :meth:`succeeded` or :meth:`failed`.

    One that is broken off while it had to wait counts as failed, or else hanging up would be a way round the delay.
    """

    def __init__(self, throttle: Throttle, key: tuple[str, str] | None) -> None:
        self._throttle = throttle
        self._key = key
        self._failed: bool | None = None
        self.delay = 0.0

    def __enter__(self) -> Self:
        if self._key:
            self.delay = self._throttle.enter(*self._key)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._failed is None and kind is not None and self.delay:
            self._failed = True
        if self._key:
            self._throttle.leave(*self._key, failed=self._failed)

    def succeeded(self) -> None:
        """The password was right."""
        self._failed = False

    def failed(self) -> None:
        """It was not, or there is no such account."""
        self._failed = True


class _Scores(Generic[K]):
    """Fading failure scores by key, bounded."""

    def __init__(self, clock: Clock, limits: ThrottleLimits, free: int) -> None:
        self._clock = clock
        self._limits = limits
        # Before anything failed there is nothing to slow down, so 0 is as 1.
        self._free = max(free, 1)
        self._scores: OrderedDict[K, tuple[float, float]] = OrderedDict()
        self._waiting: Counter[K] = Counter()

    def __len__(self) -> int:
        return len(self._scores)

    def enter(self, key: K) -> float:
        """The delay for an attempt that begins now."""
        score = self._score(key)
        waiting = self._waiting[key]
        self._waiting[key] += 1
        # Half a failure of grace, since scores begin to fade at once.
        beyond = score - self._free + 0.5
        if beyond < 0:
            return 0.0
        doublings = min(beyond + waiting, 64.0)
        return float(min(self._limits.longest_delay, self._limits.first_delay * 2.0 ** int(doublings)))

    def leave(self, key: K) -> None:
        self._waiting[key] -= 1
        if self._waiting[key] <= 0:
            del self._waiting[key]

    def add(self, key: K) -> None:
        self._scores[key] = (self._score(key) + 1.0, self._clock())
        self._scores.move_to_end(key)
        while len(self._scores) > self._limits.capacity:
            self._scores.popitem(last=False)

    def clear(self, key: K) -> None:
        self._scores.pop(key, None)

    def _score(self, key: K) -> float:
        score, since = self._scores.get(key, (0.0, 0.0))
        return score * 0.5 ** ((self._clock() - since) / self._limits.half_life) if score else 0.0


@lru_cache(maxsize=4096)
def source(peer: str) -> str:
    """What counts as one address: an IPv4 address, an IPv6 /64, or, for what is neither, the text itself."""
    address = _address(peer)
    if address is None:
        return peer[:100]
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)


def _address(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _networks(texts: Iterable[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(text, strict=False) for text in texts]
