"""PLAIN (RFC 4616): the password as it is, in one message; only for a protected channel."""

from __future__ import annotations

from typing import Final

from restante.sasl.mechanism import Challenge, CheckPassword, Malformed, Step

MAX_PART: Final = 1024
"""Octets of each of the three parts; RFC 4616 §2 asks for 255 at the least."""


class Plain:
    """``message = [authzid] UTF8NUL authcid UTF8NUL passwd`` (RFC 4616 §2)."""

    def __init__(self, max_part: int = MAX_PART) -> None:
        self._max_part = max_part

    def step(self, response: bytes | None) -> Step:
        """Asks with an empty challenge, or reads the message."""
        if response is None:
            return Challenge(b"")
        parts = response.split(b"\0", 3)
        if len(parts) != 3:
            return Malformed("expected authorization identity, NUL, user name, NUL, password")
        return self._check(parts)

    def _check(self, parts: list[bytes]) -> Step:
        if max(map(len, parts)) > self._max_part:
            return Malformed(f"no part may be longer than {self._max_part} octets")
        try:
            authzid, authcid, password = (part.decode() for part in parts)
        except UnicodeDecodeError:
            return Malformed("expected UTF-8")
        if not authcid or not password:
            return Malformed("user name and password cannot be empty")
        return CheckPassword(authzid, authcid, password)
