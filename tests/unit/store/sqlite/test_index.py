"""The index in memory is, after any changes, what a fresh one would be."""

from __future__ import annotations

import random
from array import array

import pytest
from tests.support.store import fill

from restante.model.flags import FlagSet
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import UidSet
from restante.store.model import Changes, Flagged, FlagOp
from restante.store.sqlite import reading
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.index import Coded, SqliteIndex
from restante.store.sqlite.mailbox import SqliteMailbox

SETS = [FlagSet(flags) for flags in ((), ("\\Seen",), ("\\Deleted", "$a"), ("$A", "zebra"), ("Éclair", "$b"))]


@pytest.mark.parametrize("seed", range(12))
async def test_applied_changes_equal_a_fresh_load(seed: int, account: SqliteAccount, inbox: SqliteMailbox) -> None:
    chance = random.Random(seed)
    await fill(inbox, *[()] * 60)
    kept = await inbox.index()
    assert kept.coded() is not None
    shared, told = kept.uids, kept.uids[:]
    for _ in range(25):
        # Whoever shared the UIDs has at their beginning what he had.
        assert shared[: len(told)] == told
        shared, told = kept.uids, kept.uids[:]
        uids = [Uid(uid) for uid in kept.uids if chance.random() < chance.choice((0.02, 0.5))]
        if chance.random() < 0.3:
            # A run of neighbours.
            uids = [Uid(uid) for uid in kept.uids[len(uids) :]]
        match chance.randrange(5):
            case 0:
                await inbox.update_flags(uids, chance.choice(list(FlagOp)), chance.choice(SETS[:4]))
            case 1:
                await inbox.expunge(uids[:40], deleted_only=chance.random() < 0.5)
            case 2:
                await inbox.copy(uids, inbox.id)
            case 3:
                await inbox.move(uids, inbox.id)
            case _:
                await fill(inbox, *(chance.choice(SETS[:4]).flags for _ in range(5)))
        assert await inbox.index() is kept
        unseen = [at for at, flags in enumerate(kept.flags) if "\\Seen" not in flags]
        assert kept.first_unseen() == (unseen[0] if unseen else -1)
        fresh, _ = account.read(lambda each: reading.load_index(each, account.sets, 1))
        assert (kept.uids, kept.flags, kept.modseqs) == (fresh.uids, fresh.flags, fresh.modseqs)
        codes, kinds = kept.coded() or ((), ())
        assert [kinds[code] for code in codes] == kept.flags
        assert (kept.modseq, kept.uid_next, list(kept.keywords())) == (
            fresh.modseq,
            fresh.uid_next,
            list(fresh.keywords()),
        )


@pytest.mark.parametrize("kinds", [3, 200, 400])
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("coded", [True, False])
def test_an_index_says_what_its_messages_say(seed: int, kinds: int, coded: bool) -> None:
    chance = random.Random(seed)
    sets = [FlagSet([f"k{number}", *(["\\Seen"] if number % 3 else [])]) for number in range(kinds)]
    first = [chance.choice(sets[:200]) for _ in range(300)]
    known = dict(zip(range(1, 301), first, strict=True))
    used = list(dict.fromkeys(first))
    octets = bytearray(map(used.index, first))
    index = SqliteIndex(
        array("I", known), Coded(octets, used) if coded else list(first), array("Q", [1] * 300), ModSeq(1), Uid(301)
    )
    for modseq in range(2, 40):
        changed = {uid: chance.choice(sets) for uid in known if chance.random() < chance.choice((0, 0.01, 0.3))}
        if chance.random() < 0.2:
            changed = dict.fromkeys(list(known)[10:30], chance.choice(sets))
        gone = [uid for uid in known if chance.random() < chance.choice((0, 0, 0.01, 0.1))]
        changed |= {max(known, default=0) + more: chance.choice(sets) for more in range(1, chance.choice((1, 2, 5)))}
        known = {uid: flags for uid, flags in {**known, **changed}.items() if uid not in gone}
        flagged = tuple(Flagged(Uid(uid), flags, ModSeq(modseq)) for uid, flags in changed.items() if uid in known)
        index.apply(Changes(ModSeq(modseq), flagged, UidSet.of(gone), Uid(max(known, default=0) + 1)))
        if chance.random() < 0.7:
            assert set(index.flag_sets()) == set(known.values())
            unseen = [at for at, flags in enumerate(known.values()) if "\\Seen" not in flags]
            assert index.first_unseen() == (unseen[0] if unseen else -1)
        if chance.random() < 0.2:
            codes, of = index.coded() or (None, None)
            assert (codes is None) == (len(set(known.values())) > 256)
            assert codes is None or of is None or [of[code] for code in codes] == list(known.values())
        if chance.random() < 0.2:
            assert list(index.uids) == list(known)
            assert index.flags == list(known.values())
    assert (list(index.uids), index.flags) == (list(known), list(known.values()))
