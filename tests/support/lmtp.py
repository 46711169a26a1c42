"""An LMTP server in this process, over a store and a directory in memory unless told otherwise."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from tests.support.store import Clock, Seen, contents

from restante.delivery.deliverer import Deliverer
from restante.delivery.draft import DraftLimits
from restante.delivery.filter import DetailFilter, Filter
from restante.model.mailbox_name import INBOX, MailboxName
from restante.server.lmtp import LmtpLimits, LmtpServer
from restante.store.address import Addressing
from restante.store.api import Account, Store
from restante.store.directory import Credentials, Directory
from restante.store.memory import MemoryStore
from restante.store.memory_directory import MemoryDirectory
from restante.store.model import NewMailbox

P = ParamSpec("P")
T = TypeVar("T")

HOST = "mail.example"
SMALL = DraftLimits(message=1_000_000, memory=1_000)
RULES = Addressing(("example.org",))


async def offload(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs *function* in a thread."""
    return await asyncio.to_thread(function, *args, **kwargs)


@dataclass
class Notes:
    """A journal that remembers."""

    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    details: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    troubles: list[tuple[str, BaseException]] = field(default_factory=list)
    bugs: list[Exception] = field(default_factory=list)

    def event(self, name: str, **facts: str | int | float | bool) -> None:
        self.events.append((name, dict(facts)))

    def detail(self, name: str, **facts: str | int | float | bool) -> None:
        self.details.append((name, dict(facts)))

    def trouble(self, name: str, error: BaseException, **facts: str | int | float | bool) -> None:
        self.troubles.append((name, error))

    def bug(self, error: Exception) -> str:
        self.bugs.append(error)
        return f"bug{len(self.bugs)}"


async def people(store: Store, directory: Directory, *names: str, mailboxes: Sequence[str] = ()) -> None:
    """Accounts with mail, alike in their *mailboxes*."""
    for name in names:
        record = await directory.add(name, Credentials("x"))
        await store.create_account(record.id, [NewMailbox(MailboxName(each)) for each in mailboxes])


async def account_of(store: Store, directory: Directory, name: str) -> Account:
    """The mail of *name*."""
    record = await directory.get(name)
    assert record is not None
    return await store.account(record.id)


@dataclass
class Site:
    """Store, directory, and what delivers to them."""

    store: Store = field(default_factory=MemoryStore)
    directory: Directory = field(default_factory=MemoryDirectory)
    filter: Filter = field(default_factory=DetailFilter)
    draft: DraftLimits = SMALL
    limits: LmtpLimits = field(default_factory=LmtpLimits)
    notes: Notes = field(default_factory=Notes)
    clock: Clock = field(default_factory=Clock)
    ids: int = 0

    def deliverer(self) -> Deliverer:
        return Deliverer(self.store, self.directory, self.filter, offload, RULES, self.draft)

    def server(self) -> LmtpServer:
        return LmtpServer(self.deliverer(), lambda peer: self.notes, HOST, self.limits, self.clock, self._id)

    def _id(self) -> str:
        self.ids += 1
        return f"id{self.ids}"

    async def mail(self, name: str, mailbox: str = INBOX) -> list[Seen]:
        """What *name* has in *mailbox*."""
        account = await account_of(self.store, self.directory, name)
        return await contents(self.store, await account.mailbox(MailboxName(mailbox)))


@dataclass
class Listening:
    """A server and where it listens."""

    server: LmtpServer
    port: int


@contextlib.asynccontextmanager
async def listening(site: Site) -> AsyncIterator[Listening]:
    """*site*'s server on a port of loopback."""
    server = site.server()
    _, port = await server.listen("127.0.0.1", 0)
    try:
        yield Listening(server, port)
    finally:
        await server.stop(5.0)


class Talk:
    """A client that says exactly what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def hear(self) -> str:
        """One reply, its lines joined; empty at the end of the stream."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 10)).decode()
            lines.append(line.removesuffix("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def ask(self, octets: bytes, replies: int = 1) -> list[str]:
        """What is answered, so many replies."""
        await self.say(octets)
        return [await self.hear() for _ in range(replies)]

    async def rest(self) -> bytes:
        """What comes until the end."""
        return await asyncio.wait_for(self.reader.read(), 10)


@contextlib.asynccontextmanager
async def talking(port: int, *, greeted: bool = True) -> AsyncIterator[Talk]:
    """A client of the server at *port*, past LHLO unless told otherwise."""
    talk = Talk(*await asyncio.open_connection("127.0.0.1", port))
    try:
        assert (await talk.hear()) == f"220 {HOST} LMTP Restante ready"
        if greeted:
            assert (await talk.ask(b"LHLO mta.example\r\n"))[0].startswith(f"250-{HOST}\n")
        yield talk
    finally:
        talk.writer.close()
        with contextlib.suppress(ConnectionError):
            await talk.writer.wait_closed()
