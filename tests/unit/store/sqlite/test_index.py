"""The index in memory is, after any changes, what a fresh one would be."""

from __future__ import annotations

import random

import pytest
from tests.support.store import fill

from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.store.model import FlagOp
from restante.store.sqlite import reading
from restante.store.sqlite.account import SqliteAccount
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
