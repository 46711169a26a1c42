"""What all connections of an IMAP listener share: what sessions need, limits, times, and who is connected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import TYPE_CHECKING

from restante.imap.protocol.connection import WireLimits
from restante.imap.session import Journal, Services

if TYPE_CHECKING:
    from restante.server.connection import ImapConnection


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to log in, of silence after login, between keep-alives (0 for none), for the client to take output."""

    login: float = 60.0
    idle: float = 1800.0
    keepalive: float = 120.0
    write: float = 120.0


@dataclass(frozen=True, slots=True)
class Shell:
    """What all connections of a listener share.

    Attributes:
        services: for the sessions.
        wire: limits of the wire.
        timeouts: see :class:`Timeouts`.
        output: octets that may wait in a transport before the session waits.
        tls: the context for STARTTLS; None where TLS is on from the start or not offered.
        implicit_tls: whether TLS is on from the start.
        arrive: one more connection from an address; what ends it, or None when there are enough.
        journal: makes a connection's journal.
        connections: those that are open.
    """

    services: Services
    wire: WireLimits
    timeouts: Timeouts
    output: int
    tls: SSLContext | None
    implicit_tls: bool
    arrive: Callable[[str], Callable[[], None] | None]
    journal: Callable[[str], Journal]
    connections: set[ImapConnection]
