"""Expunge, and what changed since: modseqs only grow, and nothing is missed (RFC 7162 §3.1, §3.2)."""

from __future__ import annotations

import pytest
from tests.support.store import ALICE, House, check_account, fill, modseq, uids

from restante.model.flags import FlagSet
from restante.model.ids import MAX_MODSEQ
from restante.model.mailbox_name import INBOX, MailboxName
from restante.model.message_set import UidSet
from restante.store.api import Account, Mailbox
from restante.store.errors import NoSuchMailbox
from restante.store.model import FlagOp, StoreLimits

SEEN = FlagSet(["\\Seen"])


async def test_expunge_takes_the_deleted(inbox: Mailbox) -> None:
    await fill(inbox, ("\\Deleted",), (), ("\\Deleted", "\\Seen"))
    before = await inbox.status()
    assert before.deleted == 2
    done = await inbox.expunge()
    assert done.uids == UidSet.of([1, 3])
    assert list((await inbox.index()).uids) == [2]
    after = await inbox.status()
    assert (after.messages, after.deleted, after.uid_next, after.modseq) == (1, 0, 4, done.modseq)
    assert done.modseq > before.modseq


async def test_expunge_finds_what_was_flagged_long_ago(inbox: Mailbox) -> None:
    await fill(inbox, ("\\Deleted",), *[()] * 600, ("\\Deleted", "\\Seen"))
    for at in range(2, 602, 100):
        await inbox.update_flags(uids(*range(at, at + 100)), FlagOp.ADD, SEEN)
    await inbox.update_flags(uids(300), FlagOp.ADD, FlagSet(["\\Deleted"]))
    assert (await inbox.expunge()).uids == UidSet.of([1, 300, 602])
    assert (await inbox.status()).deleted == 0
    assert (await inbox.expunge()).uids == UidSet()


async def test_expunge_of_some(inbox: Mailbox) -> None:
    await fill(inbox, ("\\Deleted",), (), ("\\Deleted",))
    assert (await inbox.expunge(uids(2, 3, 9))).uids == UidSet.of([3])
    assert (await inbox.expunge(uids(2), deleted_only=False)).uids == UidSet.of([2])
    assert list((await inbox.index()).uids) == [1]


async def test_expunge_of_everything(inbox: Mailbox) -> None:
    await fill(inbox, (), ("\\Deleted",), ())
    assert (await inbox.expunge(deleted_only=False)).uids == UidSet.of([1, 2, 3])
    status = await inbox.status()
    assert (status.messages, status.unseen, status.size, status.recent, status.uid_next) == (0, 0, 0, 0, 4)


async def test_nothing_to_expunge_is_no_change(inbox: Mailbox) -> None:
    await fill(inbox, ())
    before = await inbox.status()
    for done in (await inbox.expunge(), await inbox.expunge(()), await inbox.expunge(uids(5), deleted_only=False)):
        assert (done.uids, done.modseq) == (UidSet(), before.modseq)
    assert await inbox.status() == before


async def test_changes_from_every_point(inbox: Mailbox) -> None:
    points = [(await inbox.status()).modseq]

    async def mark() -> None:
        points.append((await inbox.status()).modseq)

    await fill(inbox, (), (), (), ())
    await mark()
    await inbox.update_flags(uids(1, 3), FlagOp.ADD, SEEN)
    await mark()
    await inbox.expunge(uids(3), deleted_only=False)
    await mark()
    await inbox.update_flags(uids(1), FlagOp.REMOVE, SEEN)
    await mark()
    await inbox.expunge(uids(1), deleted_only=False)
    await mark()
    assert points == sorted(set(points))
    expected: list[tuple[list[int], list[int]]] = [
        ([2, 4], [1, 3]),
        ([], [1, 3]),
        ([], [1, 3]),
        ([], [1]),
        ([], [1]),
        ([], []),
    ]
    for point, (flagged, vanished) in zip(points, expected, strict=True):
        changes = await inbox.changes_since(point)
        assert [each.uid for each in changes.flagged] == flagged
        assert list(changes.vanished) == vanished
        assert (changes.modseq, changes.uid_next, changes.complete) == (points[-1], 5, True)


async def test_a_change_is_told_once_with_its_last_state(inbox: Mailbox) -> None:
    await fill(inbox, (), ())
    since = (await inbox.status()).modseq
    for op in (FlagOp.ADD, FlagOp.REMOVE):
        await inbox.update_flags(uids(2), op, SEEN)
    done = await inbox.update_flags(uids(2), FlagOp.ADD, SEEN)
    (only,) = (await inbox.changes_since(since)).flagged
    assert only == (2, SEEN, done.modseq)


async def test_it_is_known_whether_nothing_has_happened(account: Account, inbox: Mailbox) -> None:
    since = (await inbox.index()).modseq
    assert inbox.unchanged_since(since)
    assert inbox.unchanged_since(MAX_MODSEQ)
    await fill(inbox, (), ())
    assert not inbox.unchanged_since(since)
    for change in (
        lambda: inbox.update_flags(uids(2), FlagOp.ADD, SEEN),
        lambda: inbox.expunge(uids(1), deleted_only=False),
    ):
        since = (await inbox.index()).modseq
        assert inbox.unchanged_since(since)
        await change()
        assert not inbox.unchanged_since(since)
    await account.create(MailboxName("Gone"))
    gone = await account.mailbox(MailboxName("Gone"))
    since = (await gone.index()).modseq
    await account.delete(MailboxName("Gone"))
    with pytest.raises(NoSuchMailbox):
        gone.unchanged_since(since)


async def test_changes_from_the_future(inbox: Mailbox) -> None:
    await fill(inbox, (), ())
    await inbox.expunge(uids(1), deleted_only=False)
    for future in (modseq((await inbox.status()).modseq + 1), MAX_MODSEQ):
        changes = await inbox.changes_since(future)
        assert (changes.flagged, changes.vanished, changes.complete) == ((), UidSet(), True)


async def test_one_modseq_per_account(account: Account, inbox: Mailbox) -> None:
    await account.create(MailboxName("Work"))
    work = await account.mailbox(MailboxName("Work"))
    seen = [(await inbox.append([])).modseq]
    await fill(inbox, ())
    for mailbox in (work, inbox, work, inbox):
        await fill(mailbox, ())
        seen.append((await mailbox.status()).modseq)
    seen.append((await inbox.copy(uids(1), work.id)).modseq)
    seen.append((await inbox.move(uids(1), work.id)).modseq)
    seen.append((await work.update_flags(uids(1), FlagOp.ADD, SEEN)).modseq)
    seen.append((await work.expunge(deleted_only=False)).modseq)
    assert seen == sorted(set(seen))


async def test_a_neighbour_changes_nothing_here(account: Account, inbox: Mailbox) -> None:
    await account.create(MailboxName("Work"))
    work = await account.mailbox(MailboxName("Work"))
    await fill(inbox, ())
    before = await inbox.status()
    await fill(work, ("\\Deleted",), ())
    await work.expunge()
    await inbox.copy(uids(1), work.id)
    await account.rename(MailboxName("Work"), MailboxName("Play"))
    await account.subscribe(MailboxName("Play"))
    assert await inbox.status() == before
    assert (await inbox.changes_since(before.modseq)).flagged == ()


async def test_modseq_never_goes_back(account: Account) -> None:
    name = MailboxName("Work")
    highest = 0
    for _ in range(3):
        made = await account.create(name)
        assert made.status.modseq > highest
        mailbox = await account.mailbox(name)
        await fill(mailbox, ("\\Deleted",), ())
        highest = (await mailbox.expunge()).modseq
        await account.delete(name)


async def test_tombstones_are_swept_when_old_enough(house: House) -> None:
    store = await house.open(StoreLimits(tombstones=1_000))
    account = await store.create_account(ALICE)
    inbox = await account.mailbox(INBOX)
    await fill(inbox, (), (), (), ())
    start = (await inbox.status()).modseq
    first = await inbox.expunge(uids(1), deleted_only=False)
    house.clock.now += 600
    second = await inbox.expunge(uids(2), deleted_only=False)
    assert (await inbox.changes_since(start)).vanished == UidSet.of([1, 2])
    assert (await inbox.changes_since(start)).complete
    house.clock.now += 600
    third = await inbox.expunge(uids(3), deleted_only=False)
    behind = await inbox.changes_since(start)
    # An engine may sweep late, but never tell half the truth as the whole.
    assert behind.vanished == UidSet.of([1, 2, 3]) if behind.complete else behind.vanished == UidSet.of([2, 3])
    for since, vanished in ((first.modseq, [2, 3]), (second.modseq, [3]), (third.modseq, [])):
        changes = await inbox.changes_since(since)
        assert (list(changes.vanished), changes.complete) == (vanished, True)
    assert behind.flagged == ()
    await check_account(account)


async def test_sweeping_takes_no_mail(house: House) -> None:
    store = await house.open(StoreLimits(tombstones=0))
    account = await store.create_account(ALICE)
    inbox = await account.mailbox(INBOX)
    await fill(inbox, ("\\Deleted",), (), ("\\Deleted",))
    await inbox.expunge(uids(1))
    house.clock.now += 10
    await inbox.expunge(uids(3))
    house.clock.now += 10
    now = await inbox.status()
    assert (await inbox.changes_since(now.modseq)).complete
    assert (now.messages, now.uid_next) == (1, 4)
    assert await fill(inbox, ()) == uids(4)
    await check_account(account)


async def test_the_index_is_shared_and_current(account: Account, inbox: Mailbox) -> None:
    other = await account.mailbox(INBOX)
    await fill(inbox, (), ())
    assert list((await other.index()).uids) == [1, 2]
    await other.update_flags(uids(2), FlagOp.ADD, SEEN)
    index = await inbox.index()
    assert index.flags[index.position(2)] is SEEN
    await inbox.expunge(uids(1), deleted_only=False)
    index = await other.index()
    assert (list(index.uids), index.position(1), index.position(2), index.uid_next) == ([2], -1, 0, 3)
