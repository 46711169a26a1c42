"""An index that was kept: used where what has changed since is known and little, and equal to the rows then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.store import ALICE, Clock, fill

from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.model import FlagOp, StoreLimits
from restante.store.sqlite import reading, snapshots
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.index import SqliteIndex
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore

SEEN = FlagSet(("\\Seen",))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mailboxes of a test's size are large."""
    monkeypatch.setattr(snapshots, "LEAST", 10)
    monkeypatch.setattr(snapshots, "_FEW", 8)


@asynccontextmanager
async def opened(path: Path, clock: Clock | None = None) -> AsyncIterator[tuple[SqliteStore, SqliteMailbox]]:
    store = SqliteStore(path, StoreLimits(tombstones=100), clock=clock or Clock(), grace=100)
    await store.open()
    try:
        if ALICE not in await store.accounts():
            await store.create_account(ALICE)
        yield store, await (await store.account(ALICE)).mailbox(INBOX)
    finally:
        await store.close()


def kept(mailbox: SqliteMailbox) -> SqliteIndex | None:
    account = mailbox._account
    return account.read(lambda each: reading.kept_index(each, account.sets, 1))


def same(one: SqliteIndex, account: SqliteAccount) -> bool:
    fresh, _ = account.read(lambda each: reading.load_index(each, account.sets, 1))
    return (one.uids, one.flags, one.modseqs, one.modseq, one.uid_next) == (
        fresh.uids,
        fresh.flags,
        fresh.modseqs,
        fresh.modseq,
        fresh.uid_next,
    )


async def test_it_is_kept_and_brought_up_to_date_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, inbox):
        await fill(inbox, *[()] * 30)
        await inbox.index()
    async with opened(tmp_path) as (_, inbox):
        found = kept(inbox)
        assert found is not None
        await inbox.update_flags([Uid(3), Uid(9)], FlagOp.ADD, SEEN)
        await inbox.expunge([Uid(5)], deleted_only=False)
        await fill(inbox, ("$new",))
        behind = kept(inbox)
        assert behind is not None
        assert behind.modseq == found.modseq
        assert same(await inbox.index(), inbox._account)


async def test_a_small_mailbox_is_read_from_its_rows(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, inbox):
        await fill(inbox, *[()] * 9)
        await inbox.index()
    async with opened(tmp_path) as (_, inbox):
        assert kept(inbox) is None
        assert same(await inbox.index(), inbox._account)


async def test_one_too_far_behind_is_replaced(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, inbox):
        await fill(inbox, *[()] * 30)
        await inbox.index()
    async with opened(tmp_path) as (_, inbox):
        await inbox.update_flags([Uid(uid) for uid in range(1, 10)], FlagOp.ADD, SEEN)
        assert kept(inbox) is None
        assert same(await inbox.index(), inbox._account)
    async with opened(tmp_path) as (_, inbox):
        assert kept(inbox) is not None
        assert same(await inbox.index(), inbox._account)


async def test_one_from_before_the_tombstones_that_were_swept_is_not_used(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as (_, inbox):
        await fill(inbox, *[()] * 30)
        await inbox.index()
    async with opened(tmp_path, clock) as (store, inbox):
        await inbox.expunge([Uid(5)], deleted_only=False)
        clock.now += 1000
        await store.sweep()
        assert kept(inbox) is None
        assert same(await inbox.index(), inbox._account)


async def test_it_goes_with_its_mailbox(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, inbox):
        account = await store.account(ALICE)
        work = MailboxName("Work")
        await account.create(work)
        other = await account.mailbox(work)
        await fill(other, *[()] * 20)
        await other.index()
    async with opened(tmp_path) as (store, inbox):
        account = await store.account(ALICE)
        count = "SELECT count(*) FROM index_snapshot"
        assert account.read(lambda each: each.execute(count).get) == 1
        await account.delete(work)
        assert account.read(lambda each: each.execute(count).get) == 0
        assert inbox.id


async def test_a_mailbox_deleted_before_it_is_written_keeps_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, _):
        account = await store.account(ALICE)
        columns = snapshots.Columns(1, 2, b"", b"", b"")
        await account.write(lambda tx: snapshots.write(tx, 99, columns))
        assert account.read(lambda each: each.execute("SELECT count(*) FROM index_snapshot").get) == 0
