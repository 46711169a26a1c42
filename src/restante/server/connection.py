"""The I/O shell of one IMAP connection: octets between an asyncio transport, the wire and the session.

Strategy: an :class:`asyncio.Protocol` and one coroutine, which goes on within the callback that brought it octets. What arrives
waits in a bounded inbox until the wire has no more events; what leaves is gathered and written once, when there is nothing more
to do or enough of it. TLS and compression are layers that come in between commands.

The rule it protects: a peer that sends too fast is not read from, one that reads too slowly is not written for, and one that
does neither is let go; none of them costs anybody else anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from restante.imap.client import Wake
from restante.imap.errors import Bad, ConnectionLost, Disconnect
from restante.imap.protocol import response
from restante.imap.protocol.connection import Connection
from restante.imap.protocol.events import Event, Malformed, Overflow, RawLine
from restante.imap.session import Session
from restante.server.compression import BadStream, Compression
from restante.server.driver import Driver
from restante.server.inbox import Inbox
from restante.server.parting import LINGER, Parting
from restante.server.peer import peer
from restante.server.shell import Shell
from restante.server.ticker import Ticker
from restante.store.directory import AccountRecord

_GATHER: Final = 65_536
"""Octets of output gathered before they are handed to the transport."""
_FAIR: Final = 0.02
"""Seconds one connection may work before it lets others."""


class ImapConnection(asyncio.Protocol):
    """One connection. Implements :class:`restante.imap.client.Client` for its session."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._inbox = Inbox()
        self._reading = True
        self._eof = False
        self._lost = False
        self._stopping = ""
        self._woken = False
        self._expecting = False
        self._writable: asyncio.Future[None] | None = None
        self._out: list[bytes] = []
        self._out_size = 0
        self._compression: Compression | None = None
        self._leave: Callable[[], None] | None = None
        self._driver: Driver | None = None
        self._sent_away = False
        self._parting: Parting | None = None
        self._give_up: Callable[[], None] = lambda: None
        self._yielded = self._heard = self._loop.time()
        self.tls = shell.implicit_tls
        self.peer = ""
        self.local = False
        self._began = self._loop.time()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection was accepted."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=self._shell.output)
        self.peer, self.local = peer(transport)
        self._leave = self._shell.arrive(self.peer)
        if self._leave is None:
            self._transport.write(response.status("*", "BYE", "Too many connections; try again later", "LIMIT"))
            self._transport.close()
            return
        self._shell.connections.add(self)
        self._driver = Driver(self._loop, self._shell.services.store.moment, self._run())
        self._driver.start()

    def data_received(self, data: bytes) -> None:
        """Octets arrived."""
        self._heard = self._loop.time()
        self._inbox.put(data)
        if self._inbox.is_full and self._reading and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()
        if self._driver is not None:
            self._driver.resume()

    def eof_received(self) -> bool:
        """The peer sends no more; what it asked is still answered."""
        self._eof = True
        self._stir()
        return not self.tls

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed."""
        self._lost = self._eof = True
        self._give_up()
        self._stir()
        self.resume_writing()

    def pause_writing(self) -> None:
        """The peer reads too slowly."""
        if self._writable is None:
            self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # Client

    @property
    def tls_offered(self) -> bool:
        """Whether STARTTLS could be done."""
        return self._shell.tls is not None and not self.tls and self._compression is None

    @property
    def compressed(self) -> bool:
        """Whether COMPRESS is on."""
        return self._compression is not None

    def write(self, data: bytes) -> None:
        """Gather *data*."""
        self._out.append(data)
        self._out_size += len(data)
        if self._out_size > _GATHER:
            self.flush()

    def flush(self) -> None:
        """Hand what was gathered to the transport, in one write."""
        if not self._out or self._transport is None:
            return
        data = b"".join(self._out)
        self._out.clear()
        self._out_size = 0
        if self._compression is not None:
            data = self._compression.deflate(data)
        if not self._lost:
            self._transport.write(data)

    async def drain(self) -> None:
        """Let others work now and then, and wait while the client reads too slowly."""
        while self._writable is not None and not self._lost:
            await self._caught_up()
        if self._lost:
            raise ConnectionLost("lost")
        if self._loop.time() - self._yielded > _FAIR:
            self.flush()
            await asyncio.sleep(0)
            self._yielded = self._loop.time()

    async def _caught_up(self) -> None:
        """Wait until the client has taken enough; cut it off when it has taken nothing at all for too long."""
        assert self._transport is not None
        assert self._writable is not None
        waiting = self._transport.get_write_buffer_size()
        done, _ = await asyncio.wait([self._writable], timeout=self._shell.timeouts.write)
        if not done and self._transport.get_write_buffer_size() >= waiting:
            self._transport.abort()
            raise ConnectionLost("reads nothing")

    async def line(self) -> bytes:
        """The next line as it is, waited for no longer than a command."""
        while (said := self._raw_line()) is None:
            self.flush()
            await self.drain()
            await self._wait(self._session)
        return said

    def _raw_line(self) -> bytes | None:
        """The next line as it is, if it is there."""
        if not self._expecting:
            self._expecting = True
            self._wire.expect_line()
        event = self._next()
        if event is None:
            return None
        self._expecting = False
        return _raw(event)

    async def line_or_wake(self) -> bytes | Wake:
        """The next line as it is, or why there is none yet."""
        while True:
            said = self._raw_line()
            if said is not None:
                return said
            if self._take_wake():
                return Wake.HINT
            self.flush()
            await self.drain()
            if self._take_wake():
                return Wake.HINT
            if not await self._more(self._shell.timeouts.keepalive or None):
                return Wake.KEEPALIVE

    def _take_wake(self) -> bool:
        woken, self._woken = self._woken, False
        return woken

    def unread(self, line: bytes) -> None:
        """Read *line* again as a command."""
        self._wire.unread(line)

    def wake(self) -> None:
        """End a :meth:`line_or_wake`, or the wait for a command of a session that listens."""
        self._woken = True
        self._stir()

    def later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call *call* after *seconds*, unless called off."""
        return self._loop.call_later(seconds, call).cancel

    async def start_tls(self) -> None:
        """Negotiate TLS. Octets that came before the handshake are thrown away (RFC 9051 §6.2.1)."""
        assert self._transport is not None
        assert self._shell.tls is not None
        self.flush()
        self._transport.pause_reading()
        self._wire.drop_buffered()
        self._inbox.clear()
        try:
            transport = await self._loop.start_tls(
                self._transport, self, self._shell.tls, server_side=True, ssl_handshake_timeout=30.0
            )
        except (OSError, TimeoutError) as error:
            raise ConnectionLost("TLS failed") from error
        if transport is None:
            raise ConnectionLost("lost")
        self._transport = transport
        self._transport.set_write_buffer_limits(high=self._shell.output)
        self.tls = True
        self._reading = True

    def compress(self) -> None:
        """Compress from here on; what is buffered came compressed (RFC 4978 §3)."""
        self.flush()
        self._compression = Compression()
        self._inbox.inflate(self._compression, self._wire.take_buffered())

    # The work

    async def _run(self) -> None:
        shell = self._shell
        self._journal = shell.journal(self.peer)
        self._session = session = Session(self, shell.services, self._journal)
        session.every = Ticker(self._loop, self.flush)
        self._give_up = lambda: session.errand.give_up()  # noqa: PLW0108 - that of the command of the time
        self._wire = Connection(shell.wire, shell.services.store.upload, session.literal_limit)
        reason = "closed"
        try:
            session.greet()
            await self._serve(session)
        except ConnectionLost as error:
            reason = error.text
        except Disconnect as error:
            reason, self._sent_away = error.text, True
            self.write(session.status("*", "BYE", error.text, error.code))
        finally:
            self._finish(session, reason)

    async def _serve(self, session: Session) -> None:
        while not session.over:
            if self._stopping:
                raise Disconnect(self._stopping)
            event = self._next()
            if event is not None:
                await session.handle(event)
                await self.drain()
            elif self._news_due(session):
                self._woken = False
                await session.news()
                await self.drain()
            else:
                self.flush()
                await self.drain()
                if not self._news_due(session):
                    await self._wait(session)

    def _news_due(self, session: Session) -> bool:
        """Whether a session that listens between commands was woken; within one, what follows its reply tells the news."""
        return self._woken and session.listening and not self._wire.within_command

    async def _wait(self, session: Session) -> None:
        timeouts = self._shell.timeouts
        if session.listening and not self._wire.within_command:
            # Waiting for news is what this client is there for, as with IDLE.
            if not await self._more(timeouts.keepalive or None):
                session.still_here()
            return
        since_start = self._loop.time() - self._began
        left = timeouts.idle if session.logged_in else timeouts.login - since_start
        if left <= 0 or not await self._more(left):
            raise Disconnect("Too long without a command" if session.logged_in else "Too long without a login")

    def _finish(self, session: Session, reason: str) -> None:
        self.flush()
        session.end()
        self._wire.close()
        self._shell.connections.discard(self)
        if self._leave is not None:
            self._leave()
        if self._transport is not None and not self._lost:
            linger = self._sent_away and not self._eof and self._loop.time() - self._heard < LINGER
            self._parting = Parting(self._transport, linger=linger, patience=self._shell.timeouts.write)
        tally = session.tally
        self._journal.event(
            "session ended",
            account=session.name,
            tls=self.tls,
            seconds=round(self._loop.time() - self._began, 3),
            commands=tally.commands,
            fetched=tally.fetched,
            appended=tally.appended,
            bad=tally.bad,
            client=tally.client,
            reason=reason,
        )

    @property
    def login(self) -> AccountRecord | None:
        """Who is logged in, as the directory had them then."""
        return self._session.login if self._driver is not None else None

    def stop(self, reason: str = "Server is shutting down") -> None:
        """Say BYE with *reason* as soon as the command in hand is done."""
        self._stopping = reason
        self._stir()

    def abort(self) -> None:
        """Cut the connection now."""
        if self._transport is not None:
            self._transport.abort()

    async def closed(self) -> None:
        """Wait until the connection's work is over, and what it said has left."""
        if self._driver is not None:
            await asyncio.wait([self._driver.done])
        if self._parting is not None:
            await asyncio.wait([self._parting.gone])

    # Within

    def _next(self) -> Event | None:
        """The next event of what has arrived. Raises Disconnect for a broken compressed stream."""
        while True:
            event = self._wire.next_event()
            if event is not None or not self._feed():
                return event

    def _feed(self) -> bool:
        """Give the wire one more piece; whether there was one."""
        try:
            piece = self._inbox.take()
        except BadStream:
            raise Disconnect("The compressed stream is broken") from None
        if not self._reading and self._inbox.has_room and self._transport is not None:
            self._reading = True
            self._transport.resume_reading()
        if piece is None:
            return False
        self._wire.receive(piece)
        return True

    async def _more(self, seconds: float | None) -> bool:
        """Wait for something to happen; False when nothing did in time. Raises when nothing can any more."""
        if self._inbox:
            return True
        if self._eof:
            raise ConnectionLost("closed by the client")
        if self._stopping:
            raise Disconnect(self._stopping)
        assert self._driver is not None
        happened = await self._driver.pause(seconds)
        self._yielded = self._driver.resumed
        return happened

    def _stir(self) -> None:
        """End a wait. Whoever calls this may be in the midst of something."""
        if self._driver is not None:
            self._driver.stir()


def _raw(event: Event) -> bytes:
    match event:
        case RawLine(data):
            return data
        case Malformed(_, error):
            raise Bad(str(error))
        case Overflow(reason):
            raise Disconnect(reason)
        case _:
            raise Bad("Expected a line")
