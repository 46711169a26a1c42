"""What a search can be told without reading a message: UIDs, flags, modseqs, dates and sizes, from what lies in memory.

Strategy: what a search needs of its mailbox is held as it was when the search began, so that it may go on in a thread; each
criterion is one pass in C (:mod:`restante.store.masks`), and a flag is looked up once for each distinct flag set.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from restante.model.flags import Flag, FlagSet
from restante.model.message_set import UidSet
from restante.store import masks
from restante.store import query as q
from restante.store.masks import Mask, Numbers
from restante.store.matching import fold
from restante.store.sqlite import fields
from restante.store.sqlite.beside import Beside, Contents, Group
from restante.store.sqlite.field_column import FieldColumn
from restante.store.sqlite.index import SqliteIndex

_DAY: Final = 86_400
_ARRIVAL, _LOCAL, _SAVED, _SIZE = range(4)
"""The columns of :attr:`Group.ROWS`."""


@dataclass(frozen=True)
class Held:
    """A mailbox at one moment.

    Attributes:
        uids: UIDs, ascending.
        modseqs: modseqs beside them.
        flags: each message's flag set, or its place in *kinds*.
        kinds: the distinct flag sets; None where there are too many.
        beside: the groups of columns that were asked for.
        said: what fields say, of those of which there is a column.
    """

    uids: array[int]
    modseqs: array[int]
    flags: bytes | list[FlagSet]
    kinds: tuple[FlagSet, ...] | None
    beside: Mapping[Group, Beside]
    said: Mapping[str, FieldColumn]

    @classmethod
    def of(cls, index: SqliteIndex, beside: Mapping[Group, Beside], said: Mapping[str, FieldColumn]) -> Held:
        """*index* as it is now, what goes *beside* it, and what fields *said*."""
        flags, kinds = index.coded() or (index.flags[:], None)
        return cls(index.uids[:], index.modseqs[:], flags, kinds, beside, said)

    @cached_property
    def every(self) -> Mask:
        """All positions."""
        return masks.every(len(self.uids))

    @property
    def contents(self) -> Contents:
        """Positions by content."""
        return self.beside[Group.CONTENTS].contents

    def having(self, flag: Flag) -> Mask:
        """The messages with *flag*."""
        if isinstance(self.flags, bytes):
            return masks.made(
                self.flags.translate(bytes([flag in each for each in self.kinds or ()]).ljust(256, b"\0"))
            )
        wanted = frozenset(each for each in frozenset(self.flags) if flag in each)
        return masks.made(bytes(map(wanted.__contains__, self.flags)))

    def within(self, uids: UidSet) -> Mask:
        """The messages with one of *uids*."""
        held = self.uids
        pairs = ((bisect_left(held, low), bisect_right(held, high)) for low, high in uids.ranges)
        return masks.ranges(pairs, len(held))


def field_of(query: q.Header) -> str | None:
    """The field whose texts answer *query* exactly, if it is one of :data:`fields.NAMES`."""
    name = fold(query.name)
    exact = name in fields.NAMES and query.collation is None and fields.SEPARATOR not in fold(query.text)
    return name if exact else None


def named(query: q.Query) -> frozenset[str]:
    """The fields whose columns would answer what *query* asks of them."""
    match query:
        case q.And(of) | q.Or(of):
            return frozenset[str]().union(*map(named, of))
        case q.Not(inner):
            return named(inner)
        case q.Header():
            return frozenset(filter(None, (field_of(query),)))
        case _:
            return frozenset()


def groups(query: q.Query, said: Collection[str] = ()) -> frozenset[Group]:
    """The groups of columns that an answer to *query* takes, where there are columns of the fields *said*."""
    match query:
        case q.And(of) | q.Or(of):
            return frozenset[Group]().union(*(groups(part, said) for part in of))
        case q.Not(inner):
            return groups(inner, said)
        case q.Dated(q.DateField.SENT):
            return frozenset((Group.SENT,))
        case q.Dated() | q.Arrived() | q.Larger() | q.Smaller():
            return frozenset((Group.ROWS,))
        case q.Header() if field_of(query) in said:
            return frozenset()
        case q.Header() | q.Body() | q.Text() | q.WithEmailId() | q.WithThreadId():
            return frozenset((Group.CONTENTS,))
        case _:
            return frozenset()


Told = q.All | q.Uids | q.HasFlag | q.ChangedSince | q.Dated | q.Arrived | q.Larger | q.Smaller
"""The criteria answered here."""


def told(query: Told, held: Held) -> Mask:
    """The messages that match *query*."""
    match query:
        case q.All():
            return held.every
        case q.Uids(uids):
            return held.within(uids)
        case q.HasFlag(flag):
            return held.having(flag)
        case q.ChangedSince(modseq):
            return Numbers(held.modseqs).at_least(modseq)
        case q.Dated(field, compare, day):
            return _compared(held, _moments(held, field), compare, day * _DAY, _DAY)
        case q.Arrived(compare, epoch):
            return _compared(held, _rows(held, _ARRIVAL), compare, epoch, 1)
        case q.Larger(size):
            return _rows(held, _SIZE).at_least(size + 1)
        case q.Smaller(size):
            return held.every ^ _rows(held, _SIZE).at_least(size)


def _rows(held: Held, at: int) -> Numbers:
    return held.beside[Group.ROWS].numbers(at)


def _moments(held: Held, field: q.DateField) -> Numbers:
    if field is q.DateField.SENT:
        return held.beside[Group.SENT].numbers(0)
    return _rows(held, _LOCAL if field is q.DateField.INTERNAL else _SAVED)


def _compared(held: Held, column: Numbers, compare: q.Compare, start: int, length: int) -> Mask:
    """Where *column* compares so with the stretch of *length* from *start* on."""
    since = column.at_least(start)
    match compare:
        case q.Compare.SINCE:
            return since
        case q.Compare.BEFORE:
            return held.every ^ since
        case q.Compare.ON:
            return since ^ column.at_least(start + length)
