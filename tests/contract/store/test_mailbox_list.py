"""The list of mailboxes: create, rename, delete, special uses and subscriptions (RFC 9051 §6.3.4 to §6.3.8)."""

from __future__ import annotations

import pytest
from tests.support.store import check_account, contents, fill, listed, modseq, names, new

from restante.model.flags import FlagSet
from restante.model.ids import MailboxId
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store import query as q
from restante.store.api import Account, Mailbox, Store
from restante.store.errors import (
    LimitReached,
    MailboxExists,
    MailboxFixed,
    MailboxHasChildren,
    NoSuchMailbox,
    SpecialUseTaken,
)
from restante.store.model import Field, FlagOp, SpecialUse

WORK = MailboxName("Work")
OLD = MailboxName("Old")


def name(text: str) -> MailboxName:
    return MailboxName(text)


async def test_create(account: Account) -> None:
    made = await account.create(WORK, SpecialUse.ARCHIVE)
    assert (made.name, made.special_use, made.subscribed, made.status.messages) == (WORK, SpecialUse.ARCHIVE, False, 0)
    assert made.status.uid_next == 1
    assert made.status.modseq >= 1
    mailbox = await account.mailbox(WORK)
    assert (mailbox.id, mailbox.uid_validity) == (made.id, made.status.uid_validity)
    assert (await account.mailbox_by_id(made.id)).id == made.id
    assert await mailbox.record() == made


async def test_create_makes_what_is_missing_above(account: Account) -> None:
    await account.create(name("a/b/c"), SpecialUse.ARCHIVE)
    assert await names(account) == ["INBOX", "a", "a/b", "a/b/c"]
    assert [each.special_use for each in await listed(account)] == [None, None, None, SpecialUse.ARCHIVE]
    await account.create(name("a/b/d"))
    await fill(await account.mailbox(name("a")), ())
    assert await names(account) == ["INBOX", "a", "a/b", "a/b/c", "a/b/d"]


async def test_inbox_comes_first_then_names_in_order(account: Account) -> None:
    for each in ("b", "B", "INBOX/x", "ä", "a/z", "a-b", "Älter", "日本"):
        await account.create(name(each))
    assert await names(account) == ["INBOX", "B", "INBOX/x", "a", "a-b", "a/z", "b", "Älter", "ä", "日本"]


@pytest.mark.parametrize("taken", ["INBOX", "Work", "Work/deep"])
async def test_create_twice(account: Account, taken: str) -> None:
    await account.create(name("Work/deep"))
    with pytest.raises(MailboxExists):
        await account.create(name(taken))


async def test_names_differ_by_case(account: Account) -> None:
    await account.create(name("work"))
    await account.create(WORK)
    assert await names(account) == ["INBOX", "Work", "work"]


async def test_mailbox_ids_differ_and_are_fit_for_the_wire(account: Account) -> None:
    await account.create(name("a/b"))
    ids = [each.id for each in await account.list_mailboxes()]
    assert len(set(ids)) == 3
    # RFC 8474 §7: objectid = 1*255(ALPHA / DIGIT / "_" / "-")
    assert all(1 <= len(each) <= 255 and each.replace("_", "").replace("-", "").isalnum() for each in ids)


async def test_open_what_is_not_there(account: Account) -> None:
    with pytest.raises(NoSuchMailbox):
        await account.mailbox(WORK)
    with pytest.raises(NoSuchMailbox):
        await account.mailbox_by_id(MailboxId("nowhere"))


async def test_delete(account: Account) -> None:
    await account.create(WORK)
    mailbox = await account.mailbox(WORK)
    (uid,) = await fill(mailbox, ())
    inbox = await account.mailbox(INBOX)
    await fill(inbox, ())
    await account.delete(WORK)
    assert await names(account) == ["INBOX"]
    with pytest.raises(NoSuchMailbox):
        await account.mailbox_by_id(mailbox.id)
    with pytest.raises(NoSuchMailbox):
        await inbox.copy([uid], mailbox.id)
    with pytest.raises(NoSuchMailbox):
        await inbox.move([uid], mailbox.id)
    assert (await inbox.status()).messages == 1


async def test_every_method_of_a_deleted_mailbox_says_so(account: Account, inbox: Mailbox) -> None:
    await account.create(WORK)
    mailbox = await account.mailbox(WORK)
    (uid,) = await fill(mailbox, ())
    await account.delete(WORK)
    # The name's next holder is someone else.
    await account.create(WORK)
    for call in (
        mailbox.record(),
        mailbox.status(),
        mailbox.index(),
        mailbox.changes_since(modseq(0)),
        mailbox.messages([uid], Field.NONE),
        mailbox.search(q.All()),
        mailbox.append([new()]),
        mailbox.copy([uid], inbox.id),
        mailbox.move([uid], inbox.id),
        mailbox.update_flags([uid], FlagOp.ADD, FlagSet(["\\Seen"])),
        mailbox.expunge(),
        mailbox.claim_recent(),
    ):
        with pytest.raises(NoSuchMailbox):
            await call
    assert (await inbox.status()).messages == 0


async def test_delete_refuses(account: Account) -> None:
    await account.create(name("a/b"))
    with pytest.raises(MailboxHasChildren):
        await account.delete(name("a"))
    with pytest.raises(MailboxFixed):
        await account.delete(INBOX)
    with pytest.raises(NoSuchMailbox):
        await account.delete(WORK)
    # A name that merely begins alike is no child.
    await account.create(name("a/bc"))
    await account.delete(name("a/b"))
    assert await names(account) == ["INBOX", "a", "a/bc"]


async def test_a_name_used_again_has_new_identity(account: Account) -> None:
    await account.create(WORK)
    first = await account.mailbox(WORK)
    await fill(first, (), (), ())
    await account.delete(WORK)
    await account.create(WORK)
    second = await account.mailbox(WORK)
    assert second.uid_validity > first.uid_validity
    assert second.id != first.id
    assert (await second.status()).messages == 0
    assert (await second.status()).modseq > 1


async def test_rename_takes_everything_below_along(account: Account, store: Store) -> None:
    await account.create(name("a/b/c"))
    await account.create(name("ab"))
    deep = await account.mailbox(name("a/b/c"))
    await fill(deep, ("\\Seen", "note"), ())
    before, ids = await contents(store, deep), {each.name: each.id for each in await listed(account)}
    status = await deep.status()
    await account.rename(name("a"), name("x/y"))
    assert await names(account) == ["INBOX", "ab", "x", "x/y", "x/y/b", "x/y/b/c"]
    after = {each.name: each.id for each in await listed(account)}
    assert (after["x/y"], after["x/y/b"], after["x/y/b/c"]) == (ids["a"], ids["a/b"], ids["a/b/c"])
    assert await deep.status() == status
    assert (await deep.record()).name == "x/y/b/c"
    assert await contents(store, await account.mailbox(name("x/y/b/c"))) == before
    with pytest.raises(NoSuchMailbox):
        await account.mailbox(name("a"))


async def test_rename_keeps_the_use_and_leaves_subscriptions(account: Account) -> None:
    await account.create(WORK, SpecialUse.ARCHIVE)
    await account.subscribe(WORK)
    await account.rename(WORK, OLD)
    found = {each.name: (each.special_use, each.subscribed) for each in await listed(account)}
    assert found[OLD] == (SpecialUse.ARCHIVE, False)
    assert await account.subscriptions() == ["INBOX", "Work"]


async def test_rename_within_a_level_and_upwards(account: Account) -> None:
    await account.create(name("a/b/c"))
    await account.rename(name("a/b/c"), name("c"))
    await account.rename(name("a/b"), name("a/d"))
    assert await names(account) == ["INBOX", "a", "a/d", "c"]


async def test_rename_refuses(account: Account) -> None:
    await account.create(name("a/b"))
    await account.create(WORK)
    before = await listed(account)
    for source, target, error in (
        ("nowhere", "x", NoSuchMailbox),
        ("a", "Work", MailboxExists),
        ("a", "a", MailboxExists),
        ("a", "INBOX", MailboxExists),
        ("a", "a/b/c", MailboxFixed),
        ("a", "a/x", MailboxFixed),
        ("INBOX", "Work", MailboxExists),
        ("INBOX", "INBOX", MailboxExists),
    ):
        with pytest.raises(error):
            await account.rename(name(source), name(target))
    assert await listed(account) == before


async def test_rename_cannot_make_names_too_long(account: Account) -> None:
    leaf = "/".join(["x" * 200] * 4)
    await account.create(name(f"a/{leaf}"))
    before = await listed(account)
    with pytest.raises(LimitReached):
        await account.rename(name("a"), name("b" * 250))
    assert await listed(account) == before


async def test_rename_of_inbox_moves_its_messages_out(account: Account, inbox: Mailbox, store: Store) -> None:
    await account.create(name("INBOX/child"))
    await fill(inbox, ("\\Seen",), ("later",), ())
    before, status = await contents(store, inbox), await inbox.status()
    await account.rename(INBOX, name("Old/2025"))
    assert await names(account) == ["INBOX", "INBOX/child", "Old", "Old/2025"]
    target = await account.mailbox(name("Old/2025"))
    assert target.id != inbox.id
    assert [each[1:] for each in await contents(store, target)] == [each[1:] for each in before]
    now = await inbox.status()
    assert (now.messages, now.uid_next, now.uid_validity) == (0, status.uid_next, status.uid_validity)
    assert list((await inbox.changes_since(status.modseq)).vanished) == [1, 2, 3]
    assert (await account.mailbox(INBOX)).id == inbox.id


async def test_rename_of_inbox_to_below_itself(account: Account, inbox: Mailbox) -> None:
    # INBOX stays where it is, so this moves no name below itself.
    await fill(inbox, ())
    await account.rename(INBOX, name("INBOX/old"))
    assert [each.status.messages for each in await account.list_mailboxes()] == [0, 1]


async def test_rename_of_an_empty_inbox(account: Account) -> None:
    await account.rename(INBOX, OLD)
    assert await names(account) == ["INBOX", "Old"]


async def test_one_mailbox_for_each_use(account: Account) -> None:
    await account.create(WORK, SpecialUse.SENT)
    with pytest.raises(SpecialUseTaken):
        await account.create(name("x/y"), SpecialUse.SENT)
    assert await names(account) == ["INBOX", "Work"]
    await account.create(OLD)
    with pytest.raises(SpecialUseTaken):
        await account.set_special_use(OLD, SpecialUse.SENT)
    await account.set_special_use(WORK, SpecialUse.SENT)
    await account.set_special_use(WORK, None)
    await account.set_special_use(OLD, SpecialUse.SENT)
    await account.set_special_use(WORK, SpecialUse.JUNK)
    assert [each.special_use for each in await listed(account)] == [None, SpecialUse.SENT, SpecialUse.JUNK]
    with pytest.raises(NoSuchMailbox):
        await account.set_special_use(name("nowhere"), SpecialUse.TRASH)


async def test_a_use_is_free_again_when_its_mailbox_is_deleted(account: Account) -> None:
    await account.create(WORK, SpecialUse.SENT)
    await account.delete(WORK)
    await account.create(OLD, SpecialUse.SENT)
    assert (await listed(account))[1].special_use is SpecialUse.SENT


async def test_subscriptions_are_of_names(account: Account) -> None:
    await account.subscribe(name("not/there"))
    await account.subscribe(WORK)
    await account.subscribe(WORK)
    assert await account.subscriptions() == ["INBOX", "Work", "not/there"]
    assert (await account.create(WORK)).subscribed
    await account.delete(WORK)
    assert await account.subscriptions() == ["INBOX", "Work", "not/there"]
    await account.unsubscribe(WORK)
    await account.unsubscribe(WORK)
    await account.unsubscribe(INBOX)
    assert await account.subscriptions() == ["not/there"]
    assert not (await listed(account))[0].subscribed


async def test_a_handle_sees_what_others_do(account: Account, store: Store) -> None:
    other = await store.account(account.id)
    await account.create(WORK)
    mailbox = await other.mailbox(WORK)
    await account.rename(WORK, OLD)
    assert (await mailbox.record()).name == OLD
    await fill(mailbox, ())
    assert (await (await account.mailbox(OLD)).status()).messages == 1
    await check_account(other)


async def test_a_mailbox_by_name_with_its_figures(account: Account) -> None:
    made = await account.create(name("work"))
    assert await account.record(name("work")) == made
    with pytest.raises(NoSuchMailbox):
        await account.record(name("nowhere"))
