"""Limits on what an account may hold: refused whole, and told as what they are (RFC 5530 §3: LIMIT)."""

from __future__ import annotations

import pytest
from tests.support.store import ALICE, House, check_account, fill, listed, names

from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.api import Account
from restante.store.errors import LimitReached
from restante.store.model import StoreLimits

LIMITS = StoreLimits(mailboxes=4)


@pytest.fixture
async def small(house: House) -> Account:
    account = await (await house.open(LIMITS)).create_account(ALICE)
    await account.create(MailboxName("a/b"))
    return account


async def test_mailboxes_and_those_made_above_them_count(small: Account) -> None:
    before = await listed(small)
    with pytest.raises(LimitReached):
        await small.create(MailboxName("x/y"))
    assert await listed(small) == before
    await small.create(MailboxName("x"))
    with pytest.raises(LimitReached):
        await small.create(MailboxName("a/c"))
    await small.delete(MailboxName("x"))
    await small.create(MailboxName("a/c"))
    assert await names(small) == ["INBOX", "a", "a/b", "a/c"]
    await check_account(small)


async def test_renaming_makes_no_more_than_allowed(small: Account) -> None:
    before = await listed(small)
    with pytest.raises(LimitReached):
        await small.rename(MailboxName("a"), MailboxName("x/y/z"))
    assert await listed(small) == before
    await small.rename(MailboxName("a"), MailboxName("x/y"))
    assert await names(small) == ["INBOX", "x", "x/y", "x/y/b"]
    with pytest.raises(LimitReached):
        await small.rename(MailboxName("x/y/b"), MailboxName("p/q"))
    await small.rename(MailboxName("x/y/b"), MailboxName("b"))
    await check_account(small)


async def test_moving_inbox_out_counts_too(small: Account) -> None:
    inbox = await small.mailbox(INBOX)
    await fill(inbox, ())
    status, before = await inbox.status(), await listed(small)
    with pytest.raises(LimitReached):
        await small.rename(INBOX, MailboxName("old/mail"))
    assert (await inbox.status(), await listed(small)) == (status, before)
    await small.rename(INBOX, MailboxName("old"))
    assert (await inbox.status()).messages == 0
    await check_account(small)


async def test_subscriptions_to_names_without_a_mailbox_are_bounded(small: Account) -> None:
    async def subscribe_to_many() -> None:
        for number in range(20):
            await small.subscribe(MailboxName(f"nowhere/{number}"))

    with pytest.raises(LimitReached):
        await subscribe_to_many()
    held = await small.subscriptions()
    await small.unsubscribe(held[-1])
    await small.subscribe(MailboxName("again"))
    await small.subscribe(MailboxName("again"))
    assert "again" in await small.subscriptions()
