"""Which mechanisms there are, in the order they are announced. Written out; nothing registers itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from restante.sasl.login import Login
from restante.sasl.mechanism import Mechanism
from restante.sasl.plain import Plain
from restante.sasl.scram import ScramSha256


@dataclass(frozen=True, slots=True)
class MechanismSpec:
    """One mechanism.

    Attributes:
        name: as registered and announced, upper case.
        protected: whether it may only be offered on a protected channel, since the password is sent as it is.
        start: makes an exchange from a nonce: fresh random printable ASCII without comma.
    """

    name: str
    protected: bool
    start: Callable[[str], Mechanism]


ALL: Final = (
    MechanismSpec("SCRAM-SHA-256", protected=False, start=ScramSha256),
    MechanismSpec("PLAIN", protected=True, start=lambda nonce: Plain()),
    MechanismSpec("LOGIN", protected=True, start=lambda nonce: Login()),
)

_BY_NAME: Final = {spec.name: spec for spec in ALL}


def find(name: str) -> MechanismSpec | None:
    """The mechanism of that name, in any case (RFC 9051 §9: auth-type is an atom), or None."""
    return _BY_NAME.get(name.upper())


def offered(*, protected: bool) -> tuple[str, ...]:
    """The names to announce on a channel that is, or is not, *protected*."""
    return tuple(spec.name for spec in ALL if protected or not spec.protected)
