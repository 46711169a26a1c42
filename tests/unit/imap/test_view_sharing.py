"""A view shares the array of UIDs with the mailbox's index for as long as it can, and says what it would say without."""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence

import pytest

from restante.imap.view import MailboxView, Style
from restante.model.flags import NO_FLAGS
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import NO_UIDS, UidSet
from restante.store.model import Changes, Flagged


def _arrived(modseq: int, *uids: int) -> Changes:
    flagged = tuple(Flagged(Uid(uid), NO_FLAGS, ModSeq(modseq)) for uid in uids)
    return Changes(ModSeq(modseq), flagged, NO_UIDS, Uid(uids[-1] + 1))


def _view(uids: Sequence[int]) -> MailboxView:
    return MailboxView(uids, ModSeq(1), Uid(uids[-1] + 1), Style())


def test_what_arrives_is_shared_once_it_is_told() -> None:
    held = array("I", [1, 2, 5])
    first, second = _view(held), _view(held)
    held.append(6)
    assert first.announce(_arrived(2, 6), expunge_ok=True) == [b"4 EXISTS"]
    assert first.uids is held
    # The other was not told yet.
    assert (len(second), list(second.uids)) == (3, [1, 2, 5])
    assert not second.shares
    assert second.announce(_arrived(2, 6), expunge_ok=True) == [b"4 EXISTS"]
    assert list(held) == [1, 2, 5, 6]
    second.share(held)
    assert second.uids is held


def test_an_expunge_leaves_the_others_theirs() -> None:
    held = array("I", [1, 2, 5])
    first, second = _view(held), _view(held)
    assert first.announce(Changes(ModSeq(2), (), UidSet.parse("2"), Uid(6)), expunge_ok=True) == [b"2 EXPUNGE"]
    assert (list(first.uids), list(second.uids), list(held)) == ([1, 5], [1, 2, 5], [1, 2, 5])
    first.share(held)
    assert list(first.uids) == [1, 5]
    rest = array("I", [1, 5, 9])
    first.share(rest)
    assert (first.shares, len(first)) == (True, 2)


@pytest.mark.parametrize("seed", range(20))
def test_a_view_that_shares_says_what_one_with_its_own_says(seed: int) -> None:
    chance = random.Random(seed)
    held = array("I", range(1, 20))
    pairs = [(_view(held), _view(tuple(held))) for _ in range(3)]
    waiting: list[list[Changes]] = [[] for _ in pairs]
    uid_next = 20
    for modseq in range(2, 60):
        gone = UidSet.of(uid for uid in held if chance.random() < chance.choice((0, 0, 0.2)))
        fresh = range(uid_next, uid_next + chance.choice((0, 0, 1, 3)))
        uid_next = fresh.stop
        if gone:
            held = array("I", [uid for uid in held if uid not in gone])
        held.extend(fresh)
        flagged = tuple(Flagged(Uid(uid), NO_FLAGS, ModSeq(modseq)) for uid in fresh)
        for each in waiting:
            each.append(Changes(ModSeq(modseq), flagged, gone, Uid(uid_next)))
        at = chance.randrange(len(pairs))
        sharing, own = pairs[at]
        assert list(sharing.uids) == list(own.uids)
        ok = chance.random() < 0.6
        for change in waiting[at]:
            assert sharing.announce(change, expunge_ok=ok) == own.announce(change, expunge_ok=ok)
        waiting[at].clear()
        sharing.share(held)
        assert (len(sharing), list(sharing.uids)) == (len(own), list(own.uids))
        assert sharing.keeps_back or sharing.uids is held
