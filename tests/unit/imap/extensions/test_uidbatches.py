"""Batches of UIDs by the numbers (RFC 10022 §3.1, §3.1.4, §3.1.5)."""

from __future__ import annotations

import itertools

import pytest

from restante.imap.extensions.uidbatches import batches


def _held(uids: list[int], found: list[tuple[int, int]]) -> list[list[int]]:
    return [[uid for uid in uids if low <= uid <= high] for high, low in found]


def test_as_in_the_rfc() -> None:
    # 6823 messages in batches of 2000: three whole ones and the remaining 823.
    uids = [3 * number for number in range(1, 6824)]
    found = batches(uids, 2000, 1, 4)
    assert [len(batch) for batch in _held(uids, found)] == [2000, 2000, 2000, 823]
    assert found[0][0] == uids[-1]
    assert found[-1][1] == 1


@pytest.mark.parametrize("total", [0, 1, 499, 500, 501, 999, 1000, 1001, 2750])
@pytest.mark.parametrize("gap", [1, 7])
def test_batches_part_the_mailbox_without_a_gap(total: int, gap: int) -> None:
    uids = [gap * number for number in range(1, total + 1)]
    found = batches(uids, 500, 1, total // 500 + 1)
    assert [uid for batch in reversed(_held(uids, found)) for uid in batch] == uids
    assert all(len(batch) == 500 for batch in _held(uids, found)[:-1])
    assert all(above[1] == below[0] + 1 for above, below in itertools.pairwise(found))
    assert all(high >= low >= 1 for high, low in found)


def test_a_range_of_batches_is_part_of_all() -> None:
    uids = [5 * number for number in range(1, 2751)]
    every = batches(uids, 500, 1, 6)
    assert len(every) == 6
    assert batches(uids, 500, 2, 4) == every[1:4]
    assert batches(uids, 500, 6, 6) == every[5:]
    assert batches(uids, 500, 7, 9) == []
    assert batches(uids, 500, 5, 4_294_967_295) == every[4:]
