"""Flags: set, add, remove, conditionally, and without touching what stays the same (RFC 9051 §6.4.6, RFC 7162 §3.1.3)."""

from __future__ import annotations

import pytest
from tests.support.store import ALICE, House, check_account, fill, modseq, uids

from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.model.mailbox_name import INBOX
from restante.model.message_set import UidSet
from restante.store.api import Mailbox
from restante.store.errors import LimitReached
from restante.store.model import FlagOp, StoreLimits

SEEN, FLAGGED = FlagSet(["\\Seen"]), FlagSet(["\\Flagged"])


async def flags_of(mailbox: Mailbox) -> list[str]:
    return [each.wire.decode() for each in (await mailbox.index()).flags]


@pytest.mark.parametrize(
    ("op", "given", "then"),
    [
        (FlagOp.SET, ["\\Flagged", "b"], ["\\Flagged b"] * 3),
        (FlagOp.SET, [], ["", "", ""]),
        (FlagOp.ADD, ["\\Flagged", "b"], ["\\Flagged b", "\\Flagged \\Seen a b", "\\Flagged b"]),
        (FlagOp.ADD, [], ["", "\\Seen a", "\\Flagged b"]),
        (FlagOp.REMOVE, ["\\Seen", "b"], ["", "a", "\\Flagged"]),
        (FlagOp.REMOVE, ["A"], ["", "\\Seen", "\\Flagged b"]),
    ],
)
async def test_each_way_to_combine(inbox: Mailbox, op: FlagOp, given: list[str], then: list[str]) -> None:
    found = await fill(inbox, (), ("\\Seen", "a"), ("\\Flagged", "b"))
    done = await inbox.update_flags(found, op, FlagSet(given))
    assert await flags_of(inbox) == then
    assert [each.flags.wire.decode() for each in done.now] == then
    assert [each.uid for each in done.now] == list(found)
    assert not done.refused


async def test_only_those_asked_for(inbox: Mailbox) -> None:
    await fill(inbox, (), (), (), ())
    before = await inbox.status()
    done = await inbox.update_flags(uids(2, 4, 9), FlagOp.ADD, SEEN)
    assert done.modseq > before.modseq
    assert [(each.uid, each.modseq) for each in done.now] == [(2, done.modseq), (4, done.modseq)]
    assert list((await inbox.index()).modseqs) == [before.modseq, done.modseq] * 2
    assert (await inbox.status()).modseq == done.modseq
    assert (await inbox.status()).unseen == 2


async def test_what_stays_the_same_keeps_its_modseq(inbox: Mailbox) -> None:
    await fill(inbox, (), ("\\Seen",))
    before = await inbox.status()
    done = await inbox.update_flags(uids(1, 2), FlagOp.ADD, SEEN)
    assert [(each.uid, each.modseq) for each in done.now] == [(1, done.modseq), (2, before.modseq)]
    assert done.was == (before.modseq, before.modseq)
    again = await inbox.update_flags(uids(1, 2), FlagOp.ADD, SEEN)
    assert (again.now, again.modseq) == (done.now, done.modseq)
    assert (await inbox.status()).modseq == done.modseq


@pytest.mark.parametrize("op", list(FlagOp))
async def test_changing_nothing_is_no_change(inbox: Mailbox, op: FlagOp) -> None:
    await fill(inbox, ("\\Flagged",))
    before = await inbox.status()
    given = FLAGGED if op is not FlagOp.REMOVE else SEEN
    for asked in (uids(1), uids(7), ()):
        done = await inbox.update_flags(asked, op, given)
        assert (done.modseq, done.refused) == (before.modseq, UidSet())
    assert await inbox.status() == before


async def test_a_keyword_in_other_letters_is_the_same_keyword(inbox: Mailbox) -> None:
    await fill(inbox, ("$Work",))
    before = await inbox.status()
    for op in (FlagOp.SET, FlagOp.ADD):
        assert (await inbox.update_flags(uids(1), op, FlagSet(["$WORK"]))).modseq == before.modseq
    assert await flags_of(inbox) == ["$Work"]
    await inbox.update_flags(uids(1), FlagOp.REMOVE, FlagSet(["$WORK"]))
    assert await flags_of(inbox) == [""]


async def test_unchanged_since(inbox: Mailbox) -> None:
    await fill(inbox, (), (), ())
    since = (await inbox.status()).modseq
    other = await inbox.update_flags(uids(2), FlagOp.ADD, FLAGGED)
    done = await inbox.update_flags(uids(1, 2, 3), FlagOp.ADD, SEEN, unchanged_since=since)
    assert done.refused == UidSet.of([2])
    assert await flags_of(inbox) == ["\\Seen", "\\Flagged", "\\Seen"]
    assert [(each.uid, each.modseq) for each in done.now] == [(1, done.modseq), (2, other.modseq), (3, done.modseq)]
    assert done.was == (since, other.modseq, since)
    # What was just written is newer than what the caller knew.
    again = await inbox.update_flags(uids(1), FlagOp.REMOVE, SEEN, unchanged_since=since)
    assert (again.refused, again.modseq) == (UidSet.of([1]), done.modseq)
    assert (await inbox.update_flags(uids(1), FlagOp.REMOVE, SEEN, unchanged_since=done.modseq)).refused == UidSet()


async def test_unchanged_since_refuses_what_would_not_change_either(inbox: Mailbox) -> None:
    await fill(inbox, ("\\Seen",))
    before = await inbox.status()
    done = await inbox.update_flags(uids(1), FlagOp.ADD, SEEN, unchanged_since=modseq(0))
    assert done.refused == UidSet.of([1])
    assert await inbox.status() == before


async def test_keywords_have_a_limit(house: House) -> None:
    store = await house.open(StoreLimits(keywords=2))
    account = await store.create_account(ALICE)
    inbox = await account.mailbox(INBOX)
    await fill(inbox, (), ("a",))
    before = await inbox.status()
    with pytest.raises(LimitReached):
        await inbox.update_flags(uids(1, 2), FlagOp.ADD, FlagSet(["b", "c"]))
    assert await inbox.status() == before
    assert await flags_of(inbox) == ["", "a"]
    await inbox.update_flags(uids(1), FlagOp.ADD, FlagSet(["b", "\\Seen", "A"]))
    with pytest.raises(LimitReached):
        await inbox.update_flags(uids(1), FlagOp.SET, FlagSet(["d"]))
    await inbox.update_flags(uids(1, 2), FlagOp.SET, FlagSet(["A", "B"]))
    await inbox.update_flags(uids(1, 2), FlagOp.REMOVE, FlagSet(["x"]))
    await check_account(account)


async def test_keywords_in_use(inbox: Mailbox) -> None:
    found = await fill(inbox, ("zebra", "Apple"), ("mango", "\\Seen"))
    assert list((await inbox.index()).keywords()) == ["Apple", "mango", "zebra"]
    await inbox.update_flags(found[:1], FlagOp.SET, FlagSet(["kiwi"]))
    assert list((await inbox.index()).keywords()) == ["kiwi", "mango"]
    await inbox.expunge(found[1:], deleted_only=False)
    assert list((await inbox.index()).keywords()) == ["kiwi"]


async def test_many_at_once(inbox: Mailbox) -> None:
    found = await fill(inbox, *[()] * 500)
    done = await inbox.update_flags(found, FlagOp.ADD, SEEN)
    assert {each.modseq for each in done.now} == {done.modseq}
    assert (await inbox.status()).unseen == 0
    odd = [Uid(uid) for uid in found if uid % 2]
    await inbox.update_flags(odd, FlagOp.REMOVE, SEEN)
    assert (await inbox.status()).unseen == 250


@pytest.mark.parametrize("known", [False, True], ids=["index not loaded", "index at hand"])
async def test_what_lies_between_those_asked_for_stays(inbox: Mailbox, known: bool) -> None:
    sets = [(f"kind{number % 12}",) for number in range(60)]
    found = list(await fill(inbox, *sets))
    await inbox.expunge(found[20:23], deleted_only=False)
    asked = [*found[5:30], *found[40:45], found[50]]
    if known:
        await inbox.index()
    done = await inbox.update_flags(asked, FlagOp.ADD, SEEN)
    there = [uid for uid in asked if uid not in found[20:23]]
    assert [each.uid for each in done.now] == there
    index = await inbox.index()
    assert [uid for uid, flags in zip(index.uids, index.flags, strict=True) if "\\Seen" in flags] == there
    assert [each.flags for each in done.now] == [FlagSet([*sets[uid - 1], "\\Seen"]) for uid in there]
    assert [each.uid for each in (await inbox.changes_since(done.before)).flagged] == there


async def test_some_refused_among_many(inbox: Mailbox) -> None:
    found = await fill(inbox, *[()] * 9)
    since = (await inbox.update_flags(found[4:5], FlagOp.ADD, FLAGGED)).before
    done = await inbox.update_flags(found, FlagOp.ADD, SEEN, since)
    assert done.refused == UidSet.of(found[4:5])
    assert [each.uid for each in done.now if "\\Seen" in each.flags] == [*found[:4], *found[5:]]
    assert await flags_of(inbox) == [each.flags.wire.decode() for each in done.now]


async def test_where_the_mailbox_stood(inbox: Mailbox) -> None:
    found = await fill(inbox, (), ())
    before = (await inbox.status()).modseq
    done = await inbox.update_flags(found, FlagOp.ADD, SEEN)
    assert done.before == before
    again = await inbox.update_flags(found, FlagOp.ADD, SEEN)
    assert again.before == again.modseq == done.modseq
