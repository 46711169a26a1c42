"""A disconnected client's life: its user, everybody else who works on the account, what became of each message, and the verdict.

Strategy: a scenario is told by its seed alone. The user works while the client is offline; others work between its visits,
between its commands and, where it is busy, in the midst of them.

The rule it protects: in the end no message is lost and none is there twice, the cache is the store octet for octet, and what
nobody else touched is as the user wanted it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.support.memory_client import PASSWORD, World, world
from tests.support.offline_cache import Create, Delete, Folder, Message, Move, Rename, SetFlag, Upload
from tests.support.offline_client import OfflineClient
from tests.support.replaying import message_id
from tests.support.selected_folder import Style
from tests.support.severed_link import Cut, MemoryLink, some_cut
from tests.support.store import Clock, Engine, check_account, contents, mail
from tests.support.unsteady import unsteady

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.model.mailbox_name import MailboxName
from restante.store.api import Account, Mailbox, Store
from restante.store.errors import StoreError
from restante.store.model import Field, FlagOp, NewMessage, StoreLimits
from restante.store.sqlite.store import SqliteStore

FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "urgent")
KEPT = 1000
"""Seconds tombstones are kept."""
NAMES = ("INBOX", "Box", "Box/Sub", "Other", "New 0", "New 1")


def letters(who: str) -> Iterator[bytes]:
    """Messages with a Message-ID each; every fourth is kept apart from its row and streamed."""
    for number in count():
        body = "\r\n".join(["x" * 60] * (200 if number % 4 == 0 else 1))
        yield mail(f"{who} {number}", body, Message_ID=f"<{number}@{who}.example>")


@dataclass
class Ledger:
    """What became of messages, by Message-ID.

    Attributes:
        written: every message there ever was.
        removed: those somebody removed for good, or meant to.
        touched: those somebody other than the client has changed.
        wishes: what the client's user last saw of a message it had done something with: folder, flags, deleted.
        uploads: messages the client's user wrote.
    """

    written: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    wishes: dict[str, tuple[Folder, frozenset[str], bool]] = field(default_factory=dict)
    uploads: set[str] = field(default_factory=set)


@dataclass
class Others:
    """Everybody else who works on the account, straight on the store; *orderly* people leave its mailboxes as they are."""

    account: Account
    die: random.Random
    ledger: Ledger
    orderly: bool
    letters: Iterator[bytes] = field(default_factory=lambda: letters("others"))

    async def act(self, steps: int) -> None:
        """Some steps; what has just gone under their hands is no matter."""
        for _ in range(steps):
            with suppress(StoreError):
                await self._act()

    async def _act(self) -> None:
        records = await self.account.list_mailboxes()
        box = await self.account.mailbox(self.die.choice(records).name)
        verbs = ["append"] * 4 + ["flag"] * 6 + ["expunge"] * 3 + ["move"] * 3
        verb = self.die.choice(verbs if self.orderly else [*verbs, "create", "rename", "rename", "delete", "recreate"])
        if verb == "append":
            raw = next(self.letters)
            self.ledger.written.add(message_id(raw))
            await box.append([NewMessage(raw, MailDate(1_790_000_000), FlagSet(self.die.sample(FLAGS, 1)))])
        elif verb in ("flag", "expunge", "move"):
            await self._change(verb, box, await self.account.mailbox(self.die.choice(records).name))
        else:
            await self._arrange(verb, MailboxName(self.die.choice(NAMES[1:])), MailboxName(self.die.choice(NAMES[1:])))

    async def _change(self, verb: str, box: Mailbox, target: Mailbox) -> None:
        held = [Uid(uid) for uid in (await box.index()).uids]
        some = sorted(self.die.sample(held, min(len(held), self.die.choice((1, 1, 2, 3)))))
        self.ledger.touched |= await ids_of(box, some)
        if verb == "flag":
            flag = FlagSet([self.die.choice((*FLAGS, "\\Deleted"))])
            await box.update_flags(some, self.die.choice((FlagOp.ADD, FlagOp.REMOVE, FlagOp.SET)), flag)
        elif verb == "move":
            await box.move(some, target.id)
        else:
            self.ledger.removed |= await ids_of(box, some)
            await box.expunge(some, deleted_only=False)

    async def _arrange(self, verb: str, name: MailboxName, other: MailboxName) -> None:
        if verb == "create":
            await self.account.create(name)
        elif verb == "rename":
            await self.account.rename(MailboxName("INBOX") if self.die.random() < 0.1 else name, other)
        else:
            box = await self.account.mailbox(name)
            everything = [Uid(uid) for uid in (await box.index()).uids]
            found = await ids_of(box, everything)
            self.ledger.removed |= found
            self.ledger.touched |= found
            await self.account.delete(name)
            if verb == "recreate":
                await self.account.create(name)


async def ids_of(box: Mailbox, uids: list[Uid]) -> set[str]:
    """Their Message-IDs."""
    return {message_id(one.header or b"") for one in await box.messages(uids, Field.HEADER)}


@dataclass
class User:
    """Who works with the client while it is offline."""

    client: OfflineClient
    die: random.Random
    ledger: Ledger
    letters: Iterator[bytes] = field(default_factory=lambda: letters("user"))
    folders: Iterator[int] = field(default_factory=count)

    def act(self) -> None:
        """One thing."""
        verb = self.die.choice(["flag"] * 6 + ["move"] * 4 + ["delete"] * 2 + ["write"] * 3 + ["create", "rename"])
        cache = self.client.cache
        if verb == "write":
            self._write()
        elif verb == "create":
            folder = Folder(f"New {next(self.folders) % 3}")
            if all(folder.name != one.name for one in cache.folders):
                cache.folders.append(folder)
                cache.queue.append(Create(folder))
        elif verb == "rename":
            folder = self.die.choice(cache.folders)
            if folder.name != "INBOX" and "/" not in folder.name:
                cache.queue.append(Rename(folder, f"{folder.name.split('~')[0]}~{self.die.randrange(3)}"))
        elif visible := cache.visible():
            self._change(verb, self.die.choice(visible))

    def _write(self) -> None:
        raw = next(self.letters)
        message = Message(self.die.choice(self.client.cache.folders), raw=raw)
        flags = frozenset(flag.lower() for flag in self.die.sample((*FLAGS, "\\Draft"), 2))
        self.client.cache.queue.append(Upload(message, flags))
        self.ledger.written.add(message_id(raw))
        self.ledger.uploads.add(message_id(raw))
        self._wish(message)

    def _change(self, verb: str, message: Message) -> None:
        cache = self.client.cache
        home, flags, _ = cache.seen(message)
        if verb == "flag":
            flag = self.die.choice(FLAGS).lower()
            cache.queue.append(SetFlag(message, flag, flag not in flags))
        elif verb == "delete":
            cache.queue.append(Delete(message, flags))
            assert message.raw is not None
            self.ledger.removed.add(message_id(message.raw))
        elif (target := self.die.choice(cache.folders)) is not home:
            cache.queue.append(Move(message, target))
        self._wish(message)

    def _wish(self, message: Message) -> None:
        assert message.raw is not None
        self.ledger.wishes[message_id(message.raw)] = self.client.cache.seen(message)


@dataclass
class Scenario:
    """One client's life."""

    there: World
    store: Store
    clock: Clock
    die: random.Random
    client: OfflineClient
    others: Others
    user: User
    ledger: Ledger
    busy: bool

    async def visit(self, cut: Cut | None = None) -> bool:
        """The client comes by; where it is busy, others are at work in the midst of its commands."""
        crowd = asyncio.create_task(self._crowd()) if self.busy else None
        done = await self.client.visit(MemoryLink(self.there.connect(), self.die), cut)
        if crowd is not None:
            crowd.cancel()
            await asyncio.wait([crowd])
        return done

    async def _crowd(self) -> None:
        while self.client.meanwhile is not None:
            for _ in range(self.die.randrange(10, 60)):
                await asyncio.sleep(0)
            await self.others.act(1)

    async def time_passes(self) -> None:
        """So much that tombstones are swept."""
        self.clock.now += 2 * KEPT
        if isinstance(self.store, SqliteStore):
            await self.store.sweep()

    async def live(self, styles: list[Style]) -> None:
        """Visits, more or less lucky ones, and much between them."""
        die = self.die
        await self.others.act(12)
        for style in styles:
            self.client.style = style
            await self.visit()
            for _ in range(die.randrange(1, 6)):
                self.user.act()
            await self.others.act(die.randrange(8))
            if die.random() < 0.25:
                await self.time_passes()
                await self.others.act(1)
            for _ in range(die.randrange(1, 4)):
                await self.visit(some_cut(die))
                await self.others.act(die.randrange(3))
        self.client.meanwhile = None
        for _ in range(3):
            assert await self.visit()
        assert not self.client.cache.queue

    async def judge(self) -> None:
        """All is as it is to be; and what the user wanted is so unless others wanted more."""
        await judge(self.store, await self.store.account(self.others.account.id), self.client, self.ledger)
        if self.others.orderly:
            self.judge_wishes()

    def judge_wishes(self) -> None:
        """What nobody else has touched is as the client's user wanted it."""
        held = {
            message_id(one.raw): (folder, one.flags)
            for folder in self.client.cache.folders
            for one in folder.messages.values()
            if one.raw is not None
        }
        for name, (folder, flags, deleted) in self.ledger.wishes.items():
            if name in self.ledger.touched:
                continue
            assert deleted == (name not in held), name
            if not deleted:
                assert held[name] == (folder.actual(), flags), name


async def judge(store: Store, account: Account, client: OfflineClient, ledger: Ledger) -> None:
    """The cache is the store; nothing is lost and nothing doubled."""
    await check_account(account)
    cached = {folder.name: folder for folder in client.cache.folders}
    found: list[str] = []
    for record in await account.list_mailboxes():
        folder = cached.pop(record.name)
        box = await account.mailbox(record.name)
        truth = {seen.uid: (seen.flags, seen.raw) for seen in await contents(store, box)}
        assert {uid: (one.flags, one.raw) for uid, one in folder.messages.items()} == truth, record.name
        assert folder.uid_validity == box.uid_validity
        found += [message_id(raw) for _, raw in truth.values()]
    assert not cached
    assert len(found) == len(set(found)), f"doubled: {sorted(found)}"
    assert set(found) <= ledger.written
    lost = ledger.written - ledger.removed - set(found)
    assert not lost, f"lost: {lost}"


async def stage(engine: Engine, path: Path, seed: int, *, orderly: bool, busy: bool) -> Scenario:
    """A store with a few mailboxes; where it is *busy* every call takes its time."""
    die, clock, ledger = random.Random(seed), Clock(), Ledger()
    store = engine.make(path, StoreLimits(tombstones=KEPT), clock)
    await store.open()
    there = await world(unsteady(store, seed) if busy else store)
    account = await store.account(there.account)
    for name in NAMES[1:4]:
        with suppress(StoreError):
            await account.create(MailboxName(name))
    client = OfflineClient(f'alice "{PASSWORD}"')
    client.ignore_copyuid = lambda: die.random() < 0.25
    client.match_data = lambda: die.random() < 0.3
    client.crowded = busy
    client.sync_literals = die.random() < 0.5
    others = Others(account, random.Random(die.random()), ledger, orderly)
    user = User(client, random.Random(die.random()), ledger)

    async def meanwhile() -> None:
        if die.random() < 0.3:
            await others.act(1)

    client.meanwhile = meanwhile
    return Scenario(there, store, clock, die, client, others, user, ledger, busy)
