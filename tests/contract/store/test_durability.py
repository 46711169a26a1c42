"""Restarts lose nothing and repeat nothing; for engines that keep mail at all."""

from __future__ import annotations

import pytest
from tests.support.store import (
    ALICE,
    Engine,
    House,
    check_account,
    contents,
    engines,
    fill,
    listed,
    mail,
    modseq,
    names,
    new,
    uids,
)

from restante.model.flags import FlagSet
from restante.model.ids import AccountId
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.api import Account
from restante.store.errors import LimitReached
from restante.store.model import FlagOp, SpecialUse, StoreLimits

WORK = MailboxName("Work")


@pytest.fixture(params=[each for each in engines() if each.durable], ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    found = request.param
    assert isinstance(found, Engine)
    return found


async def furnish(house: House) -> Account:
    """An account with a bit of everything."""
    account = await (await house.open()).create_account(ALICE)
    await account.create(WORK, SpecialUse.ARCHIVE)
    await account.subscribe(MailboxName("gone"))
    inbox, work = await account.mailbox(INBOX), await account.mailbox(WORK)
    await fill(inbox, ("\\Seen", "Note"), ("\\Deleted",), (), ("\\Flagged",))
    await inbox.append([new(mail("big", "x" * 500_000))])
    await inbox.copy(uids(1, 3, 5), work.id)
    await inbox.move(uids(4), work.id)
    await inbox.expunge()
    await inbox.update_flags(uids(3), FlagOp.ADD, FlagSet(["later"]))
    return account


async def test_everything_is_there_again(house: House) -> None:
    account = await furnish(house)
    store = house.stores[0]
    inbox, work = await account.mailbox(INBOX), await account.mailbox(WORK)
    before = (
        await account.list_mailboxes(),
        await account.subscriptions(),
        await contents(store, inbox),
        await contents(store, work),
        await inbox.changes_since(modseq(1)),
    )
    store = await house.reopen()
    assert await store.accounts() == [ALICE]
    account = await store.account(ALICE)
    inbox, work = await account.mailbox(INBOX), await account.mailbox(WORK)
    after = (
        await account.list_mailboxes(),
        await account.subscriptions(),
        await contents(store, inbox),
        await contents(store, work),
        await inbox.changes_since(modseq(1)),
    )
    assert after == before
    await check_account(account)


async def test_numbers_go_on(house: House) -> None:
    account = await furnish(house)
    inbox = await account.mailbox(INBOX)
    await inbox.expunge(deleted_only=False)
    status = await inbox.status()
    ids = {each.id for each in await listed(account)}
    account = await (await house.reopen()).account(ALICE)
    inbox = await account.mailbox(INBOX)
    assert await inbox.status() == status
    done = await inbox.append([new()])
    assert done.uids == (status.uid_next,)
    assert done.modseq > status.modseq
    made = await account.create(MailboxName("New"))
    assert made.id not in ids


async def test_modseq_goes_on_after_a_mailbox_was_deleted(house: House) -> None:
    account = await furnish(house)
    work = await account.mailbox(WORK)
    await fill(work, ())
    highest, validity = (await work.status()).modseq, work.uid_validity
    await account.delete(WORK)
    account = await (await house.reopen()).account(ALICE)
    made = await account.create(WORK)
    assert made.status.modseq > highest
    assert made.status.uid_validity > validity


async def test_deleted_stays_deleted(house: House) -> None:
    account = await furnish(house)
    store = house.stores[0]
    await store.create_account(AccountId("bob"))
    await account.delete(WORK)
    await store.delete_account(AccountId("bob"))
    store = await house.reopen()
    assert await store.accounts() == [ALICE]
    assert [each.name for each in await listed(await store.account(ALICE))] == ["INBOX"]


async def test_claimed_recent_is_recent_no_more(house: House) -> None:
    account = await furnish(house)
    claimed = await (await account.mailbox(INBOX)).claim_recent()
    assert claimed == 1
    account = await (await house.reopen()).account(ALICE)
    inbox = await account.mailbox(INBOX)
    (uid,) = await fill(inbox, ())
    # RFC 3501 §2.3.2 lets a message be recent twice after a crash; this was an orderly end.
    assert await inbox.claim_recent() == uid


async def test_a_store_can_be_opened_again_and_again(house: House) -> None:
    await furnish(house)
    for number in range(3):
        account = await (await house.reopen(StoreLimits(message=1_000_000 + number))).account(ALICE)
        await fill(await account.mailbox(INBOX), ())
        await check_account(account)


async def test_nothing_is_left_over(house: House) -> None:
    account = await furnish(house)
    store = house.stores[0]
    for _ in range(3):
        staged = store.upload(400_000)
        staged.write(b"x" * 400_000)
        staged.discard()
    files = sorted(str(path) for path in house.path.rglob("*") if path.is_file() and path.stat().st_size == 400_000)
    assert files == []
    await check_account(account)


async def test_a_limit_lowered_later_takes_nothing_away(house: House) -> None:
    account = await (await house.open()).create_account(ALICE)
    await account.create(MailboxName("a/b/c/d/e"))
    await fill(await account.mailbox(INBOX), ("x", "y", "z"))
    account = await (await house.reopen(StoreLimits(mailboxes=2, keywords=1, message=10))).account(ALICE)
    assert len(await names(account)) == 6
    inbox = await account.mailbox(INBOX)
    # A copy of large mail with many keywords brings nothing new.
    assert (await inbox.copy(uids(1), inbox.id)).target == uids(2)
    with pytest.raises(LimitReached):
        await account.create(MailboxName("f"))
    await account.delete(MailboxName("a/b/c/d/e"))
    await check_account(account)
