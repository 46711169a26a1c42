"""Distinct texts of a field, end to end in memory, so that all are searched in one pass.

Strategy: few texts that hold what is wanted are found one after the other; where they are many, each is turned into an octet by
replacements in C, which cost the same however many they are.

The rule it protects: texts are kept as UTF-8, in which :data:`END` and the mark for what was found never occur; so nothing is
found across two texts.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from itertools import accumulate, islice, repeat
from typing import Final

END: Final = b"\xff"
"""After each text."""

_FOUND: Final = b"\xfe"
_OTHER: Final = bytes(range(0xFE))

_SAMPLE: Final = 256
"""Texts found after which it is guessed how many there will be."""

_SHARE: Final = 256
"""Octets of text for each that is found, under which they are many; or by half as much again to go by the first."""

_LONG: Final = 256
"""Octets of what is wanted beyond which no pattern is made of it, since some hundreds of those are kept."""


class FieldTexts:
    """Texts by number, from 0.

    Attributes:
        octets: the texts, each with :data:`END`.
    """

    __slots__ = ("_ends", "octets")

    def __init__(self, octets: bytes = b"") -> None:
        self.octets = octets
        self._ends = array("I", accumulate([len(each) + 1 for each in octets.split(END)[:-1]]))

    def __len__(self) -> int:
        return len(self._ends)

    def followed_by(self, more: FieldTexts) -> FieldTexts:
        """These texts and *more*."""
        if not self._ends or not more._ends:
            return more if more._ends else self
        texts = FieldTexts()
        texts.octets = self.octets + more.octets
        texts._ends = self._ends + array("I", [len(self.octets) + end for end in more._ends])
        return texts

    def few_with(self, wanted: bytes) -> list[int] | None:
        """The numbers of the texts that hold *wanted*, which is not empty, ascending; None if they are many."""
        if len(wanted) > _LONG:
            return None
        most = len(self.octets) // _SHARE
        # One match a text: what is wanted, and on to the end.
        found = re.compile(b"%b[^%b]*" % (re.escape(wanted), END)).finditer(self.octets)
        places = [each.start() for each in islice(found, _SAMPLE)]
        if len(places) == _SAMPLE and 2 * _SAMPLE * len(self.octets) > 3 * most * places[-1]:
            return None
        places += [each.start() for each in islice(found, most)]
        return None if len(places) > most + _SAMPLE - 1 else [*map(bisect_right, repeat(self._ends), places)]

    def with_(self, wanted: bytes) -> bytes:
        """An octet for each text, 1 where it holds *wanted*, which is not empty, and 0 where not."""
        marks = self.octets.replace(wanted, _FOUND).translate(None, _OTHER)
        while _FOUND * 2 in marks:
            marks = marks.replace(_FOUND * 2, _FOUND)
        return marks.replace(_FOUND + END, b"\1").replace(END, b"\0")
