"""Masks say of every position what comparing its number says."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restante.store import masks

LIMITS = {
    "B": (0, 2**8),
    "H": (0, 2**16),
    "I": (0, 2**32),
    "Q": (0, 2**64),
    "b": (-(2**7), 2**7),
    "q": (-(2**63), 2**63),
}


@st.composite
def columns(draw: st.DrawFn) -> tuple[array[int], int]:
    code = draw(st.sampled_from(sorted(LIMITS)))
    low, high = LIMITS[code]
    near = st.integers(max(low, -300), min(high - 1, 300))
    numbers = near | st.integers(low, high - 1) | st.sampled_from([low, high - 1])
    bound = near | st.integers(low, high - 1) | st.sampled_from([low - 1, low, high - 1, high, 2**70, -(2**70)])
    column = array(code, draw(st.lists(numbers)))
    return column, draw(bound | st.sampled_from(column) if column else bound)


@given(case=columns())
def test_at_least(case: tuple[array[int], int]) -> None:
    column, bound = case
    found = masks.Numbers(column).at_least(bound)
    assert masks.members(found, column) == [each for each in column if each >= bound]
    assert masks.number(found) == sum(each >= bound for each in column)
    assert masks.every(len(column)) ^ found == masks.made(bytes(each < bound for each in column))


@pytest.mark.parametrize(
    ("mask", "members"),
    [
        (masks.ranges([(0, 1), (3, 5), (4, 6)], 7), [0, 3, 4, 5]),
        (masks.ranges([], 7), []),
        (masks.ranges([(0, 7)], 7), [0, 1, 2, 3, 4, 5, 6]),
        (masks.places([6, 0], 7), [0, 6]),
        (masks.every(7) ^ masks.places([6, 0], 7), [1, 2, 3, 4, 5]),
        (masks.NONE, []),
    ],
)
def test_made_of_positions(mask: masks.Mask, members: list[int]) -> None:
    assert masks.members(mask, range(7)) == members


@pytest.mark.parametrize("positions", [[], [0], [999], [0, 7, 999], [5, 6], [*range(0, 1000, 3)], [*range(1000)]])
def test_members_few_and_many(positions: list[int]) -> None:
    assert masks.members(masks.places(positions, 1000), range(1000)) == positions
