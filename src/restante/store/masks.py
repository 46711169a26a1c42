"""Sets of a mailbox's positions as masks, so that criteria are compared and combined in C.

Strategy: a mask is an integer of one octet for each position, 1 for a member and 0 for none, the first position lowest. AND, OR
and NOT are the integer's own. Numbers are compared with a bound octet by octet, the highest first: each octet's place, taken
of all numbers at once, is one ``bytes.translate``. A criterion of 50,000 messages costs some tenths of a millisecond.

The rule it protects: no pass over a mailbox runs the interpreter's loop.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Final

Mask = int
"""See above. 0 is the empty set."""

NONE: Final[Mask] = 0

_ONE: Final = b"\x01"
_FEW: Final = 10
"""Members are sought one by one while there is at most one in so many positions."""

_TURNED: Final = bytes(octet ^ 0x80 for octet in range(256))
"""Puts the first octet of signed numbers in the order of unsigned ones."""


def every(count: int) -> Mask:
    """All of *count* positions."""
    return made(_ONE * count)


def made(octets: bytes | bytearray) -> Mask:
    """A mask of its octets."""
    return int.from_bytes(octets, "little")


def members(mask: Mask, values: Sequence[int]) -> list[int]:
    """Those of *values*, one for each position, whose position is in *mask*."""
    if not mask:
        return []
    count, octets = mask.bit_count(), mask.to_bytes(len(values), "little")
    at, end = octets.find(1), octets.rfind(1) + 1
    if count == end - at:
        return list(values[at:end])
    if count * _FEW > len(values):
        return list(compress(values[at:end], octets[at:end]))
    found = []
    while at >= 0:
        found.append(values[at])
        at = octets.find(1, at + 1)
    return found


def number(mask: Mask) -> int:
    """How many positions are in *mask*."""
    return mask.bit_count()


def ranges(pairs: Iterable[tuple[int, int]], count: int) -> Mask:
    """The positions from the first of each of *pairs* to before its second, of *count*."""
    octets = bytearray(count)
    for start, stop in pairs:
        octets[start:stop] = _ONE * (stop - start)
    return made(octets)


def places(positions: Iterable[int], count: int) -> Mask:
    """Just these *positions*, few, of *count*."""
    octets = bytearray(count)
    for at in positions:
        octets[at] = 1
    return made(octets)


class Numbers:
    """A column of numbers, octet by octet, so that it is cut up once and then compared with any bound."""

    __slots__ = ("_count", "_lowest", "_planes")

    def __init__(self, column: array[int]) -> None:
        width = column.itemsize
        octets = column.tobytes()
        self._count = len(column)
        self._lowest = -(1 << 8 * width - 1) if column.typecode in "bhilq" else 0
        places = range(width - 1, -1, -1) if sys.byteorder == "little" else range(width)
        planes = [octets[place::width] for place in places]
        if self._lowest:
            planes[0] = planes[0].translate(_TURNED)
        # Of an octet that all have, the highest ones mostly, once is enough.
        self._planes = [each[:1] if each == each[:1] * self._count else each for each in planes]

    def at_least(self, bound: int) -> Mask:
        """The positions of *bound* or more."""
        if bound <= self._lowest:
            return every(self._count)
        digits = bound - self._lowest
        if not self._count or digits >= 1 << 8 * len(self._planes):
            return NONE
        found, equal = NONE, every(self._count)
        for plane, digit in zip(self._planes, digits.to_bytes(len(self._planes), "big"), strict=True):
            if len(plane) < self._count or self._count == 1:
                if plane[0] != digit:
                    return found | equal if plane[0] > digit else found
                continue
            found |= equal & made(plane.translate(bytes(digit + 1) + _ONE * (255 - digit)))
            equal &= made(plane.translate(bytes(digit) + _ONE + bytes(255 - digit)))
            if not equal:
                return found
        return found | equal
