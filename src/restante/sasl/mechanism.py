"""What a SASL mechanism is here (RFC 4422 §3): an object that takes responses and gives steps.

Strategy: a mechanism is pure. Where it needs the world, it hands out a value that says what it needs (:class:`CheckPassword`,
:class:`NeedKeys`), and whoever runs the exchange does it. Base64, ``*`` and continuation lines are each protocol's own.

The rule it protects: no mechanism decides who may come in; it only finds out who claims to be whom, with what proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from restante.sasl.scram_keys import ScramKeys


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server's turn: octets for the client, who answers with another response."""

    data: bytes


@dataclass(frozen=True, slots=True)
class CheckPassword:
    """The last step of a password mechanism: the exchange succeeds if *password* is *authcid*'s and *authzid* is allowed.

    Attributes:
        authzid: identity to act as; empty for *authcid*'s own.
        authcid: identity whose password it is, as the client wrote it.
        password: as the client wrote it.
    """

    authzid: str
    authcid: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NeedKeys:
    """Wants the keys of *authcid*, real or imitated; ``resume(keys)`` gives the next step."""

    authcid: str
    resume: Callable[[ScramKeys], Challenge]


@dataclass(frozen=True, slots=True)
class Proved:
    """The client proved that it knows *authcid*'s password; it succeeds if *authzid* (empty for its own) is allowed."""

    authzid: str
    authcid: str


@dataclass(frozen=True, slots=True)
class Disproved:
    """The proof for *authcid* does not fit: the exchange fails."""

    authcid: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """The response breaks the mechanism's syntax: the exchange fails; *reason* is fit for a client."""

    reason: str


Step: TypeAlias = Challenge | CheckPassword | NeedKeys | Proved | Disproved | Malformed


class Mechanism(Protocol):
    """One exchange of one mechanism."""

    def step(self, response: bytes | None) -> Step:
        """Takes the client's *response*, None at the start if it sent no initial one; never raises.

        After a step other than :class:`Challenge` and :class:`NeedKeys` the exchange is over.
        """
        ...
