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
_FEW: Final = 64
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
    octets = mask.to_bytes(len(values), "little")
    if mask.bit_count() * _FEW > len(values):
        return list(compress(values, octets))
    found, at = [], octets.find(1)
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


def at_least(column: array[int], bound: int) -> Mask:
    """The positions where *column* has *bound* or more."""
    width, count = column.itemsize, len(column)
    signed = column.typecode in "bhilq"
    lowest = -(1 << 8 * width - 1) if signed else 0
    if bound <= lowest:
        return every(count)
    if bound >= lowest + (1 << 8 * width):
        return NONE
    octets = column.tobytes()
    places = range(width - 1, -1, -1) if sys.byteorder == "little" else range(width)
    found, equal = NONE, every(count)
    for place, digit in zip(places, (bound - lowest).to_bytes(width, "big"), strict=True):
        plane = octets[place::width]
        if signed and place == places[0]:
            plane = plane.translate(_TURNED)
        same = plane.count(digit)
        if same == count:
            continue
        found |= equal & made(plane.translate(bytes(digit + 1) + _ONE * (255 - digit)))
        if not same:
            return found
        equal &= made(plane.translate(bytes(digit) + _ONE + bytes(255 - digit)))
    return found | equal
