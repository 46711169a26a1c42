"""LOGIN: the two prompts that older clients know; never a standard, obsoleted by PLAIN, still what some programs try first.

Strategy: the prompts are, to the letter, ``Username:`` and ``Password:``, since there are clients that compare them.
An initial response, which some send, is the user name.
"""

from __future__ import annotations

from typing import Final

from restante.sasl.mechanism import Challenge, CheckPassword, Malformed, Step

MAX_PART: Final = 1024
"""Octets of user name and of password."""


class Login:
    """Asks for the user name, then for the password."""

    def __init__(self, max_part: int = MAX_PART) -> None:
        self._max_part = max_part
        self._asked = False
        self._authcid: str | None = None

    def step(self, response: bytes | None) -> Step:
        """Takes nothing or the user name, then the password."""
        if not self._asked:
            self._asked = True
            if not response:
                return Challenge(b"Username:")
        if not response:
            return Malformed("user name and password cannot be empty")
        return self._take(response)

    def _take(self, response: bytes) -> Step:
        if len(response) > self._max_part:
            return Malformed(f"no part may be longer than {self._max_part} octets")
        try:
            text = response.decode()
        except UnicodeDecodeError:
            return Malformed("expected UTF-8")
        if "\0" in text:
            return Malformed("user name and password cannot hold NUL")
        if self._authcid is None:
            self._authcid = text
            return Challenge(b"Password:")
        return CheckPassword("", self._authcid, text)
