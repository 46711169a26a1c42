"""The columns beside the index follow it, and positions are found by content."""

from __future__ import annotations

from array import array

import pytest
from tests.support.store import fill, uids

from restante.model.flags import Flag, FlagSet
from restante.model.message_set import UidSet
from restante.store import masks
from restante.store import query as q
from restante.store.model import FlagOp
from restante.store.sqlite import index as index_module
from restante.store.sqlite.beside import Contents, Group
from restante.store.sqlite.mailbox import SqliteMailbox


@pytest.mark.parametrize("held", [[], [1, 2, 5, 9], [9, 2, 2, 5, 1], [4] * 5])
@pytest.mark.parametrize("wanted", [[], [2], [9, 1], [3], [0, 10], [*range(12)], [5] * 40])
def test_positions_by_content(held: list[int], wanted: list[int]) -> None:
    found = Contents(array("q", held * 20)).holding(wanted)
    assert found == masks.made(bytes(each in wanted for each in held * 20))


async def test_columns_follow(inbox: SqliteMailbox) -> None:
    await fill(inbox, *[()] * 5)
    assert await inbox.search(q.Larger(0)) == [1, 2, 3, 4, 5]
    before = inbox._holding._beside[Group.ROWS]
    assert await inbox.search(q.Smaller(0)) == []
    assert inbox._holding._beside[Group.ROWS] is before
    await inbox.expunge(uids(2, 5), deleted_only=False)
    await fill(inbox, (), ())
    assert await inbox.search(q.Larger(0)) == [1, 3, 4, 6, 7]
    assert [*inbox._holding._beside[Group.ROWS].uids] == [1, 3, 4, 6, 7]
    assert [*before.uids] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("codes", [256, 3])
async def test_flags_with_more_sets_than_codes(
    codes: int, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_CODES", codes)
    await fill(inbox, ("a",), ("b",), ("a", "c"), ())
    for number, flags in enumerate((("A", "b"), ("c",), (), ("a", "b", "c"), ("d",))):
        asked = [await inbox.search(q.HasFlag(Flag(name))) for name in "abcd"]
        index = await inbox.index()
        held = [*zip(index.uids, index.flags, strict=True)]
        assert asked == [[uid for uid, each in held if name in each] for name in "abcd"]
        await inbox.update_flags(uids(number % 4 + 1), FlagOp.SET, FlagSet(flags))
        await fill(inbox, flags)
    await inbox.expunge(uids(1, 3, 5), deleted_only=False)
    assert await inbox.search(q.And((q.Uids(UidSet([(1, 99)])), q.HasFlag(Flag("d"))))) == [9]
