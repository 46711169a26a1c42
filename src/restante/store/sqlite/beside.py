"""Columns beside a mailbox's index, for SEARCH: what its messages' rows hold that never changes.

Strategy: a group of columns is read when a search first asks for one of them, and from then on follows the mailbox's UIDs, as the
columns of SORT do. A column is replaced and never written in place, so a search in a thread keeps what it began with.

The rule it protects: position *i* of each column is the message at position *i* of the index.
"""

from __future__ import annotations

import enum
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress, islice
from operator import le
from typing import Final, cast

import apsw
import msgspec

from restante.store import masks
from restante.store.masks import Mask, Numbers

_numbers: Final = msgspec.json.Decoder(list[int]).decode

_LOCAL: Final = "m.internal_epoch + 60 * m.internal_zone"
_FEW: Final = 16
"""Contents are sought one by one while there is at most one for so many messages."""


class Group(enum.Enum):
    """Columns that are read together; the value is how."""

    CONTENTS = (("m.content",), "message m")
    ROWS = (("m.internal_epoch", _LOCAL, "m.save_epoch", "m.size"), "message m")
    SENT = ((f"ifnull(86400 * c.sent_day, {_LOCAL})",), "message m JOIN content c ON c.id = m.content")


@dataclass(frozen=True)
class Beside:
    """One group's columns.

    Attributes:
        group: which.
        uids: UIDs, ascending.
        columns: what the group has of each, in its order. Moments are seconds, those of a calendar day in the zone they were
            written in.
    """

    group: Group
    uids: array[int]
    columns: tuple[array[int], ...]
    _numbers: dict[int, Numbers] = field(default_factory=dict, compare=False, repr=False)

    def numbers(self, at: int) -> Numbers:
        """The column at *at*, to be compared: cut up when first asked for, which takes half as much memory again."""
        found = self._numbers.get(at)
        if found is None:
            found = self._numbers[at] = Numbers(self.columns[at])
        return found

    @cached_property
    def contents(self) -> Contents:
        """The positions by content, where that is the group."""
        return Contents(self.columns[0])

    @classmethod
    def empty(cls, group: Group) -> Beside:
        """Of no messages."""
        return cls(group, array("I"), tuple(array("q") for _ in group.value[0]))

    def following(self, uids: array[int]) -> Beside:
        """Less the messages whose UID is not among *uids*; costs next to nothing where all are."""
        if uids[: len(self.uids)] == self.uids:
            return self
        staying = frozenset(uids)
        mask = bytes(map(staying.__contains__, self.uids))
        sifted = [array(each.typecode, compress(each, mask)) for each in (self.uids, *self.columns)]
        return Beside(self.group, sifted[0], tuple(sifted[1:]))

    def read_on(self, connection: apsw.Connection, mailbox: int) -> Beside:
        """And the messages beyond the last."""
        columns, tables = self.group.value
        names = [f"c{at}" for at in range(len(self.columns) + 1)]
        inner = ", ".join(f"{each} AS {name}" for each, name in zip(("m.uid", *columns), names, strict=True))
        # As JSON arrays, which are a third of the cost of rows.
        found = connection.execute(
            f"SELECT {', '.join(f'json_group_array({name})' for name in names)} FROM "
            f"(SELECT {inner} FROM {tables} WHERE m.mailbox = ? AND m.uid > ? ORDER BY m.uid)",
            (mailbox, self.uids[-1] if self.uids else 0),
        ).fetchone()
        uids, *more = map(_numbers, cast("tuple[str, ...]", found))
        together = [each + array("q", added) for each, added in zip(self.columns, more, strict=True)]
        return Beside(self.group, self.uids + array("I", uids), tuple(together))


class Contents:
    """Finds positions by content; a mailbox may have several messages of one content."""

    __slots__ = ("_contents", "_places", "_sorted")

    def __init__(self, contents: array[int]) -> None:
        self._contents = contents
        self._sorted = contents
        self._places: Sequence[int] | None = None
        if not all(map(le, contents, islice(contents, 1, None))):
            places = sorted(range(len(contents)), key=contents.__getitem__)
            self._places, self._sorted = places, array("q", map(contents.__getitem__, places))

    def holding(self, wanted: Sequence[int]) -> Mask:
        """The positions of the messages whose content is one of *wanted*."""
        count = len(self._contents)
        if len(wanted) * _FEW > count:
            return masks.made(bytes(map(frozenset(wanted).__contains__, self._contents)))
        return masks.places((place for each in wanted for place in self._of(each)), count)

    def _of(self, content: int) -> Sequence[int]:
        first = bisect_left(self._sorted, content)
        last = bisect_right(self._sorted, content, first)
        return range(first, last) if self._places is None else self._places[first:last]
