"""The mailbox list, read once while nothing changes."""

from pathlib import Path

import pytest
from tests.support.store import new

from restante.model.ids import AccountId
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.errors import NoSuchMailbox
from restante.store.sqlite.store import SqliteStore

WORK = MailboxName("Work")
ALICE = AccountId("alice")


async def test_the_list_is_the_same_object_until_something_changes(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    await store.open()
    try:
        account = await store.create_account(ALICE)
        first = await account.list_mailboxes()
        assert await account.list_mailboxes() is first
        subscribed = await account.subscriptions()
        assert await account.subscriptions() is subscribed
        await (await account.mailbox(INBOX)).append([new(b"Subject: a\r\n\r\nb\r\n")])
        second = await account.list_mailboxes()
        assert [record.status.messages for record in first] == [0]
        assert [record.status.messages for record in second] == [1]
        await account.create(WORK)
        assert [record.name for record in await account.list_mailboxes()] == [INBOX, WORK]
        await account.subscribe(WORK)
        assert WORK in await account.subscriptions()
    finally:
        await store.close()


async def test_what_another_store_commits_is_seen_but_while_a_moment_lasts(tmp_path: Path) -> None:
    one, two = SqliteStore(tmp_path), SqliteStore(tmp_path)
    await one.open()
    await two.open()
    try:
        mine = await one.create_account(ALICE)
        his = await two.account(ALICE)
        assert [record.name for record in await mine.list_mailboxes()] == [INBOX]
        await his.create(WORK)
        assert [record.name for record in await mine.list_mailboxes()] == [INBOX, WORK]
        assert (await mine.record(WORK)).name == WORK
        one.moment.begin()
        assert (await mine.record(WORK)).name == WORK
        await his.delete(WORK)
        assert (await mine.record(WORK)).name == WORK
        one.moment.end()
        with pytest.raises(NoSuchMailbox):
            await mine.record(WORK)
        assert [record.name for record in await mine.list_mailboxes()] == [INBOX]
    finally:
        await one.close()
        await two.close()


async def test_ones_own_changes_show_within_a_moment(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    await store.open()
    try:
        account = await store.create_account(ALICE)
        store.moment.begin()
        assert len(await account.list_mailboxes()) == 1
        await account.create(WORK)
        assert len(await account.list_mailboxes()) == 2
        await account.delete(WORK)
        with pytest.raises(NoSuchMailbox):
            await account.record(WORK)
    finally:
        store.moment.end()
        await store.close()


async def test_many_asked_for_one_by_one_are_read_at_once_and_right(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    await store.open()
    try:
        account = await store.create_account(ALICE)
        names = [MailboxName(f"Box {number:02}") for number in range(40)]
        for each in names:
            await account.create(each)
        assert [(await account.record(each)).name for each in names] == names
        known = await account.list_mailboxes()
        assert [await account.record(each) for each in names] == [one for one in known if one.name != INBOX]
        await (await account.mailbox(names[30])).append([new(b"Subject: a\r\n\r\nb\r\n")])
        assert [(await account.record(each)).status.messages for each in names[29:32]] == [0, 1, 0]
    finally:
        await store.close()
