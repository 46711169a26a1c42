"""Many at once: every mutator is one step, and nobody's change is lost."""

from __future__ import annotations

import asyncio

from tests.support.store import ALICE, contents, fill, mail, modseq, new, uids

from restante.model.flags import FlagSet
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store import query as q
from restante.store.api import Account, Mailbox, Store
from restante.store.errors import MailboxExists, NoSuchMailbox
from restante.store.model import FlagOp

SEEN = FlagSet(["\\Seen"])


async def test_appends_at_once(inbox: Mailbox, store: Store) -> None:
    done = await asyncio.gather(*[inbox.append([new(mail(f"{n}a")), new(mail(f"{n}b"))]) for n in range(12)])
    taken = [uid for each in done for uid in each.uids]
    assert sorted(taken) == list(range(1, 25))
    assert all(second == first + 1 for first, second in (each.uids for each in done))
    assert len({each.modseq for each in done}) == 12
    # Later UIDs never come with earlier modseqs, or a reader by modseq would miss some.
    assert [each.uids for each in sorted(done, key=lambda each: each.modseq)] == sorted(each.uids for each in done)
    raws = {each.uid: each.raw for each in await contents(store, inbox)}
    assert all(raws[each.uids[1]] == mail(f"{n}b") for n, each in enumerate(done))


async def test_flags_at_once(inbox: Mailbox) -> None:
    await fill(inbox, (), ())
    words = [f"k{n}" for n in range(10)]
    await asyncio.gather(*[inbox.update_flags(uids(1, 2), FlagOp.ADD, FlagSet([word])) for word in words])
    assert [each.keys for each in (await inbox.index()).flags] == [set(words)] * 2


async def test_only_one_wins_a_race_on_unchanged_since(inbox: Mailbox) -> None:
    await fill(inbox, ())
    since = (await inbox.status()).modseq
    done = await asyncio.gather(
        *[inbox.update_flags(uids(1), FlagOp.ADD, FlagSet([f"k{n}"]), unchanged_since=since) for n in range(8)]
    )
    assert sum(not each.refused for each in done) == 1
    assert len((await inbox.index()).flags[0]) == 1


async def test_moves_at_once_move_each_message_once(account: Account, inbox: Mailbox) -> None:
    targets = []
    for name in ("a", "b", "c"):
        await account.create(MailboxName(name))
        targets.append(await account.mailbox(MailboxName(name)))
    found = await fill(inbox, *[()] * 20)
    done = await asyncio.gather(*[inbox.move(found, target.id) for target in targets])
    moved = [uid for each in done for uid in each.source]
    assert sorted(moved) == list(found)
    assert [(await target.status()).messages for target in targets] == [len(each.target) for each in done]
    assert (await inbox.status()).messages == 0


async def test_moves_to_and_fro(account: Account, inbox: Mailbox) -> None:
    await account.create(MailboxName("Work"))
    work = await account.mailbox(MailboxName("Work"))
    here, there = await fill(inbox, *[()] * 5), await fill(work, *[()] * 5)
    await asyncio.gather(inbox.move(here, work.id), work.move(there, inbox.id), inbox.copy(here, work.id))
    figures = [(await each.status()).messages for each in (inbox, work)]
    assert sum(figures) in (10, 15)
    assert figures[0] == 5


async def test_expunges_at_once_tell_each_uid_once(inbox: Mailbox) -> None:
    await fill(inbox, *[("\\Deleted",)] * 10)
    done = await asyncio.gather(*[inbox.expunge() for _ in range(4)])
    assert sorted(uid for each in done for uid in each.uids) == list(range(1, 11))


async def test_creates_at_once(account: Account) -> None:
    name = MailboxName("a/b")
    done = await asyncio.gather(*[account.create(name) for _ in range(5)], return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in done) == 1
    assert sum(isinstance(each, MailboxExists) for each in done) == 4


async def test_a_mailbox_deleted_under_ones_hands(account: Account, inbox: Mailbox) -> None:
    await account.create(MailboxName("Work"))
    work = await account.mailbox(MailboxName("Work"))
    found = await fill(inbox, *[()] * 5)
    moved, _, appended = await asyncio.gather(
        inbox.move(found, work.id), account.delete(MailboxName("Work")), work.append([new()]), return_exceptions=True
    )
    # Either it happened before the mailbox went, or it did not happen.
    assert isinstance(moved, NoSuchMailbox) == ((await inbox.status()).messages == 5)
    assert isinstance(appended, NoSuchMailbox) or not isinstance(appended, BaseException)


async def test_a_follower_by_modseq_misses_nothing(inbox: Mailbox) -> None:
    """What a session does: apply changes since what it was told, while others write."""
    held: dict[int, FlagSet] = {}
    told = modseq(0)

    async def follow() -> None:
        nonlocal told
        changes = await inbox.changes_since(told)
        assert changes.modseq >= told
        held.update({each.uid: each.flags for each in changes.flagged})
        for uid in changes.vanished:
            held.pop(uid, None)
        told = changes.modseq

    async def write(number: int) -> None:
        (uid,) = await fill(inbox, ())
        await inbox.update_flags([uid], FlagOp.ADD, SEEN)
        if number % 3 == 0:
            await inbox.expunge([uid], deleted_only=False)

    await asyncio.gather(*[task for n in range(15) for task in (write(n), follow())])
    await follow()
    index = await inbox.index()
    assert held == dict(zip(index.uids, index.flags, strict=True))


async def test_reads_see_whole_changes(account: Account, inbox: Mailbox, store: Store) -> None:
    await account.create(MailboxName("Work"))
    work = await account.mailbox(MailboxName("Work"))
    other = await (await store.account(ALICE)).mailbox(INBOX)
    totals: list[int] = []

    async def read() -> None:
        totals.append(sum(each.status.messages for each in await account.list_mailboxes()))

    found = await fill(inbox, *[()] * 8)
    await asyncio.gather(read(), inbox.move(found[:4], work.id), read(), other.move(found[2:], work.id), read())
    assert totals == [8, 8, 8]
    assert len(await work.search(q.All())) == 8
