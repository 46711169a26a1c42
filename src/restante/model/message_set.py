"""Sets of messages: what a client writes (:class:`MessageSet`) and what a server holds (:class:`UidSet`).

RFC 9051 §9: sequence-set, uid-set. A client's set may hold ``*`` and cannot be understood without a mailbox at hand; a
:class:`UidSet` is plain: sorted, disjoint ranges. Cost is by range, never by the numbers between, so ``1:4294967295`` is free.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from operator import sub
from typing import Final

from restante.model.ids import Uid

STAR: Final = 0
"""Stands for ``*``, the largest number in use, in a :class:`MessageSet`'s ranges."""


@dataclass(frozen=True, slots=True)
class MessageSet:
    """A ``sequence-set`` as the client wrote it (RFC 9051 §9), of UIDs or of sequence numbers.

    Attributes:
        ranges: (first, last) pairs in the client's order, :data:`STAR` for ``*``; empty with *saved*.
        uid: whether the numbers are UIDs.
        saved: whether the client wrote ``$``, the saved search result (RFC 5182 §2.1).
    """

    ranges: tuple[tuple[int, int], ...]
    uid: bool = False
    saved: bool = False

    def bounds(self, largest: int) -> list[tuple[int, int]]:
        """Ascending, disjoint (low, high) pairs, ``*`` meaning *largest*, which may be 0 for an empty mailbox.

        ``559:*`` with *largest* 500 is 500:559, as RFC 9051 §9 (seq-range) wants it.
        """
        pairs = []
        for first, last in self.ranges:
            low, high = first or largest, last or largest
            pairs.append((low, high) if low <= high else (high, low))
        return merge(pairs)

    def wire(self) -> str:
        """The set as text, for diagnostics."""
        if self.saved:
            return "$"
        return ",".join((str(a or "*")) if a == b else f"{a or '*'}:{b or '*'}" for a, b in self.ranges)


def merge(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ascending, disjoint, maximal ranges covering the same numbers as *pairs*, each (low, high) with low <= high."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if merged and low <= merged[-1][1] + 1:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


class UidSet:
    """An immutable set of UIDs kept as ascending, disjoint ranges; small whatever the mailbox's size."""

    __slots__ = ("ranges",)

    ranges: tuple[tuple[int, int], ...]

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self.ranges = tuple(merge(ranges))

    @classmethod
    def of(cls, uids: Iterable[int]) -> UidSet:
        """From single UIDs, in any order."""
        return cls((uid, uid) for uid in uids)

    @classmethod
    def parse(cls, text: str) -> UidSet:
        """From its :meth:`wire` text, as stored; raises ValueError. Not for clients' input: that is the reader's."""
        pairs = (part.split(":") for part in text.split(",") if part)
        return cls((int(pair[0]), int(pair[-1])) for pair in pairs)

    def wire(self) -> str:
        """``uid-set`` text: ``3:5,7`` (RFC 9051 §9). Empty text for the empty set, which the RFC cannot write."""
        return ",".join(f"{a}" if a == b else f"{a}:{b}" for a, b in self.ranges)

    def __len__(self) -> int:
        return sum(high - low + 1 for low, high in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __contains__(self, uid: int) -> bool:
        at = bisect_right(self.ranges, (uid, 1 << 64)) - 1
        return at >= 0 and self.ranges[at][0] <= uid <= self.ranges[at][1]

    def __iter__(self) -> Iterator[Uid]:
        for low, high in self.ranges:
            yield from map(Uid, range(low, high + 1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UidSet) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return hash(self.ranges)

    def __or__(self, other: UidSet) -> UidSet:
        return UidSet((*self.ranges, *other.ranges))

    def __repr__(self) -> str:
        return f"UidSet({self.wire()!r})"


NO_UIDS: Final = UidSet()


def within(numbers: Sequence[int], ranges: Iterable[tuple[int, int]]) -> list[int]:
    """The members of ascending *numbers* that fall in ascending, disjoint *ranges*; O(ranges x log n + result)."""
    found: list[int] = []
    for low, high in ranges:
        start = bisect_left(numbers, low)
        found.extend(numbers[start : bisect_right(numbers, high, start)])
    return found


def ordered_set(numbers: Sequence[int]) -> str:
    """``sequence-set`` text in the order of *numbers*, at least one; what ascends without a gap is a range (RFC 5267 §3.2)."""
    steps = map(sub, islice(numbers, 1, None), numbers)
    ends = [*compress(range(1, len(numbers)), map((1).__ne__, steps))]
    return ",".join(
        str(numbers[start]) if end - start == 1 else f"{numbers[start]}:{numbers[end - 1]}"
        for start, end in zip([0, *ends], [*ends, len(numbers)], strict=True)
    )
