"""Accounts come and go, and are strangers to each other."""

from __future__ import annotations

import pytest
from tests.support.store import ALICE, contents, fill, listed, names, new

from restante.model.ids import AccountId
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.api import Account, Store
from restante.store.errors import AccountHasMail, NoSuchAccount, NoSuchMailbox, SpecialUseTaken
from restante.store.model import NewMailbox, SpecialUse

BOB = AccountId("bob")
SENT = MailboxName("Sent")


async def test_a_new_account_has_an_inbox_that_is_subscribed(store: Store) -> None:
    account = await store.create_account(ALICE)
    (inbox,) = await listed(account)
    assert (inbox.name, inbox.special_use, inbox.subscribed) == ("INBOX", None, True)
    assert account.id == ALICE


async def test_an_account_is_made_with_the_mailboxes_asked_for(store: Store) -> None:
    sent = NewMailbox(SENT, SpecialUse.SENT)
    deep = NewMailbox(MailboxName("Old/2020"), subscribed=False)
    account = await store.create_account(ALICE, (deep, sent))
    found = [(each.name, each.special_use, each.subscribed) for each in await listed(account)]
    assert [each for each in found if each[0] != "Old"] == [
        ("INBOX", None, True),
        ("Old/2020", None, False),
        ("Sent", SpecialUse.SENT, True),
    ]
    assert [each[0] for each in found] == ["INBOX", "Old", "Old/2020", "Sent"]


async def test_an_account_that_cannot_be_made_whole_is_not_made(store: Store) -> None:
    twice = (NewMailbox(SENT, SpecialUse.SENT), NewMailbox(MailboxName("Sent Items"), SpecialUse.SENT))
    with pytest.raises(SpecialUseTaken):
        await store.create_account(ALICE, twice)
    assert await store.accounts() == []
    assert await names(await store.create_account(ALICE)) == ["INBOX"]


async def test_an_account_is_made_once(store: Store) -> None:
    account = await store.create_account(ALICE)
    await fill(await account.mailbox(INBOX), ())
    with pytest.raises(AccountHasMail):
        await store.create_account(ALICE)
    assert (await (await store.account(ALICE)).list_mailboxes())[0].status.messages == 1


async def test_accounts_come_in_order(store: Store) -> None:
    assert await store.accounts() == []
    for name in ("bob", "alice", "carol"):
        await store.create_account(AccountId(name))
    assert await store.accounts() == ["alice", "bob", "carol"]


async def test_an_unknown_account(store: Store) -> None:
    with pytest.raises(NoSuchAccount):
        await store.account(ALICE)
    with pytest.raises(NoSuchAccount):
        await store.delete_account(ALICE)


async def test_accounts_share_nothing(store: Store) -> None:
    alice, bob = await store.create_account(ALICE), await store.create_account(BOB)
    hers, his = await alice.mailbox(INBOX), await bob.mailbox(INBOX)
    await hers.append([new(None, "\\Seen"), new()])
    before = await his.status()
    assert before.messages == 0
    await his.append([new(None, "\\Flagged")])
    await bob.create(SENT, SpecialUse.SENT)
    await alice.create(SENT, SpecialUse.SENT)
    assert [each.flags for each in await contents(store, hers)] == [{"\\seen"}, frozenset()]
    assert [each.flags for each in await contents(store, his)] == [{"\\flagged"}]


async def test_a_mailbox_is_out_of_reach_for_another_account(store: Store) -> None:
    alice, bob = await store.create_account(ALICE), await store.create_account(BOB)
    await bob.create(MailboxName("Secret"))
    secret = await bob.mailbox(MailboxName("Secret"))
    inbox = await alice.mailbox(INBOX)
    (uid,) = await fill(inbox, ())
    if secret.id not in [each.id for each in await alice.list_mailboxes()]:
        with pytest.raises(NoSuchMailbox):
            await inbox.copy([uid], secret.id)
    assert (await secret.status()).messages == 0


async def test_a_deleted_account_is_gone_for_those_who_hold_it_too(store: Store) -> None:
    account = await store.create_account(ALICE)
    inbox = await account.mailbox(INBOX)
    await store.delete_account(ALICE)
    assert await store.accounts() == []
    with pytest.raises(NoSuchAccount):
        await store.account(ALICE)
    with pytest.raises((NoSuchAccount, NoSuchMailbox)):
        await inbox.status()
    with pytest.raises((NoSuchAccount, NoSuchMailbox)):
        await inbox.append([new()])
    with pytest.raises((NoSuchAccount, NoSuchMailbox)):
        await account.create(SENT)


async def test_an_account_made_again_starts_afresh(store: Store) -> None:
    account = await store.create_account(ALICE)
    inbox = await account.mailbox(INBOX)
    await fill(inbox, (), ())
    await account.create(SENT)
    old = inbox.uid_validity
    await store.delete_account(ALICE)
    again = await store.create_account(ALICE)
    assert await names(again) == ["INBOX"]
    fresh = await again.mailbox(INBOX)
    assert (await fresh.status()).messages == 0
    # A client that kept its copy must notice that these are not the UIDs it knew (RFC 9051 §2.3.1.1).
    assert fresh.uid_validity > old


async def test_opening_an_account_twice_shows_the_same_mail(account: Account, store: Store) -> None:
    other = await store.account(ALICE)
    await fill(await account.mailbox(INBOX), ("\\Seen",))
    assert await listed(other) == await listed(account)
    assert (await (await other.mailbox(INBOX)).index()).flags == (await (await account.mailbox(INBOX)).index()).flags
