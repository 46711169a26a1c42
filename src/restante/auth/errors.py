"""How a login can fail. ``str(error)`` is what the client may be told; ``cause`` is for the log alone.

The rule it protects: an unknown name, a wrong password and a disabled account are one answer.
"""

from __future__ import annotations

import enum
from typing import ClassVar


class Cause(enum.Enum):
    """Why, for the log."""

    UNKNOWN_NAME = "unknown name"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 - a cause, not a password
    DISABLED = "disabled"
    NOT_AUTHORIZED = "not authorized"
    MALFORMED = "malformed response"
    NO_SUCH_MECHANISM = "no such mechanism"
    UNPROTECTED = "unprotected channel"
    TOO_MANY = "too many attempts"
    UNAVAILABLE = "directory unavailable"


class AuthenticationFailed(Exception):
    """The login fails.

    Attributes:
        cause: why, for the log.
        code: response code for the client (RFC 5530 §3), or None.
    """

    code: ClassVar[str | None] = "AUTHENTICATIONFAILED"

    def __init__(self, text: str, cause: Cause) -> None:
        super().__init__(text)
        self.cause = cause


class BadCredentials(AuthenticationFailed):
    """Name or password is wrong, or the account is disabled; which, the client is not told."""

    def __init__(self, cause: Cause) -> None:
        super().__init__("Name or password is wrong", cause)


class NotAuthorized(AuthenticationFailed):
    """The password was right, but acting as someone else is not allowed (RFC 5530 §3: AUTHORIZATIONFAILED)."""

    code = "AUTHORIZATIONFAILED"

    def __init__(self) -> None:
        super().__init__("Acting as someone else is not allowed", Cause.NOT_AUTHORIZED)


class BadExchange(AuthenticationFailed):
    """The response breaks the mechanism's syntax, or the mechanism is not offered."""

    code: ClassVar[str | None] = None


class NeedsPrivacy(BadExchange):
    """The mechanism is only for protected channels (RFC 5530 §3: PRIVACYREQUIRED)."""

    code = "PRIVACYREQUIRED"

    def __init__(self) -> None:
        super().__init__("The mechanism needs a protected channel, use TLS", Cause.UNPROTECTED)


class TemporarilyUnavailable(AuthenticationFailed):
    """It cannot be checked now; the same login may succeed later (RFC 5530 §3: UNAVAILABLE)."""

    code = "UNAVAILABLE"
