"""What a server keeps to check SCRAM-SHA-256 proofs (RFC 5802 §3, RFC 7677): keys derived from a password, never it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

MIN_ITERATIONS: Final = 4096
"""RFC 7677 §3."""

DEFAULT_ITERATIONS: Final = 32_768
"""The client pays for these at each login; some refuse to do more than 65,536."""

KEY_OCTETS: Final = 32
SALT_OCTETS: Final = 16


@dataclass(frozen=True, slots=True)
class ScramKeys:
    """One password's SCRAM-SHA-256 keys (RFC 5802 §3).

    Attributes:
        salt: random octets, sent to the client.
        iterations: PBKDF2 rounds, sent to the client.
        stored_key: 32 octets, checks the client's proof.
        server_key: 32 octets, makes the server's proof.
    """

    salt: bytes
    iterations: int
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)


def derive(password: bytes, salt: bytes, iterations: int = DEFAULT_ITERATIONS) -> ScramKeys:
    """The keys of a prepared *password*; costs about 0.4 µs an iteration. Raises ValueError below 4096 iterations."""
    if iterations < MIN_ITERATIONS:
        raise ValueError(f"SCRAM-SHA-256 needs at least {MIN_ITERATIONS} iterations")
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return ScramKeys(
        salt, iterations, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256")
    )


def imitate(name: str, secret: bytes, iterations: int = DEFAULT_ITERATIONS) -> ScramKeys:
    """Keys for an account that is not there: always the same salt for a *name*, and keys that no proof can fit."""
    octets = name.encode(errors="surrogatepass")
    salt = hmac.digest(secret, b"salt\0" + octets, "sha256")[:SALT_OCTETS]
    key = hmac.digest(secret, b"keys\0" + octets, "sha256")
    return ScramKeys(salt, iterations, key, key)
