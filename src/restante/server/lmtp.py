"""The I/O shell of LMTP: octets between asyncio transports and sessions, over TCP or a UNIX socket (RFC 2033).

Strategy: an :class:`asyncio.Protocol` and one coroutine for each connection, which goes on within the callback that brought it
octets. They go straight into the wire, which is read from only while little waits in it; replies are gathered and leave when
there is nothing more to read, or as each recipient is done.

The rule it protects: stopping loses nothing. A message whose end has arrived is acknowledged, every other client is told
421 and tries again.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, cast

from restante import logs
from restante.delivery.deliverer import Deliverer
from restante.delivery.ports import Clock, Journal
from restante.delivery.session import DEFAULT_SESSION_LIMITS, LmtpSession, Services, SessionLimits
from restante.server.driver import Driver
from restante.server.parting import Parting
from restante.server.unix_socket import bind_unix, unlink_unix
from restante.smtp.connection import DEFAULT_LINE, Connection
from restante.smtp.reply import SHUTTING_DOWN, TIMED_OUT, TOO_MANY_CONNECTIONS, Reply

T = TypeVar("T")

_INBOX: Final = 256 * 1024
"""Octets that may wait unread before the transport is told to pause."""
_GATHER: Final = 16 * 1024
"""Octets of replies gathered before they are handed to the transport."""
_FAIR: Final = 0.02
"""Seconds one connection may work before it lets others."""
_BROKEN: Final = "Internal error (ref {}); try again later"


@dataclass(frozen=True, slots=True)
class LmtpLimits:
    """What clients may take.

    Attributes:
        connections: in all.
        line: octets of a command line.
        silence: seconds a client may say nothing (RFC 5321 §4.5.3.2.7 asks for 5 minutes at least).
        write: seconds a client may leave replies unread.
        session: what one client may do.
    """

    connections: int = 200
    line: int = DEFAULT_LINE
    silence: float = 300.0
    write: float = 120.0
    session: SessionLimits = DEFAULT_SESSION_LIMITS


_DEFAULT_LIMITS: Final = LmtpLimits()


class LmtpServer:
    """All LMTP listeners and connections of one process.

    :meth:`connection` is the protocol factory for ``loop.create_server`` and ``loop.create_unix_server``, for listeners
    that are made elsewhere.

    Args:
        deliverer: what delivers.
        journal: makes the journal of a connection from an address, which is empty on a UNIX socket.
        host: this machine's name, in the greeting and in Received fields.
        limits: what clients may take.
        clock: the time, epoch seconds.
        new_id: names transactions.
    """

    def __init__(
        self,
        deliverer: Deliverer,
        journal: Callable[[str], Journal],
        host: str,
        limits: LmtpLimits = _DEFAULT_LIMITS,
        clock: Clock = time.time,
        new_id: Callable[[], str] = logs.reference,
    ) -> None:
        self.limits = limits
        self.journal = journal
        self.services = Services(deliverer, host, clock, new_id, self._spawn, limits.session)
        self.connections: set[LmtpConnection] = set()
        self.stopping = False
        self._deliveries: set[asyncio.Task[object]] = set()
        self._listeners: list[asyncio.Server] = []
        self._paths: list[Path] = []

    async def listen(self, host: str | None, port: int, backlog: int = 100) -> tuple[str, int]:
        """Take connections at *host*, None for every interface; the host and port it came to be. Raises OSError."""
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(self.connection, host, port, backlog=backlog)
        self._listeners.append(listener)
        name = listener.sockets[0].getsockname()
        return str(name[0]), int(name[1])

    async def listen_unix(self, path: Path, mode: int, backlog: int = 100) -> None:
        """Take connections on a UNIX socket with the permissions *mode*. Raises OSError."""
        bound = bind_unix(path, mode)
        self._paths.append(path)
        loop = asyncio.get_running_loop()
        self._listeners.append(await loop.create_unix_server(self.connection, sock=bound, backlog=backlog))

    async def listen_on(self, bound: socket.socket, backlog: int) -> None:
        """Take connections on *bound*, a TCP or UNIX socket that listens with *backlog*. Raises OSError."""
        loop = asyncio.get_running_loop()
        if bound.family == socket.AF_UNIX:
            self._listeners.append(await loop.create_unix_server(self.connection, sock=bound, backlog=backlog))
        else:
            self._listeners.append(await loop.create_server(self.connection, sock=bound, backlog=backlog))

    def connection(self) -> LmtpConnection:
        """A protocol for a connection about to be made."""
        return LmtpConnection(self)

    @property
    def full(self) -> bool:
        """Whether there are connections enough."""
        return len(self.connections) >= self.limits.connections

    async def stop(self, grace: float) -> None:
        """Take no more, and end every connection: those being answered in *grace* seconds at most, others at once."""
        self.stopping = True
        for listener in self._listeners:
            listener.close()
        for path in self._paths:
            unlink_unix(path)
        open_now = list(self.connections)
        for connection in open_now:
            connection.stop()
        await self._end(open_now, grace)
        leaving = [connection.parting.gone for connection in open_now if connection.parting is not None]
        if leaving:
            await asyncio.wait(leaving, timeout=grace)
        await self._give_up_deliveries()

    async def _end(self, connections: Sequence[LmtpConnection], grace: float) -> None:
        """Wait for *connections* to end, and no longer than *grace* seconds for what they deliver."""
        work = [connection.driver.done for connection in connections if connection.driver is not None]
        if not work:
            return
        _, late = await asyncio.wait(work, timeout=grace)
        for connection in list(self.connections):
            connection.abort()
        if late:
            await self._give_up_deliveries()
            await asyncio.wait(late)

    async def _give_up_deliveries(self) -> None:
        rest = list(self._deliveries)
        for delivery in rest:
            delivery.cancel()
        if rest:
            await asyncio.wait(rest)

    def _spawn(self, work: Coroutine[object, None, T]) -> Awaitable[T]:
        task = asyncio.get_running_loop().create_task(cast("Coroutine[None, None, T]", work))
        self._deliveries.add(cast("asyncio.Task[object]", task))
        task.add_done_callback(lambda done: self._deliveries.discard(cast("asyncio.Task[object]", done)))
        return task


class LmtpConnection(asyncio.Protocol):
    """One connection. Implements :class:`restante.delivery.session.Client` for its session."""

    def __init__(self, server: LmtpServer) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._wire = Connection(server.limits.line)
        self._transport: asyncio.Transport | None = None
        self._reading = True
        self._eof = False
        self._stopping = False
        self._writable: asyncio.Future[None] | None = None
        self._out = bytearray()
        self._began = self._yielded = self._loop.time()
        self.gone = False
        self.parting: Parting | None = None
        self.driver: Driver | None = None

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection was accepted."""
        self._transport = cast("asyncio.Transport", transport)
        refusal = SHUTTING_DOWN if self._server.stopping else TOO_MANY_CONNECTIONS if self._server.full else None
        if refusal is not None:
            self._transport.write(refusal.wire())
            self._transport.close()
            return
        self._server.connections.add(self)
        moment = self._server.services.deliverer.store.moment
        self.driver = Driver(self._loop, moment, self._run(_address(transport)))
        self.driver.start()

    def data_received(self, data: bytes) -> None:
        """Octets arrived."""
        if self.driver is None:
            return
        self._wire.receive(data)
        if self._wire.pending > _INBOX and self._reading and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()
        self.driver.resume()

    def eof_received(self) -> bool:
        """The client sends no more; what it asked is still answered."""
        self._eof = True
        self._stir()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed."""
        self.gone = self._eof = True
        self._stir()
        self.resume_writing()

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        if self._writable is None:
            self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # Client

    def write(self, data: bytes) -> None:
        """Gather *data*."""
        self._out += data

    async def flush(self) -> None:
        """Send what was gathered; a client that does not read it in time is cut off."""
        self._hand_over()
        if self._writable is None:
            return
        done, _ = await asyncio.wait([self._writable], timeout=self._server.limits.write)
        if not done:
            self.gone = True
            self.abort()

    # The server's side

    def stop(self) -> None:
        """End as soon as the event in hand is answered."""
        self._stopping = True
        self._stir()

    def abort(self) -> None:
        """Cut the connection now; what it waits for is not waited for by the client any more."""
        if self._transport is not None:
            self._transport.abort()

    async def _run(self, peer: str) -> None:
        journal = self._server.journal(peer)
        session = LmtpSession(self._server.services, self, self._wire, journal, peer)
        reason = "cut off"
        try:
            session.greet()
            reason = await self._serve(session)
        except asyncio.CancelledError:
            # The delivery it waited for was given up, with the server.
            pass
        except Exception as error:  # noqa: BLE001 - the last door of a connection: a bug is told and logged
            reason = "bug"
            session.leave(Reply(421, "4.3.0", _BROKEN.format(journal.bug(error))))
        finally:
            self._finish(session, journal, reason)

    async def _serve(self, session: LmtpSession) -> str:
        """Events until the end; why it ended."""
        while not session.over:
            if self.gone:
                # What it did not hear of it will send again.
                return "lost"
            if self._stopping:
                session.leave(SHUTTING_DOWN)
                return "shutdown"
            event = self._wire.next_event()
            if event is not None:
                await session.handle(event)
                await self._be_fair()
                continue
            if self._writable is not None or self._out:
                await self.flush()
                # More may have come while the client was slow to read.
                continue
            if self._eof:
                return "closed"
            if not await self._more():
                session.leave(TIMED_OUT)
                return "silence"
        return "quit" if session.said_goodbye else "errors"

    async def _be_fair(self) -> None:
        if len(self._out) > _GATHER:
            await self.flush()
        if self._loop.time() - self._yielded > _FAIR:
            await asyncio.sleep(0)
            self._yielded = self._loop.time()

    async def _more(self) -> bool:
        """Wait for something to happen; False when nothing did in time."""
        if self._stopping:
            return True
        if not self._reading and self._transport is not None:
            self._reading = True
            self._transport.resume_reading()
        assert self.driver is not None
        happened = await self.driver.pause(self._server.limits.silence)
        self._yielded = self.driver.resumed
        return happened

    def _stir(self) -> None:
        if self.driver is not None:
            self.driver.stir()

    def _hand_over(self) -> None:
        if self._out and self._transport is not None:
            data, self._out = self._out, bytearray()
            if not self.gone:
                self._transport.write(data)

    def _finish(self, session: LmtpSession, journal: Journal, reason: str) -> None:
        self._hand_over()
        session.end()
        self._server.connections.discard(self)
        if self._transport is not None and not self.gone:
            # A reset would take back the replies as well, and what they accepted would come again.
            linger = not self._eof and reason in ("shutdown", "errors", "bug")
            self.parting = Parting(self._transport, linger=linger, patience=self._server.limits.write)
        tally = session.tally
        journal.event(
            "session ended",
            protocol="lmtp",
            client=session.hello,
            seconds=round(self._loop.time() - self._began, 3),
            commands=tally.commands,
            messages=tally.messages,
            delivered=tally.delivered,
            refused=tally.refused,
            failed=tally.failed,
            bad=tally.bad,
            reason=reason,
        )


def _address(transport: asyncio.BaseTransport) -> str:
    """The client's IP address; empty on a UNIX socket."""
    name = transport.get_extra_info("peername")
    if not isinstance(name, tuple) or not name:
        return ""
    try:
        address = ipaddress.ip_address(str(name[0]).partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
