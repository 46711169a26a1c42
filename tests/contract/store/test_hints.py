"""Hints wake, modseq tells: each change is hinted at after it can be read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.support.store import fill, new, uids

from restante.model.flags import FlagSet
from restante.model.ids import AccountId, MailboxId
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.api import Account, Mailbox, Store
from restante.store.model import FlagOp, Hint, SpecialUse

WORK = MailboxName("Work")
PATIENCE = 5.0
"""Seconds a hint may take before the test gives it up; none takes any to speak of."""


class Watch:
    """Collects an account's hints, and waits for the one that is wanted."""

    def __init__(self, store: Store, account: AccountId) -> None:
        self.hints: list[Hint] = []
        self._came = asyncio.Event()
        self.end = store.hints.subscribe(account, self._wake)

    def _wake(self, hint: Hint) -> None:
        self.hints.append(hint)
        self._came.set()

    async def until(self, mailbox: MailboxId | None, modseq: int) -> Hint:
        async with asyncio.timeout(PATIENCE):
            while True:
                for hint in self.hints:
                    if hint.mailbox == mailbox and hint.modseq >= modseq:
                        return hint
                self._came.clear()
                await self._came.wait()


async def test_each_change_of_a_mailbox(account: Account, inbox: Mailbox, store: Store) -> None:
    await account.create(WORK)
    work = await account.mailbox(WORK)
    watch = Watch(store, account.id)
    done = await inbox.append([new(), new(), new()])
    assert (await watch.until(inbox.id, done.modseq)).account == account.id
    flagged = await inbox.update_flags(uids(1), FlagOp.ADD, FlagSet(["\\Seen"]))
    await watch.until(inbox.id, flagged.modseq)
    copied = await inbox.copy(uids(1), work.id)
    await watch.until(work.id, copied.modseq)
    moved = await inbox.move(uids(1), work.id)
    await watch.until(inbox.id, moved.modseq)
    await watch.until(work.id, (await work.status()).modseq)
    expunged = await inbox.expunge(deleted_only=False)
    await watch.until(inbox.id, expunged.modseq)
    watch.end()


@pytest.mark.parametrize(
    "change",
    [
        lambda account: account.create(MailboxName("New")),
        lambda account: account.rename(WORK, MailboxName("Play")),
        lambda account: account.rename(INBOX, MailboxName("Old")),
        lambda account: account.delete(WORK),
        lambda account: account.set_special_use(WORK, SpecialUse.JUNK),
        lambda account: account.subscribe(WORK),
        lambda account: account.unsubscribe(INBOX),
    ],
    ids=["create", "rename", "rename-inbox", "delete", "special-use", "subscribe", "unsubscribe"],
)
async def test_each_change_of_the_list(
    account: Account, store: Store, change: Callable[[Account], Awaitable[object]]
) -> None:
    made = await account.create(WORK)
    watch = Watch(store, account.id)
    await change(account)
    await watch.until(None, made.status.modseq + 1)
    watch.end()


async def test_renaming_inbox_wakes_those_who_have_it_open(account: Account, inbox: Mailbox, store: Store) -> None:
    await fill(inbox, ())
    watch = Watch(store, account.id)
    await account.rename(INBOX, WORK)
    await watch.until(inbox.id, (await inbox.status()).modseq)
    watch.end()


async def test_the_change_is_there_when_the_hint_comes(account: Account, inbox: Mailbox, store: Store) -> None:
    before = (await inbox.status()).modseq
    seen: asyncio.Queue[Hint] = asyncio.Queue()
    end = store.hints.subscribe(account.id, seen.put_nowait)

    async def reader() -> list[int]:
        hint = await seen.get()
        changes = await inbox.changes_since(before)
        assert changes.modseq >= hint.modseq
        return [each.uid for each in changes.flagged]

    async with asyncio.timeout(PATIENCE):
        read, _ = await asyncio.gather(reader(), inbox.append([new()]))
    end()
    assert read == [1]


async def test_another_accounts_changes_wake_nobody_here(account: Account, inbox: Mailbox, store: Store) -> None:
    bob = await store.create_account(AccountId("bob"))
    watch = Watch(store, account.id)
    his = await bob.mailbox(INBOX)
    await fill(his, ())
    done = await inbox.append([new()])
    await watch.until(inbox.id, done.modseq)
    assert {hint.account for hint in watch.hints} == {account.id}
    watch.end()


async def test_who_left_is_woken_no_more(account: Account, inbox: Mailbox, store: Store) -> None:
    gone, there = Watch(store, account.id), Watch(store, account.id)
    gone.end()
    gone.end()
    done = await inbox.append([new()])
    await there.until(inbox.id, done.modseq)
    assert gone.hints == []
    there.end()


async def test_leaving_while_being_woken(account: Account, inbox: Mailbox, store: Store) -> None:
    ends: list[Callable[[], None]] = []
    woken: list[Hint] = []

    def wake(hint: Hint) -> None:
        woken.append(hint)
        while ends:
            ends.pop()()

    ends.append(store.hints.subscribe(account.id, wake))
    last = Watch(store, account.id)
    first, second = await inbox.append([new()]), await inbox.append([new()])
    await last.until(inbox.id, max(first.modseq, second.modseq))
    assert len(woken) == 1
    last.end()
