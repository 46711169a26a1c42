"""Hints between stores that have one data directory open, as processes beside one another do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from restante.model.dates import MailDate
from restante.model.entry_name import EntryName
from restante.model.ids import AccountId, ModSeq
from restante.model.mailbox_name import INBOX
from restante.store.model import Hint, NewMessage
from restante.store.sqlite.store import SqliteStore

ANNA = AccountId("anna")
MAIL = NewMessage(b"Subject: x\r\n\r\ny\r\n", MailDate(0))


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[tuple[SqliteStore, SqliteStore]]:
    one, other = SqliteStore(tmp_path), SqliteStore(tmp_path)
    await one.open()
    await other.open()
    await one.create_account(ANNA)
    yield one, other
    await one.close()
    await other.close()


async def test_a_change_wakes_sessions_of_the_other_store(stores: tuple[SqliteStore, SqliteStore]) -> None:
    one, other = stores
    woken: asyncio.Queue[Hint] = asyncio.Queue()
    other.hints.subscribe(ANNA, woken.put_nowait)
    inbox = await (await one.account(ANNA)).mailbox(INBOX)
    appended = await inbox.append([MAIL])
    async with asyncio.timeout(5):
        hint = await woken.get()
    assert (hint.account, hint.mailbox, hint.modseq) == (ANNA, inbox.id, appended.modseq)
    seen = await (await other.account(ANNA)).mailbox(INBOX)
    assert (await seen.status()).messages == 1


async def test_a_change_of_annotations_is_told_as_one(stores: tuple[SqliteStore, SqliteStore]) -> None:
    one, other = stores
    woken: asyncio.Queue[Hint] = asyncio.Queue()
    other.hints.subscribe(ANNA, woken.put_nowait)
    entry = EntryName("/private/comment")
    done = await (await one.account(ANNA)).annotations.change(None, {entry: b"x"})
    async with asyncio.timeout(5):
        assert await woken.get() == Hint(ANNA, None, done.modseq or ModSeq(0), annotations=True)
    found = await (await other.account(ANNA)).annotations.changes_since(ModSeq(0))
    assert [(each.mailbox, each.entry) for each in found.changed] == [(None, entry)]


async def test_more_hints_than_the_fifo_holds_wake_all_the_same(stores: tuple[SqliteStore, SqliteStore]) -> None:
    one, other = stores
    woken: asyncio.Queue[Hint] = asyncio.Queue()
    other.hints.subscribe(ANNA, woken.put_nowait)
    for modseq in range(5000):
        one._neighbours.tell(Hint(AccountId("somebody-else"), None, ModSeq(modseq)))
    one._neighbours.tell(Hint(ANNA, None, ModSeq(1)))
    async with asyncio.timeout(5):
        assert (await woken.get()).account == ANNA


async def test_a_killed_process_leaves_nothing_in_the_way(
    stores: tuple[SqliteStore, SqliteStore], tmp_path: Path
) -> None:
    one, _ = stores
    left = tmp_path / "processes" / "1-dead"
    os.mkfifo(left)
    os.utime(left, (1, 1))
    one._neighbours.tell(Hint(ANNA, None, ModSeq(1)))
    assert not left.exists()


async def test_closing_removes_the_fifo(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    await store.open()
    assert len(list((tmp_path / "processes").iterdir())) == 1
    await store.close()
    assert not list((tmp_path / "processes").iterdir())
