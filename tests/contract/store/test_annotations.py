"""Annotations: what clients note down about mailboxes and the account (RFC 5464 §3, §4.1)."""

from __future__ import annotations

import pytest
from tests.contract.store.test_hints import Watch
from tests.support.store import ALICE, House, check_account, fill, modseq

from restante.model.entry_name import EntryName
from restante.model.ids import AccountId, MailboxId
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.annotations import SPECIAL_USE_ENTRY, Annotated
from restante.store.api import Account, Mailbox, Store
from restante.store.errors import (
    AnnotationTooBig,
    NoSuchAccount,
    NoSuchMailbox,
    TooManyAnnotations,
)
from restante.store.model import SpecialUse, StoreFeature, StoreLimits

WORK = MailboxName("Work")
PLAY = MailboxName("Play")
COMMENT = EntryName("/private/comment")
SHARED = EntryName("/shared/comment")
COLOUR = EntryName("/private/vendor/acme/colour")
LIMITS = StoreLimits(mailboxes=6, annotations=3, annotation=40, annotation_octets=200)


def entry(number: int) -> EntryName:
    return EntryName(f"/private/vendor/acme/n{number}")


async def changed(account: Account, since: int) -> list[tuple[str | None, str]]:
    """What changed, without when."""
    return [(each.mailbox, each.entry) for each in (await account.annotations.changes_since(modseq(since))).changed]


@pytest.fixture
async def small(house: House) -> Account:
    return await (await house.open(LIMITS)).create_account(ALICE)


async def test_set_and_read(account: Account, inbox: Mailbox, store: Store) -> None:
    assert StoreFeature.ANNOTATIONS in store.features
    notes = account.annotations
    done = await notes.change(inbox.id, {SHARED: b"everyone", COMMENT: b"\x00\xff\r\n", COLOUR: b""})
    assert done.modseq
    assert await notes.sizes(inbox.id) == {COMMENT: 4, COLOUR: 0, SHARED: 8}
    assert list(await notes.sizes(inbox.id)) == [COMMENT, COLOUR, SHARED]
    assert await notes.values(inbox.id, [COMMENT, COLOUR, entry(1)]) == {COMMENT: b"\x00\xff\r\n", COLOUR: b""}
    assert await notes.sizes(None) == {}


async def test_the_accounts_own_are_apart(account: Account, inbox: Mailbox, store: Store) -> None:
    await account.annotations.change(None, {COMMENT: b"of the account"})
    await account.annotations.change(inbox.id, {COMMENT: b"of the mailbox"})
    assert await account.annotations.values(None, [COMMENT]) == {COMMENT: b"of the account"}
    assert await account.annotations.values(inbox.id, [COMMENT]) == {COMMENT: b"of the mailbox"}
    bob = await store.create_account(AccountId("bob"))
    assert await bob.annotations.sizes(None) == {}
    assert await bob.annotations.of_mailboxes([COMMENT]) == {}


async def test_replace_and_remove(account: Account, inbox: Mailbox) -> None:
    notes = account.annotations
    first = await notes.change(inbox.id, {COMMENT: b"one", SHARED: b"two"})
    second = await notes.change(inbox.id, {COMMENT: None, SHARED: b"three", COLOUR: None})
    assert first.modseq is not None
    assert second.modseq is not None
    assert second.modseq > first.modseq
    assert await notes.sizes(inbox.id) == {SHARED: 5}
    assert await notes.values(inbox.id, [COMMENT, SHARED]) == {SHARED: b"three"}


async def test_what_is_so_already_is_no_change(account: Account, inbox: Mailbox, store: Store) -> None:
    await account.annotations.change(inbox.id, {COMMENT: b"one"})
    watch = Watch(store, account.id)
    assert await account.annotations.change(inbox.id, {COMMENT: b"one", SHARED: None}) == Annotated(None)
    assert watch.hints == []
    watch.end()


async def test_messages_are_none_the_wiser(account: Account, inbox: Mailbox) -> None:
    await fill(inbox, ())
    before = await inbox.status()
    await account.annotations.change(inbox.id, {COMMENT: b"one"})
    assert await inbox.status() == before


async def test_of_every_mailbox_at_once(account: Account, inbox: Mailbox) -> None:
    work = await account.create(WORK)
    await account.create(PLAY)
    await account.annotations.change(None, {COMMENT: b"account"})
    await account.annotations.change(inbox.id, {COMMENT: b"inbox", COLOUR: b"red"})
    await account.annotations.change(work.id, {COMMENT: b"work", SHARED: b"not asked"})
    assert await account.annotations.of_mailboxes([COMMENT, COLOUR]) == {
        inbox.id: {COMMENT: b"inbox", COLOUR: b"red"},
        work.id: {COMMENT: b"work"},
    }
    assert await account.annotations.of_mailboxes([]) == {}


async def test_they_go_where_the_mailbox_goes(account: Account) -> None:
    work = await account.create(WORK)
    await account.annotations.change(work.id, {COMMENT: b"mine"})
    await account.rename(WORK, MailboxName("Archive/Work"))
    assert await account.annotations.values(work.id, [COMMENT]) == {COMMENT: b"mine"}
    assert await changed(account, 0) == [("Archive/Work", COMMENT)]


async def test_renaming_inbox_copies_them(account: Account, inbox: Mailbox) -> None:
    await account.annotations.change(inbox.id, {COMMENT: b"mine", SHARED: b"gone soon"})
    done = await account.annotations.change(inbox.id, {SHARED: None})
    assert done.modseq is not None
    await account.rename(INBOX, WORK)
    work = await account.mailbox(WORK)
    for mailbox in (inbox, work):
        assert await account.annotations.sizes(mailbox.id) == {COMMENT: 4}
    # The new mailbox is told of as such.
    assert await changed(account, done.modseq) == []


async def test_they_end_with_the_mailbox(account: Account) -> None:
    work = await account.create(WORK)
    await account.annotations.change(work.id, {COMMENT: b"mine", SHARED: b"x"})
    await account.annotations.change(work.id, {SHARED: None})
    await account.delete(WORK)
    assert await changed(account, 0) == []
    again = await account.create(WORK)
    assert await account.annotations.sizes(again.id) == {}


@pytest.mark.parametrize("gone", [MailboxId("F0000ffff"), MailboxId("nonsense")])
async def test_of_no_mailbox(account: Account, gone: MailboxId) -> None:
    with pytest.raises(NoSuchMailbox):
        await account.annotations.sizes(gone)
    with pytest.raises(NoSuchMailbox):
        await account.annotations.values(gone, [COMMENT])
    with pytest.raises(NoSuchMailbox):
        await account.annotations.change(gone, {COMMENT: b"x"})


async def test_of_no_account(account: Account, store: Store) -> None:
    await store.delete_account(account.id)
    with pytest.raises(NoSuchAccount):
        await account.annotations.change(None, {COMMENT: b"x"})
    with pytest.raises(NoSuchAccount):
        await account.annotations.changes_since(modseq(0))


async def test_changes(account: Account, inbox: Mailbox) -> None:
    notes = account.annotations
    assert (await notes.changes_since(modseq(0))).changed == ()
    one = await notes.change(inbox.id, {COMMENT: b"1", SHARED: b"1"})
    two = await notes.change(None, {COMMENT: b"2"})
    three = await notes.change(inbox.id, {COMMENT: None})
    assert one.modseq is not None
    assert two.modseq is not None
    found = await notes.changes_since(modseq(0))
    assert found.complete
    assert found.modseq == three.modseq == await notes.modseq()
    assert [each.modseq for each in found.changed] == [one.modseq, two.modseq, three.modseq]
    assert await changed(account, 0) == [("INBOX", SHARED), (None, COMMENT), ("INBOX", COMMENT)]
    assert await changed(account, one.modseq) == [(None, COMMENT), ("INBOX", COMMENT)]
    assert await changed(account, two.modseq) == [("INBOX", COMMENT)]
    assert await changed(account, found.modseq) == []
    future = await notes.changes_since(modseq(found.modseq + 1000))
    assert (future.changed, future.modseq) == ((), found.modseq + 1000)


async def test_each_change_is_hinted_at(account: Account, inbox: Mailbox, store: Store) -> None:
    watch = Watch(store, account.id)
    for mailbox in (inbox.id, None):
        done = await account.annotations.change(mailbox, {COMMENT: b"1"})
        assert done.modseq is not None
        hint = await watch.until(None, done.modseq)
        assert (hint.account, hint.annotations) == (account.id, True)
    assert all(hint.annotations for hint in watch.hints)
    watch.end()


async def test_a_special_use_counts_as_an_annotation(account: Account, store: Store) -> None:
    work = await account.create(WORK, SpecialUse.SENT)
    watch = Watch(store, account.id)
    await account.set_special_use(WORK, SpecialUse.JUNK)
    hint = await watch.until(None, work.status.modseq + 1)
    assert {each.annotations for each in watch.hints if each.modseq == hint.modseq} == {True, False}
    assert await changed(account, work.status.modseq) == [("Work", SPECIAL_USE_ENTRY)]
    assert await account.annotations.sizes(work.id) == {}
    watch.end()


async def test_a_special_use_is_taken_over(account: Account) -> None:
    work, play = await account.create(WORK, SpecialUse.SENT), await account.create(PLAY)
    before = (await account.annotations.changes_since(modseq(0))).modseq
    done = await account.annotations.change(play.id, {COMMENT: b"x"}, SpecialUse.SENT)
    assert done.bereft == WORK
    uses = {record.name: record.special_use for record in await account.list_mailboxes()}
    assert uses == {INBOX: None, WORK: None, PLAY: SpecialUse.SENT}
    assert sorted(await changed(account, before), key=str) == [
        ("Play", COMMENT),
        ("Play", SPECIAL_USE_ENTRY),
        ("Work", SPECIAL_USE_ENTRY),
    ]
    assert await account.annotations.change(play.id, {}, SpecialUse.SENT) == Annotated(None)
    assert await account.annotations.change(None, {}, SpecialUse.TRASH) == Annotated(None)
    assert (await account.annotations.change(work.id, {}, None)).modseq is None
    done = await account.annotations.change(play.id, {}, None)
    assert (done.modseq is None, done.bereft) == (False, None)
    assert await account.annotations.sizes(play.id) == {COMMENT: 1}


async def test_too_large(small: Account) -> None:
    inbox = await small.mailbox(INBOX)
    await small.annotations.change(inbox.id, {COMMENT: b"x" * 40})
    with pytest.raises(AnnotationTooBig) as caught:
        await small.annotations.change(inbox.id, {SHARED: b"ok", COMMENT: b"x" * 41})
    assert caught.value.limit == 40
    assert await small.annotations.sizes(inbox.id) == {COMMENT: 40}
    await check_account(small)


async def test_too_many(small: Account) -> None:
    notes = small.annotations
    await notes.change(None, {entry(1): b"", entry(2): b"", entry(3): b""})
    before = (await notes.changes_since(modseq(0))).modseq
    with pytest.raises(TooManyAnnotations):
        await notes.change(None, {entry(1): b"new", entry(4): b""})
    assert await notes.sizes(None) == {entry(1): 0, entry(2): 0, entry(3): 0}
    assert await changed(small, before) == []
    await notes.change(None, {entry(4): b"", entry(1): None, entry(2): b"replaced"})
    assert await notes.sizes(None) == {entry(2): 8, entry(3): 0, entry(4): 0}
    # Each mailbox has its own number.
    await notes.change((await small.mailbox(INBOX)).id, {entry(1): b""})


async def test_all_together_too_large(small: Account) -> None:
    notes, inbox = small.annotations, await small.mailbox(INBOX)
    work = await small.create(WORK)
    full = {entry(number): b"x" * (31 if number == 3 else 40) for number in (1, 2, 3)}
    await notes.change(inbox.id, full)
    with pytest.raises(TooManyAnnotations):
        await notes.change(work.id, {entry(1): b"12345"})
    with pytest.raises(TooManyAnnotations):
        await small.rename(INBOX, PLAY)
    assert [record.name for record in await small.list_mailboxes()] == [INBOX, WORK]
    await notes.change(inbox.id, {entry(1): None})
    await notes.change(work.id, {entry(1): b"x" * 40})
    await small.delete(WORK)
    await notes.change(None, {entry(1): b"x" * 40})
    await check_account(small)


async def test_room_is_counted_rightly_through_everything(small: Account) -> None:
    notes, inbox = small.annotations, await small.mailbox(INBOX)
    for _ in range(20):
        await notes.change(inbox.id, {entry(1): b"x" * 40, entry(2): b"y"})
        await notes.change(inbox.id, {entry(1): b"z", entry(2): None})
        await small.rename(INBOX, WORK)
        await small.rename(WORK, PLAY)
        await small.delete(PLAY)
    full = {entry(number): b"x" * (31 if number == 3 else 40) for number in (1, 2, 3)}
    await notes.change(inbox.id, full)
    with pytest.raises(TooManyAnnotations):
        await notes.change(None, {entry(1): b"12345"})


async def test_removals_are_remembered_so_far(small: Account) -> None:
    notes, inbox = small.annotations, await small.mailbox(INBOX)
    start = (await notes.changes_since(modseq(0))).modseq
    for number in range(3):
        await notes.change(inbox.id, {entry(number): b"x"})
        await notes.change(inbox.id, {entry(number): None})
    found = await notes.changes_since(start)
    assert (found.complete, len(found.changed)) == (True, 3)
    await notes.change(None, {entry(3): b"x", entry(4): b"x"})
    await notes.change(None, {entry(3): None})
    late = await notes.changes_since(start)
    assert not late.complete
    assert [each.entry for each in late.changed] == [entry(1), entry(2), entry(4), entry(3)]
    assert (await notes.changes_since(found.modseq)).complete


async def test_they_outlive_a_restart(house: House) -> None:
    if not house.engine.durable:
        pytest.skip("this engine keeps nothing over a restart")
    account = await (await house.open()).create_account(ALICE)
    inbox = await account.mailbox(INBOX)
    await account.annotations.change(inbox.id, {COMMENT: b"\x00mine", SHARED: b"x"})
    done = await account.annotations.change(inbox.id, {SHARED: None})
    again = await (await house.reopen()).account(ALICE)
    assert await again.annotations.values(inbox.id, [COMMENT, SHARED]) == {COMMENT: b"\x00mine"}
    found = await again.annotations.changes_since(modseq(0))
    assert (found.modseq, [each.entry for each in found.changed]) == (done.modseq, [COMMENT, SHARED])
