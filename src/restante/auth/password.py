"""Passwords: made into credentials, checked, and invented (RFC 9106 for argon2id, RFC 7677 for SCRAM-SHA-256).

Strategy: a password is prepared (RFC 4013) before anything is made of it, so that each way of typing it is one password.
These functions are pure and slow; callers run them through :class:`~restante.auth.ports.Offload`.

The rule it protects: a check that must fail (no such account) takes the time of one that might succeed.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from restante.sasl.saslprep import Unpreparable, saslprep
from restante.sasl.scram_keys import DEFAULT_ITERATIONS, MIN_ITERATIONS, SALT_OCTETS, derive
from restante.store.directory import Credentials

MAX_OCTETS: Final = 1024
"""Octets of a password. Longer ones cost time and add nothing."""

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz"
"""Without i, l and o, which are misread."""

_GROUPS: Final = 3
_GROUP_LETTERS: Final = 6


class BadPassword(ValueError):
    """The text cannot be a password; ``str(error)`` says why, without the text."""


@dataclass(frozen=True, slots=True)
class HashCost:
    """How dear a check is made, to those who check and to those who steal the hashes.

    Attributes:
        passes: argon2id passes over the memory.
        memory: argon2id memory in KiB.
        lanes: argon2id threads.
        scram_iterations: PBKDF2 rounds of the SCRAM keys, or 0 to keep none: SCRAM then cannot be used, and a stolen
            directory can only be attacked through argon2id, which is dearer.

    Raises ValueError for fewer rounds than RFC 7677 §3 asks for.
    """

    passes: int = 3
    memory: int = 65_536
    lanes: int = 4
    scram_iterations: int = DEFAULT_ITERATIONS

    def __post_init__(self) -> None:
        if self.scram_iterations and self.scram_iterations < MIN_ITERATIONS:
            raise ValueError(f"SCRAM-SHA-256 needs at least {MIN_ITERATIONS} iterations")

    def hasher(self) -> PasswordHasher:
        """argon2id at this cost."""
        return PasswordHasher(time_cost=self.passes, memory_cost=self.memory, parallelism=self.lanes)


DEFAULT_COST: Final = HashCost()


def prepare(password: str) -> bytes:
    """The octets that are hashed; raises :class:`BadPassword`.

    SASLprep as for a query (RFC 4013), without its rule against mixed writing directions and with code points newer than
    Unicode 3.2: people do use both, and refusing them would protect nobody.
    """
    if not password:
        raise BadPassword("a password cannot be empty")
    if len(password) > MAX_OCTETS:
        raise BadPassword(f"a password is at most {MAX_OCTETS} octets long")
    try:
        prepared = saslprep(password, bidi=False).encode()
    except Unpreparable as error:
        raise BadPassword(f"a password cannot hold control or special characters: {error}") from None
    except UnicodeEncodeError:
        raise BadPassword("a password must be valid Unicode") from None
    if not 0 < len(prepared) <= MAX_OCTETS:
        raise BadPassword(f"a password is 1 to {MAX_OCTETS} octets long")
    return prepared


def make_credentials(password: str, cost: HashCost = DEFAULT_COST) -> Credentials:
    """Credentials that *password* opens, with fresh salts; raises :class:`BadPassword`. Slow."""
    prepared = prepare(password)
    scram = None
    if cost.scram_iterations:
        scram = derive(prepared, secrets.token_bytes(SALT_OCTETS), cost.scram_iterations)
    return Credentials(cost.hasher().hash(prepared), scram)


def verify(credentials: Credentials, password: str) -> bool:
    """Whether *password* opens *credentials*; False for a hash that cannot be read. Slow."""
    try:
        return DEFAULT_COST.hasher().verify(credentials.password_hash, prepare(password))
    except (BadPassword, VerificationError, InvalidHashError):
        return False


def needs_rehash(credentials: Credentials, cost: HashCost = DEFAULT_COST) -> bool:
    """Whether *credentials* were made at another cost than *cost*."""
    iterations = credentials.scram.iterations if credentials.scram else 0
    if iterations != cost.scram_iterations:
        return True
    try:
        return cost.hasher().check_needs_rehash(credentials.password_hash)
    except InvalidHashError:
        return True


def unopenable(cost: HashCost = DEFAULT_COST) -> Credentials:
    """Credentials that no password opens, and whose check takes as long as a real one's. Quick to make."""
    salt, tag = (base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return Credentials(f"$argon2id$v=19$m={cost.memory},t={cost.passes},p={cost.lanes}${salt}${tag}")


def generate() -> str:
    """A password to be written down and typed: three groups of six letters, 81 random bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LETTERS)) for _ in range(_GROUPS))
