"""Reading many messages a batch at a time, so that however large they are, what is held of them at once is bounded.

Strategy: a read is told how many octets it may hold, and ends with the message that takes it beyond. What it found says how far
it came, so that nothing is counted beforehand.

The rule it protects: the octets held are those of a batch and one message, never of as many messages as were asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, cast

Row = tuple[int | float | str | bytes | None, ...]

OCTETS: Final = 4 * 1024 * 1024
"""Octets of messages, or of what is kept ready of them, that are read at a time."""


def done_with(asked: Sequence[int], found: Sequence[int]) -> int:
    """How many of ascending UIDs *asked* for were read, or are gone, if a read bounded in octets *found* these of them."""
    if not found or found[-1] == asked[-1]:
        return len(asked)
    return bisect_right(asked, found[-1])


def until(found: Iterable[Row], octets: int) -> list[Row]:
    """The rows that *found* gives, up to the one with which what each counts as its last column comes to more than *octets*."""
    taken = list[tuple[int, ...]]()
    # Not cast for each row: this loop is what the bound costs.
    for row in cast("Iterable[tuple[int, ...]]", found):
        taken.append(row)
        octets -= row[-1]
        if octets < 0:
            break
    return cast("list[Row]", taken)
