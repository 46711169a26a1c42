"""STARTTLS, AUTHENTICATE and LOGIN (RFC 9051 §6.2), with the initial response of RFC 4959.

The rule it protects: no password is taken where it could be overheard, and a client learns nothing from a failure but that
it failed.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field
from typing import Final, Self

from restante.auth.errors import AuthenticationFailed
from restante.auth.exchange import Exchange
from restante.imap.errors import Bad, Disconnect, No
from restante.imap.hooks import NoArguments, command
from restante.imap.protocol.response import Done
from restante.imap.registry import Registry
from restante.imap.state import Authenticated, NotAuthenticated
from restante.imap.wire.reader import Reader
from restante.sasl.mechanism import Challenge
from restante.store.directory import AccountRecord


@dataclass(frozen=True, slots=True)
class Login:
    """``login = "LOGIN" SP userid SP password``"""

    user: bytes
    password: bytes = field(repr=False)

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read both strings."""
        return cls(r.sp().astring(), r.sp().astring())


@dataclass(frozen=True, slots=True)
class Authenticate:
    """``authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]`` (RFC 4959 §7)"""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the mechanism's name and the initial response."""
        mechanism = r.sp().atom().decode().upper()
        return cls(mechanism, r.initial_response() if r.take(b" ") else None)


async def starttls(cmd: NoArguments, s: NotAuthenticated) -> Done:
    """Go over to TLS; what the client sent before the handshake is thrown away (RFC 9051 §6.2.1)."""
    if not s.session.tls_offered:
        raise Bad("TLS is active already" if s.session.client.tls else "TLS is not offered here")
    s.session.after_reply = s.session.client.start_tls
    return Done("Begin TLS negotiation now")


async def login(cmd: Login, s: NotAuthenticated) -> Done:
    """Log in by name and password (RFC 9051 §6.2.3)."""
    _require_privacy(s)
    services = s.session.services
    try:
        name, password = cmd.user.decode(), cmd.password.decode()
    except UnicodeDecodeError:
        raise No("Name or password is wrong", "AUTHENTICATIONFAILED") from None
    try:
        account = await services.authenticator.login(name, password, s.session.client.peer)
    except AuthenticationFailed as error:
        raise _failed(s, error) from error
    return await _enter(s, account)


async def authenticate(cmd: Authenticate, s: NotAuthenticated) -> Done:
    """Log in by a SASL exchange (RFC 9051 §6.2.2)."""
    session = s.session
    try:
        exchange = Exchange(
            session.services.authenticator, cmd.mechanism, session.client.peer, protected=session.login_allowed
        )
        step = await exchange.step(cmd.initial)
        while isinstance(step, Challenge):
            step = await exchange.step(await _ask(s, step.data))
    except AuthenticationFailed as error:
        raise _failed(s, error) from error
    return await _enter(s, step)


async def _ask(s: NotAuthenticated, challenge: bytes) -> bytes:
    """Send a challenge, wait for the response; ``*`` cancels (RFC 9051 §6.2.2)."""
    s.session.client.write(b"+ " + binascii.b2a_base64(challenge, newline=False) + b"\r\n")
    line = await s.session.client.line()
    if line == b"*":
        raise Bad("Authentication cancelled")
    try:
        return binascii.a2b_base64(line, strict_mode=True)
    except binascii.Error:
        raise Bad("Expected base64") from None


def _require_privacy(s: NotAuthenticated) -> None:
    if not s.session.login_allowed:
        raise No("Passwords are taken under TLS only; use STARTTLS first", "PRIVACYREQUIRED")


def _failed(s: NotAuthenticated, error: AuthenticationFailed) -> No | Disconnect:
    session = s.session
    session.tally.failed_logins += 1
    session.journal.event("login failed", cause=error.cause.value, peer=session.client.peer)
    if session.tally.failed_logins >= session.services.limits.password_failures:
        return Disconnect("Too many failed logins", error.code)
    return No(str(error), error.code)


async def _enter(s: NotAuthenticated, login: AccountRecord) -> Done:
    session = s.session
    account = await session.services.store.account(login.id)
    session.logged_on(login, Authenticated(session, login, account))
    # Most clients take the capabilities from here and never ask (RFC 9051 §7.1).
    return Done("Logged in", f"CAPABILITY {session.capabilities()}")


COMMANDS: Final = (
    command("LOGIN", Login, login, state=NotAuthenticated),
    command("AUTHENTICATE", Authenticate, authenticate, state=NotAuthenticated),
    command("STARTTLS", NoArguments, starttls, state=NotAuthenticated),
)
