"""COPY and MOVE: paired UIDs, order kept, one step, no duplicates (RFC 9051 §6.4.7, RFC 6851)."""

from __future__ import annotations

import pytest
from tests.support.store import ALICE, Clock, House, check_account, contents, fill, mail, new, uids

from restante.model.flags import FlagSet
from restante.model.ids import MailboxId
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.api import Account, Mailbox, Store
from restante.store.errors import LimitReached, NoSuchMailbox
from restante.store.model import Field, FlagOp, StoreLimits

WORK = MailboxName("Work")
ALL = (
    Field.ENVELOPE | Field.BODYSTRUCTURE | Field.BODY | Field.PARTS | Field.HEADER | Field.IDS | Field.SORT | Field.SIZE
)


@pytest.fixture
async def work(account: Account) -> Mailbox:
    await account.create(WORK)
    return await account.mailbox(WORK)


async def test_copy(inbox: Mailbox, work: Mailbox, store: Store) -> None:
    await fill(work, ())
    await fill(inbox, ("\\Seen", "note"), ("\\Flagged",), (), ("\\Deleted",))
    before, status = await contents(store, inbox), await inbox.status()
    done = await inbox.copy(uids(1, 2, 4), work.id)
    assert (done.uid_validity, done.source, done.target) == (work.uid_validity, uids(1, 2, 4), uids(2, 3, 4))
    assert await contents(store, inbox) == before
    assert await inbox.status() == status
    copies = (await contents(store, work))[1:]
    assert [each[1:] for each in copies] == [before[at][1:] for at in (0, 1, 3)]
    assert (await work.status()).modseq == done.modseq > status.modseq
    assert (await work.status()).recent == 4


async def test_a_copy_answers_as_its_original_does(inbox: Mailbox, work: Mailbox) -> None:
    found = await fill(inbox, ("\\Seen",), ())
    done = await inbox.copy(found, work.id)
    originals, copies = await inbox.messages(found, ALL), await work.messages(done.target, ALL)
    assert [each[3:] for each in copies] == [each[3:] for each in originals]
    assert all(each.email_id and each.thread_id for each in copies)


async def test_what_is_gone_is_left_out(inbox: Mailbox, work: Mailbox) -> None:
    await fill(inbox, (), (), ())
    await inbox.expunge(uids(2), deleted_only=False)
    assert (await inbox.copy(uids(1, 2, 3, 8), work.id)).source == uids(1, 3)
    assert (await inbox.move(uids(1, 2, 8), work.id)).source == uids(1)
    assert (await work.status()).messages == 3


async def test_nothing_to_copy_or_move_is_no_change(inbox: Mailbox, work: Mailbox) -> None:
    await fill(inbox, ())
    figures = await inbox.status(), await work.status()
    for asked in ((), uids(7, 8)):
        copied = await inbox.copy(asked, work.id)
        assert (copied.uid_validity, copied.source, copied.target) == (work.uid_validity, (), ())
        moved = await inbox.move(asked, work.id)
        assert (moved.source, moved.target, moved.modseq) == ((), (), figures[0].modseq)
    assert (await inbox.status(), await work.status()) == figures


async def test_copy_to_itself(inbox: Mailbox, store: Store) -> None:
    await fill(inbox, ("a",), ())
    done = await inbox.copy(uids(1, 2), inbox.id)
    assert (done.source, done.target) == (uids(1, 2), uids(3, 4))
    seen = await contents(store, inbox)
    assert [each[1:] for each in seen[:2]] == [each[1:] for each in seen[2:]]
    index = await inbox.index()
    assert list(index.modseqs)[2:] == [done.modseq] * 2
    assert index.modseqs[0] < done.modseq


async def test_order_is_kept_in_bulk(inbox: Mailbox, work: Mailbox, store: Store) -> None:
    await inbox.append([new(mail(f"n{n}"), *(["\\Seen"] if n % 3 else [])) for n in range(1, 301)])
    chosen = uids(*range(1, 301, 2))
    done = await inbox.copy(chosen, work.id)
    assert done.source == chosen
    assert done.target == uids(*range(1, 151))
    assert [each.raw for each in await contents(store, work)] == [mail(f"n{n}") for n in chosen]


async def test_move(inbox: Mailbox, work: Mailbox, store: Store) -> None:
    await fill(inbox, ("\\Seen",), (), ("note",))
    before, figures = await contents(store, inbox), await inbox.status()
    done = await inbox.move(uids(1, 3), work.id)
    assert (done.uid_validity, done.source, done.target) == (work.uid_validity, uids(1, 3), uids(1, 2))
    assert await contents(store, inbox) == before[1:2]
    assert [each[1:] for each in await contents(store, work)] == [before[0][1:], before[2][1:]]
    changes = await inbox.changes_since(figures.modseq)
    assert (list(changes.vanished), changes.flagged, changes.modseq) == ([1, 3], (), done.modseq)
    assert (await work.changes_since(figures.modseq)).vanished.ranges == ()
    assert [each.uid for each in (await work.changes_since(figures.modseq)).flagged] == [1, 2]
    assert (await inbox.status()).modseq == done.modseq


async def test_move_twice_moves_once(inbox: Mailbox, work: Mailbox) -> None:
    await fill(inbox, (), ())
    await inbox.move(uids(1, 2), work.id)
    again = await inbox.move(uids(1, 2), work.id)
    assert again.source == ()
    assert (await work.status()).messages == 2


async def test_move_within_a_mailbox(inbox: Mailbox, store: Store) -> None:
    await fill(inbox, ("a",), ("b",), ("c",))
    before, figures = await contents(store, inbox), await inbox.status()
    done = await inbox.move(uids(1, 2), inbox.id)
    assert (done.source, done.target) == (uids(1, 2), uids(4, 5))
    after = await contents(store, inbox)
    assert [each.uid for each in after] == [3, 4, 5]
    assert [each[1:] for each in after] == [before[at][1:] for at in (2, 0, 1)]
    assert list((await inbox.changes_since(figures.modseq)).vanished) == [1, 2]


async def test_there_and_back_again(inbox: Mailbox, work: Mailbox, store: Store) -> None:
    await fill(inbox, ("a",), ("b",))
    before = await contents(store, inbox)
    there = await inbox.move(uids(1, 2), work.id)
    back = await work.move(there.target, inbox.id)
    assert back.target == uids(3, 4)
    assert [each[1:] for each in await contents(store, inbox)] == [each[1:] for each in before]
    assert (await work.status()).messages == 0
    assert (await work.status()).uid_next == 3


async def test_no_such_target(inbox: Mailbox) -> None:
    await fill(inbox, ())
    before = await inbox.status()
    for call in (inbox.copy(uids(1), MailboxId("nowhere")), inbox.move(uids(1), MailboxId("nowhere"))):
        with pytest.raises(NoSuchMailbox):
            await call
    assert await inbox.status() == before


async def test_a_target_that_cannot_take_all_takes_none(house: House) -> None:
    store = await house.open(StoreLimits(keywords=1))
    account = await store.create_account(ALICE)
    await account.create(WORK)
    inbox, work = await account.mailbox(INBOX), await account.mailbox(WORK)
    await fill(work, ("a",))
    await fill(inbox, (), ("b",))
    figures = await inbox.status(), await work.status()
    for call in (inbox.copy(uids(1, 2), work.id), inbox.move(uids(1, 2), work.id)):
        with pytest.raises(LimitReached):
            await call
    assert (await inbox.status(), await work.status()) == figures
    await check_account(account)


async def test_a_copy_lives_its_own_life(inbox: Mailbox, work: Mailbox, store: Store) -> None:
    await fill(inbox, ())
    await inbox.copy(uids(1), work.id)
    await work.update_flags(uids(1), FlagOp.ADD, FlagSet(["\\Seen"]))
    assert (await inbox.status()).unseen == 1
    before = await contents(store, work)
    await inbox.expunge(deleted_only=False)
    assert await contents(store, work) == before


async def test_a_copy_is_saved_when_it_is_made(inbox: Mailbox, work: Mailbox, clock: Clock) -> None:
    await fill(inbox, ())
    first = int(clock.now)
    clock.now += 100
    await inbox.copy(uids(1), work.id)
    clock.now += 100
    await inbox.move(uids(1), work.id)
    saved = [each.save_epoch for each in await work.messages(uids(1, 2), Field.SAVE_DATE | Field.DATE)]
    assert saved == [first + 100, first + 200]
