"""What CAPABILITY says (RFC 9051 §7.2.2), and the facts of a connection that it may depend on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Protocol


class Facts(Protocol):
    """What a capability may depend on."""

    @property
    def logged_in(self) -> bool:
        """Whether the client has authenticated."""
        ...

    @property
    def tls_offered(self) -> bool:
        """Whether STARTTLS could be done now."""
        ...

    @property
    def login_allowed(self) -> bool:
        """Whether a password may be sent as things are: encrypted, or on loopback."""
        ...

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that may be used as things are."""
        ...

    @property
    def compressed(self) -> bool:
        """Whether COMPRESS is on."""
        ...

    @property
    def append_limit(self) -> int:
        """Octets of the largest message APPEND takes."""
        ...

    @property
    def save_limit(self) -> int:
        """Messages that one COPY or APPEND takes; 0 for any number."""
        ...

    @property
    def message_limit(self) -> int:
        """Messages that any command takes; 0 for any number."""
        ...


values = attrgetter(*(name for name, value in vars(Facts).items() if isinstance(value, property)))
"""A connection's facts as they are, in a tuple: equal tuples, equal capabilities."""

Capabilities = Callable[[Facts], Sequence[str]]


def always(*names: str) -> Capabilities:
    """Capabilities that are there in every state."""
    return lambda facts: names
