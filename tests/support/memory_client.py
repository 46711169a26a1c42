"""A connection without a socket: the real session and wire over buffers, for tests that drive many at once.

Strategy: what the test sends is fed to the wire and served by one task for each connection, as the I/O shell does it; what the
session writes is kept until the test takes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count

from tests.support.logins import CHEAP, InlineOffload

from restante.auth.authenticator import Authenticator
from restante.auth.cache import VerifiedLogins
from restante.auth.password import make_credentials
from restante.auth.throttle import Throttle
from restante.imap.client import Wake
from restante.imap.errors import Bad, ConnectionLost, Disconnect
from restante.imap.extensions.all import ALL
from restante.imap.protocol import response
from restante.imap.protocol.connection import Connection
from restante.imap.protocol.events import Malformed, RawLine
from restante.imap.protocol.limits import WireLimits
from restante.imap.registry import Extension, Registry
from restante.imap.session import Services, Session, SessionLimits
from restante.model.ids import AccountId
from restante.server.presence import ConnectionLimits, Presence
from restante.store.api import Store
from restante.store.memory_directory import MemoryDirectory

NOW = 1_790_000_000
PASSWORD = "open sesame"


@dataclass
class NotedJournal:
    """Keeps what a session says happened; a bug is raised again when its test ends, or taken by the test that meant it."""

    events: list[tuple[str, dict[str, str | int | float | bool]]] = field(default_factory=list)
    bugs: list[Exception] = field(default_factory=list)

    def event(self, name: str, **facts: str | int | float | bool) -> None:
        self.events.append((name, facts))

    def detail(self, name: str, **facts: str | int | float | bool) -> None:
        self.events.append((name, facts))

    def trouble(self, name: str, error: BaseException, **facts: str | int | float | bool) -> None:
        self.events.append((name, {**facts, "error": repr(error)}))

    def bug(self, error: Exception) -> str:
        self.bugs.append(error)
        return f"{len(self.bugs):08x}"


class MemoryClient:
    """Implements :class:`restante.imap.client.Client` over buffers."""

    def __init__(self) -> None:
        self.peer = "127.0.0.1"
        self.tls = False
        self.tls_offered = False
        self.local = True
        self.compressed = False
        self.out = bytearray()
        self.arrived = asyncio.Event()
        self.written = asyncio.Event()
        self.wire: Connection | None = None
        self._woken = False
        self._expecting = False

    def write(self, data: bytes) -> None:
        self.out += data
        self.written.set()

    async def drain(self) -> None:
        await asyncio.sleep(0)

    async def line(self) -> bytes:
        while True:
            said = await self.line_or_wake()
            if isinstance(said, bytes):
                return said

    async def line_or_wake(self) -> bytes | Wake:
        assert self.wire is not None
        if not self._expecting:
            self._expecting = True
            self.wire.expect_line()
        while True:
            event = self.wire.next_event()
            if event is not None:
                self._expecting = False
                if isinstance(event, Malformed):
                    raise Bad(str(event.error))
                assert isinstance(event, RawLine)
                return event.data
            if self.take_wake():
                return Wake.HINT
            self.arrived.clear()
            await self.arrived.wait()

    def unread(self, line: bytes) -> None:
        assert self.wire is not None
        self.wire.unread(line)

    def wake(self) -> None:
        self._woken = True
        self.arrived.set()

    def take_wake(self) -> bool:
        """Whether it was woken since this was asked last."""
        woken, self._woken = self._woken, False
        return woken

    def later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """No time passes here: as soon as the loop comes round to it."""
        return asyncio.get_running_loop().call_soon(call).cancel

    async def start_tls(self) -> None:
        raise ConnectionLost("no TLS over memory")

    def compress(self) -> None:
        self.compressed = True


class MemoryConnection:
    """One connection that is being served; a context manager's value, see :meth:`World.connect`."""

    def __init__(self, services: Services, wire: WireLimits) -> None:
        self.client = MemoryClient()
        self.journal = NotedJournal()
        self.session = Session(self.client, services, self.journal)
        self.wire = self.client.wire = Connection(wire, services.store.upload, self.session.literal_limit)
        self._tags = count(1)
        self.task = asyncio.get_running_loop().create_task(self._serve())

    async def _serve(self) -> None:
        self.session.greet()
        try:
            while not self.session.over:
                event = self.wire.next_event()
                if event is not None:
                    await self.session.handle(event)
                    continue
                if self.session.listening and not self.wire.within_command and self.client.take_wake():
                    await self.session.news()
                    continue
                self.client.arrived.clear()
                await self.client.arrived.wait()
        except Disconnect as error:
            self.client.write(response.status("*", "BYE", error.text, error.code))
        finally:
            self.session.end()
            self.wire.close()
            self.client.written.set()

    def send(self, data: bytes) -> None:
        """Feed octets."""
        self.wire.receive(data)
        self.client.arrived.set()

    def take(self) -> bytes:
        """What was written and not yet taken."""
        data = bytes(self.client.out)
        self.client.out.clear()
        return data

    async def until(self, complete: Callable[[bytes], bool]) -> bytes:
        """What was written, once it is *complete* or the connection has ended."""
        for _ in range(20):
            # Nearly all replies are there after a step or two of the loop, which costs less than waiting for them.
            if complete(bytes(self.client.out)):
                return self.take()
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while not complete(bytes(self.client.out)) and not self.task.done():
                self.client.written.clear()
                if complete(bytes(self.client.out)):
                    break
                await _first(self.client.written.wait(), self.task)
        if self.task.done():
            self.task.result()
        return self.take()

    async def exchange(self, data: bytes) -> bytes:
        """Send one command with its CRLF and its tag; everything up to its tagged reply."""
        tag = data.split(b" ", 1)[0]
        self.send(data)
        return await self.until(lambda out: out.startswith(tag + b" ") or b"\r\n" + tag + b" " in out)

    async def command(self, text: str | bytes) -> bytes:
        """Send a command, tag and CRLF added; everything up to its tagged reply."""
        raw = text.encode() if isinstance(text, str) else text
        return await self.exchange(b"t%d %b\r\n" % (next(self._tags), raw))

    async def ok(self, text: str | bytes) -> bytes:
        """As :meth:`command`, which must succeed."""
        reply = await self.command(text)
        last = reply.rstrip(b"\r\n").rsplit(b"\r\n", 1)[-1]
        assert last.split(b" ", 2)[1] == b"OK", reply
        return reply

    async def login(self) -> MemoryConnection:
        """Log in and swallow the greeting; itself."""
        await self.ok(f'LOGIN alice "{PASSWORD}"')
        return self

    async def close(self) -> None:
        """Cut the connection; a bug it met is raised."""
        self.task.cancel()
        await asyncio.wait([self.task])
        for bug in self.journal.bugs:
            raise bug


async def _first(wait: Coroutine[object, object, object], task: asyncio.Task[None]) -> None:
    waiting = asyncio.ensure_future(wait)
    try:
        await asyncio.wait([waiting, task], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


@dataclass
class World:
    """A store with one account, alice's, and all that sessions share."""

    services: Services
    account: AccountId
    wire: WireLimits = field(default_factory=WireLimits)
    connections: list[MemoryConnection] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.services.store

    def connect(self) -> MemoryConnection:
        """A new connection, closed with the world."""
        made = MemoryConnection(self.services, self.wire)
        self.connections.append(made)
        return made

    async def login(self) -> MemoryConnection:
        """A new connection, logged in."""
        return await self.connect().login()

    async def close(self) -> None:
        """Close every connection and the store; the first bug any of them met is raised."""
        try:
            while self.connections:
                await self.connections.pop().close()
        finally:
            await self.store.close()


async def world(
    store: Store,
    *,
    limits: SessionLimits | None = None,
    wire: WireLimits | None = None,
    extensions: tuple[Extension, ...] = ALL,
    per_account: int = 100,
) -> World:
    """A world over an open, empty *store*."""
    directory = MemoryDirectory()
    record = await directory.add("alice", make_credentials(PASSWORD, CHEAP))
    await store.create_account(record.id)
    clock = lambda: 0.0  # noqa: E731 - time stands still
    authenticator = Authenticator(
        directory,
        throttle=Throttle(clock),
        verified=VerifiedLogins(clock),
        offload=InlineOffload(),
        sleep=asyncio.sleep,
        cost=CHEAP,
    )
    services = Services(
        store,
        authenticator,
        Registry(extensions, store.features),
        Presence(ConnectionLimits(per_account=per_account)),
        clock=lambda: NOW,
        limits=limits or SessionLimits(),
        plaintext=lambda client: client.local,
    )
    return World(services, record.id, wire or WireLimits())
