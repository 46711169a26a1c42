"""Storage engines under test, and what every test of the store's contract shares.

An engine is made from a directory of its own, limits and a clock the test sets. A durable one can be closed and made again over
the same directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from restante.model.dates import MailDate
from restante.model.flags import DELETED, NO_FLAGS, SEEN, FlagSet
from restante.model.ids import AccountId, MailboxId, ModSeq, Uid
from restante.store import query as q
from restante.store.api import Account, Mailbox, Store
from restante.store.attachments import Attachments
from restante.store.memory import MemoryStore
from restante.store.model import Field, MessageRecord, NewMessage, SpecialUse, StoreLimits
from restante.store.sqlite.store import SqliteStore

NOON: Final = 1_790_000_000
"""Where the tests' clock starts, epoch seconds."""

DEFAULT_LIMITS: Final = StoreLimits()


@dataclass(slots=True)
class Clock:
    """A clock that stands still until told otherwise, epoch seconds."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now


class Make(Protocol):
    """Makes a store over a directory."""

    def __call__(
        self, path: Path, limits: StoreLimits, clock: Clock, attachments: Attachments | None = None
    ) -> Store: ...


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine: its name, whether it keeps mail over a restart, and how to make one."""

    name: str
    durable: bool
    make: Make


def _memory(path: Path, limits: StoreLimits, clock: Clock, attachments: Attachments | None = None) -> Store:
    return MemoryStore(limits=limits, clock=clock, inline=10_000, attachments=attachments)


def _sqlite(path: Path, limits: StoreLimits, clock: Clock, attachments: Attachments | None = None) -> Store:
    return SqliteStore(path, limits=limits, clock=clock, inline=10_000, attachments=attachments)


def engines() -> list[Engine]:
    """Every engine there is."""
    return [Engine("memory", durable=False, make=_memory), Engine("sqlite", durable=True, make=_sqlite)]


@dataclass(slots=True)
class House:
    """One engine over one directory, with the stores made of it."""

    engine: Engine
    path: Path
    clock: Clock = field(default_factory=Clock)
    stores: list[Store] = field(default_factory=list)
    attachments: Attachments | None = None
    """What gives the text of attachments, of stores opened from here on."""

    async def open(self, limits: StoreLimits = DEFAULT_LIMITS) -> Store:
        """A store, open; closed when the test ends."""
        store = self.engine.make(self.path, limits, self.clock, self.attachments)
        await store.open()
        self.stores.append(store)
        return store

    async def reopen(self, limits: StoreLimits = DEFAULT_LIMITS) -> Store:
        """As after a restart."""
        await self.close()
        return await self.open(limits)

    async def close(self) -> None:
        """Close every store."""
        while self.stores:
            await self.stores.pop().close()


ALICE: Final = AccountId("alice")


def uids(*numbers: int) -> tuple[Uid, ...]:
    """UIDs, as a tuple."""
    return tuple(map(Uid, numbers))


def modseq(number: int) -> ModSeq:
    """A modseq."""
    return ModSeq(number)


def mail(subject: str = "Lunch", body: str = "At noon?", **header: str) -> bytes:
    """A message's octets; ``message_id="<a@b>"`` becomes a Message-ID field."""
    fields = {
        "Subject": subject,
        **{name.strip("_").replace("_", "-").title(): value for name, value in header.items()},
    }
    lines = [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", body, ""]).encode()


def new(
    raw: bytes | None = None, *flags: str, epoch: int = NOON - 86_400, zone: int = 0, subject: str = "Lunch"
) -> NewMessage:
    """A message to store."""
    raw = mail(subject) if raw is None else raw
    return NewMessage(raw, MailDate(epoch, zone), FlagSet(flags) if flags else NO_FLAGS)


async def fill(mailbox: Mailbox, *flag_sets: Sequence[str]) -> tuple[Uid, ...]:
    """Append one message for each of *flag_sets*, each of a different size; their UIDs."""
    messages = [new(mail(f"Number {n}", "x" * n), *flags) for n, flags in enumerate(flag_sets, 1)]
    return (await mailbox.append(messages)).uids


class Seen(NamedTuple):
    """A message as anyone can see it."""

    uid: int
    flags: frozenset[str]
    internal: MailDate
    raw: bytes


async def octets(store: Store, record: MessageRecord) -> bytes:
    """The message's octets, wherever the engine keeps them."""
    if record.blob is None:
        assert record.raw is not None
        return record.raw
    assert record.raw is None
    return b"".join([piece async for piece in store.blobs.open(record.blob)])


async def contents(store: Store, mailbox: Mailbox) -> list[Seen]:
    """Every message of *mailbox*."""
    found = await mailbox.messages(await mailbox.search(q.All()), Field.DATE | Field.RAW)
    return [Seen(m.uid, m.flags.keys, m.internal_date, await octets(store, m)) for m in found]


class Listed(NamedTuple):
    """A mailbox as LIST shows it."""

    name: str
    id: MailboxId
    special_use: SpecialUse | None
    subscribed: bool


async def listed(account: Account) -> list[Listed]:
    """Every mailbox of *account*."""
    return [Listed(m.name, m.id, m.special_use, m.subscribed) for m in await account.list_mailboxes()]


async def names(account: Account) -> list[str]:
    """The names of *account*'s mailboxes."""
    return [m.name for m in await account.list_mailboxes()]


async def check_mailbox(mailbox: Mailbox) -> None:
    """What must hold of any mailbox at any time: index, rows, figures and changes tell one story."""
    index = await mailbox.index()
    held = list(index.uids)
    assert held == sorted(set(held))
    assert list(map(index.position, held)) == list(range(len(held)))
    assert index.position(index.uid_next) == -1
    assert index.position(0) == -1
    assert all(1 <= uid < index.uid_next for uid in held)
    beside = list(zip(held, index.flags, index.modseqs, strict=True))
    rows = await mailbox.messages([Uid(uid) for uid in held], Field.SIZE)
    assert [(row.uid, row.flags, row.modseq) for row in rows] == beside
    assert await mailbox.search(q.All()) == held
    await _check_figures(mailbox, rows)
    await _check_changes(mailbox, rows)


async def _check_figures(mailbox: Mailbox, rows: list[MessageRecord]) -> None:
    index, status = await mailbox.index(), await mailbox.status()
    assert status.messages == len(rows)
    assert status.unseen == sum(SEEN not in row.flags for row in rows)
    assert status.deleted == sum(DELETED in row.flags for row in rows)
    assert status.size == sum(row.size for row in rows)
    assert 0 <= status.recent <= len(rows)
    assert (status.uid_next, status.modseq) == (index.uid_next, index.modseq)
    assert status.uid_validity == mailbox.uid_validity
    assert all(1 <= row.modseq <= status.modseq for row in rows)
    assert set(index.flag_sets()) == set(index.flags)
    unseen = [at for at, flags in enumerate(index.flags) if "\\Seen" not in flags]
    assert index.first_unseen() == (unseen[0] if unseen else -1)
    in_use = {key for row in rows for key in row.flags.keys if not key.startswith("\\")}
    assert [keyword.lower() for keyword in index.keywords()] == sorted(in_use)


async def _check_changes(mailbox: Mailbox, rows: list[MessageRecord]) -> None:
    status = await mailbox.status()
    whole = await mailbox.changes_since(modseq(0))
    assert [tuple(each) for each in whole.flagged] == [(row.uid, row.flags, row.modseq) for row in rows]
    assert not any(row.uid in whole.vanished for row in rows)
    assert (whole.modseq, whole.uid_next) == (status.modseq, status.uid_next)
    none = await mailbox.changes_since(status.modseq)
    assert (none.flagged, bool(none.vanished), none.complete, none.modseq) == ((), False, True, status.modseq)


async def check_account(account: Account) -> None:
    """What must hold of any account at any time."""
    records = await account.list_mailboxes()
    found = [record.name for record in records]
    assert found == sorted(set(found), key=lambda name: (name != "INBOX", name))
    assert found[0] == "INBOX"
    assert all(name.rpartition("/")[0] in found for name in found if "/" in name)
    for record in records:
        mailbox = await account.mailbox(record.name)
        assert mailbox.id == record.id
        assert await mailbox.record() == record
        assert await mailbox.status() == record.status
        await check_mailbox(mailbox)
