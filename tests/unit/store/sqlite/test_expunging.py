"""EXPUNGE finds what is flagged deleted by the index, and reads the mailbox only where that does not have it all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.support.store import ALICE, fill, uids

from restante.model.flags import FlagSet
from restante.model.mailbox_name import INBOX
from restante.store.model import FlagOp
from restante.store.sqlite import index, removing
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore
from restante.store.sqlite.transaction import Ledger, Transaction

DELETED = FlagSet(["\\Deleted"])


@pytest.fixture
def thought(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[int]]:
    """What was thought to be flagged deleted, for each EXPUNGE."""
    found: list[Sequence[int]] = []
    original = removing._marked

    def noted(tx: Transaction, ledger: Ledger, marked: Sequence[int]) -> Sequence[removing.Gone]:
        found.append(marked)
        return original(tx, ledger, marked)

    monkeypatch.setattr(removing, "_marked", noted)
    return found


async def test_the_index_says_which(inbox: SqliteMailbox, thought: list[Sequence[int]]) -> None:
    await fill(inbox, *[()] * 9)
    (await inbox.index()).flag_sets()
    await inbox.update_flags(uids(2, 3, 7), FlagOp.ADD, DELETED)
    assert list((await inbox.expunge()).uids) == [2, 3, 7]
    assert (await inbox.expunge()).uids.ranges == ()
    assert thought == [[2, 3, 7]]
    assert list((await inbox.index()).uids) == [1, 4, 5, 6, 8, 9]


@pytest.mark.parametrize("known", [False, True])
async def test_where_there_are_many_or_no_index_all_are_read(
    inbox: SqliteMailbox, thought: list[Sequence[int]], monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    monkeypatch.setattr(index, "_SEVERAL", 2)
    await fill(inbox, *[("\\Deleted",)] * 3, ())
    if known:
        (await inbox.index()).flag_sets()
    assert list((await inbox.expunge()).uids) == [1, 2, 3]
    assert thought == [()]


async def test_what_another_process_marked_goes_too(
    tmp_path: Path, inbox: SqliteMailbox, thought: list[Sequence[int]]
) -> None:
    await fill(inbox, *[()] * 5)
    (await inbox.index()).flag_sets()
    await inbox.update_flags(uids(1, 2), FlagOp.ADD, DELETED)
    other = SqliteStore(tmp_path)
    await other.open()
    theirs = await (await other.account(ALICE)).mailbox(INBOX)
    await theirs.update_flags(uids(4), FlagOp.ADD, DELETED)
    await theirs.update_flags(uids(1), FlagOp.REMOVE, DELETED)
    await other.close()
    assert list((await inbox.expunge()).uids) == [2, 4]
    assert thought == [[1, 2]]
    assert (await inbox.status()).deleted == 0
