"""A server for tests to talk to, in the test's own process: the one place that knows how it is put together.

Strategy: the real session, wire and I/O shell over the memory engine, on a loopback port of the system's choice. Passwords
are hashed cheaply, and nothing is throttled.

The rule it protects: a bug that the session turned into an answer still fails the test that met it.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal, Protocol

import structlog
from tests.support.documents import ReadHere
from tests.support.logins import CHEAP, InlineOffload
from tests.support.wire import TcpWire, Wire

from restante.auth.authenticator import Authenticator
from restante.auth.cache import VerifiedLogins
from restante.auth.password import make_credentials
from restante.auth.throttle import Throttle, ThrottleLimits
from restante.imap.extensions.all import ALL
from restante.imap.protocol.limits import WireLimits
from restante.imap.registry import Registry
from restante.imap.session import Journal, Services, SessionLimits
from restante.model.mailbox_name import INBOX
from restante.server.certificate import TlsContext
from restante.server.connection import ImapConnection
from restante.server.journal import Faults, SessionJournal
from restante.server.presence import ConnectionLimits, Presence
from restante.server.self_signed import ensure_self_signed
from restante.server.shell import Shell, Timeouts
from restante.store.attachments import AttachmentLimits, Attachments
from restante.store.memory import MemoryStore
from restante.store.memory_directory import MemoryDirectory

Tls = Literal["none", "offered", "required"]
"""Whether STARTTLS is offered, and whether a password is taken without it."""

LOOPBACK: Final = "127.0.0.1"
END_LIMIT: Final = 5.0
"""Seconds that connections get to end."""


class ImapServer(Protocol):
    """A running server with the accounts it was asked for: in each INBOX, empty, and no subscription."""

    async def connect(self) -> Wire:
        """A new connection, the greeting not yet read."""
        ...


class _Loopback:
    def __init__(self, port: int) -> None:
        self._port = port

    async def connect(self) -> Wire:
        return await TcpWire.open(LOOPBACK, self._port)


@asynccontextmanager
async def serve_in_process(
    accounts: Mapping[str, str], *, tls: Tls = "none", limits: Mapping[str, int] | None = None
) -> AsyncIterator[ImapServer]:
    """Run a fresh server with *accounts* (user to password) for as long as the context lasts; fails if it met a bug.

    *limits* may have ``messages`` and ``save`` (RFC 9738 §3), and ``attachments`` of a message that searches look into.
    """
    faults = Faults()
    with structlog.testing.capture_logs() as logs:
        shell = await _shell(accounts, faults, tls, limits or {})
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: ImapConnection(shell), LOOPBACK, 0)
        try:
            yield _Loopback(listener.sockets[0].getsockname()[1])
        finally:
            listener.close()
            await _ended(shell)
            await shell.services.store.close()
    assert not faults.references, [entry.get("exc_info") for entry in logs if entry["log_level"] == "error"]


def _limits(given: Mapping[str, int]) -> SessionLimits:
    return SessionLimits(messages=given.get("messages", 0), save=given.get("save", 0))


async def _shell(accounts: Mapping[str, str], faults: Faults, tls: Tls, limits: Mapping[str, int]) -> Shell:
    count = limits.get("attachments", 0)
    attachments = Attachments(ReadHere(), AttachmentLimits(count=count)) if count else None
    directory, store = MemoryDirectory(), MemoryStore(attachments=attachments)
    await store.open()
    for user, password in accounts.items():
        record = await directory.add(user, make_credentials(password, CHEAP))
        account = await store.create_account(record.id)
        await account.unsubscribe(INBOX)
    authenticator = Authenticator(
        directory,
        throttle=Throttle(time.monotonic, ThrottleLimits(exempt=(LOOPBACK,))),
        verified=VerifiedLogins(time.monotonic),
        offload=InlineOffload(),
        sleep=asyncio.sleep,
        cost=CHEAP,
    )
    presence = Presence(ConnectionLimits())
    registry = Registry(ALL, store.features)
    services = Services(
        store,
        authenticator,
        registry,
        presence,
        clock=lambda: int(time.time()),
        limits=_limits(limits),
        plaintext=lambda _client: tls != "required",
    )

    context = None if tls == "none" else _tls_context()

    def journal(peer: str) -> Journal:
        return SessionJournal(structlog.get_logger(), faults)

    return Shell(services, WireLimits(), Timeouts(), 1 << 20, context, False, presence.connect, journal, set())


async def _ended(shell: Shell) -> None:
    """Wait until every connection's task is over: its client has closed it."""
    async with asyncio.timeout(END_LIMIT):
        while shell.connections:
            await asyncio.sleep(0)


@functools.cache
def _tls_context() -> ssl.SSLContext:
    """A context with a self-signed certificate, made once: keys take their time."""
    with tempfile.TemporaryDirectory() as folder:
        return TlsContext(ensure_self_signed(Path(folder)), clock=lambda: 0.0).context
