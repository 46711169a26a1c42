"""What sessions are given: the store, the authenticator, a clock, a journal, limits.

The rule it protects: a session reaches nothing that is not here or in :mod:`restante.imap.client`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, Protocol, TypeVar

from restante.auth.authenticator import Authenticator
from restante.auth.ports import Offload
from restante.imap.client import Client
from restante.imap.listing import Listings
from restante.imap.registry import Registry
from restante.store.api import Store
from restante.store.directory import AccountRecord

P = ParamSpec("P")
T = TypeVar("T")


class Clock(Protocol):
    """The time of day."""

    def __call__(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z."""
        ...


class Journal(Protocol):
    """Where a session says what happened; never mail content, never secrets."""

    def event(self, name: str, **facts: str | int | float | bool) -> None:
        """Log at info."""
        ...

    def detail(self, name: str, **facts: str | int | float | bool) -> None:
        """Log at debug."""
        ...

    def trouble(self, name: str, error: BaseException, **facts: str | int | float | bool) -> None:
        """Log at warning: the machine, not the client, is at fault."""
        ...

    def bug(self, error: Exception) -> str:
        """Log a bug with its trace; the reference that a person may quote."""
        ...


class Presence(Protocol):
    """Counts sessions per account."""

    def enter(self, login: AccountRecord) -> Callable[[], None]:
        """One more session of this account; returns what ends it. Raises No with LIMIT when there are enough."""
        ...


class Every(Protocol):
    """A timer of the connection."""

    def __call__(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Have *call* called every *seconds*, and what it writes sent at once; returns what ends it."""
        ...


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What one session may do.

    Attributes:
        append: octets of the largest message APPEND takes (RFC 7889).
        save: messages that one COPY or APPEND takes (RFC 9738 §3); 0 for any number.
        messages: messages that one FETCH, SEARCH, STORE, COPY, MOVE, UID EXPUNGE or APPEND processes (RFC 9738 §3); 0 for any
            number.
        argument_literal: octets of the largest literal elsewhere.
        bad_commands: BAD replies before login until the connection is ended.
        password_failures: failed logins until the connection is ended.
        batch: messages read from the store at a time.
        patience: seconds that a command may take until the client is told that it is at work, and again after as many.
        watched: mailboxes that NOTIFY may watch, and responses it may send at a time (RFC 5465 §5.8).
        list_pause: seconds that changes of the mailbox list wait until NOTIFY tells them, for those that follow at once.
        contexts: search results that are kept up to date at a time (RFC 5267 §4.3.1).
        sorted_context: messages of a sorted one.
        annotation: octets of the largest annotation (RFC 5464 §4.3).
        numbers_end_uidonly: whether a client that enabled UIDONLY and uses message numbers all the same is served, UIDONLY
            being off from then on. RFC 9586 §3 wants BAD; some clients enable it without meaning it.
    """

    append: int = 64 * 1024 * 1024
    save: int = 0
    messages: int = 0
    argument_literal: int = 1024 * 1024
    bad_commands: int = 10
    password_failures: int = 5
    batch: int = 500
    patience: float = 12.0
    watched: int = 5000
    list_pause: float = 0.5
    contexts: int = 16
    sorted_context: int = 10_000
    annotation: int = 64 * 1024
    numbers_end_uidonly: bool = False


class AtOnce:
    """Implements :class:`restante.auth.ports.Offload` where there is nobody to hold up."""

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns, here and now."""
        return function(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class Services:
    """What all sessions share.

    Attributes:
        aside: where long pure work is done.
        server_entries: annotations of the server that only the administrator sets (RFC 5464 §6.2).
    """

    store: Store
    authenticator: Authenticator
    registry: Registry
    presence: Presence
    clock: Clock
    limits: SessionLimits
    plaintext: Callable[[Client], bool]
    identity: tuple[tuple[str, str], ...] = ()
    server_entries: Mapping[str, str] = field(default_factory=dict)
    listings: Listings = field(default_factory=Listings)
    aside: Offload = field(default_factory=AtOnce)


@dataclass(slots=True)
class Tally:
    """What the session's one log line says it did."""

    commands: int = 0
    fetched: int = 0
    appended: int = 0
    bad: int = 0
    failed_logins: int = 0
    client: str = ""
