"""What a session may ask of the connection it serves. ``server/`` implements it; tests implement it over memory."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Protocol


class Wake(enum.Enum):
    """Why a waiting session was woken without a line from the client."""

    HINT = "hint"
    """Something changed in the store."""
    KEEPALIVE = "keepalive"
    """Long silence: time to say something, so that address translators keep the connection."""


class Client(Protocol):
    """The client's end. Lines given to :meth:`write` leave in order, coalesced."""

    @property
    def peer(self) -> str:
        """The client's address, as text, for limits and logs."""
        ...

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        ...

    @property
    def tls_offered(self) -> bool:
        """Whether :meth:`start_tls` could be done."""
        ...

    @property
    def local(self) -> bool:
        """Whether both ends are on this machine's loopback."""
        ...

    @property
    def compressed(self) -> bool:
        """Whether COMPRESS is on."""
        ...

    def write(self, data: bytes) -> None:
        """Queue octets."""
        ...

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was queued. Raises Disconnect when it does not in time."""
        ...

    async def line(self) -> bytes:
        """Send what is queued and wait for one line, CRLF removed. Raises Disconnect at end of stream or time-out."""
        ...

    async def line_or_wake(self) -> bytes | Wake:
        """As :meth:`line`, but :meth:`wake` and long silence end the wait as well."""
        ...

    def unread(self, line: bytes) -> None:
        """Give back a line that was not meant for the one who waited: it is read again as a command."""
        ...

    def wake(self) -> None:
        """End a :meth:`line_or_wake`, or a wait for commands, now or the next one. Called on the event loop."""
        ...

    def later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Have *call* called on the event loop after *seconds*; returns what calls it off."""
        ...

    async def start_tls(self) -> None:
        """Send what is queued, then negotiate TLS; octets received before the handshake are thrown away."""
        ...

    def compress(self) -> None:
        """Compress everything after what is queued (RFC 4978)."""
        ...
