"""What the index alone can answer of a search: UIDs, flags and modseqs.

Strategy: positions are narrowed criterion by criterion; a flag is looked up once for each distinct flag set, of which there
are a few dozen, so a pass over 50,000 messages is some 2 ms.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from restante.model.flags import Flag
from restante.model.message_set import UidSet
from restante.store import query as q
from restante.store.sqlite.index import SqliteIndex


def narrow(query: q.Query, index: SqliteIndex, among: Sequence[int] | None = None) -> Sequence[int]:
    """The positions, out of ascending *among* or else all, whose messages match *query*, which asks the index only."""
    positions = range(len(index.uids)) if among is None else among
    match query:
        case q.All():
            return positions
        case q.And(of):
            for part in of:
                positions = narrow(part, index, positions)
            return positions
        case q.Or(of):
            found = {at for part in of for at in narrow(part, index, positions)}
            return sorted(found)
        case q.Not(inner):
            excluded = frozenset(narrow(inner, index, positions))
            return [at for at in positions if at not in excluded]
        case q.Uids(uids):
            return _within(uids, index, positions)
        case q.HasFlag(flag):
            return _flagged(flag, index, positions)
        case q.ChangedSince(modseq):
            modseqs = index.modseqs
            return [at for at in positions if modseqs[at] >= modseq]
        case _:
            raise TypeError("the index cannot answer that")


def _flagged(flag: Flag, index: SqliteIndex, positions: Sequence[int]) -> list[int]:
    flags = index.flags
    having = frozenset(each for each in frozenset(flags) if flag in each)
    if not having:
        return []
    return [at for at in positions if flags[at] in having]


def _within(uids: UidSet, index: SqliteIndex, positions: Sequence[int]) -> list[int]:
    found: list[int] = []
    for low, high in uids.ranges:
        first, last = bisect_left(index.uids, low), bisect_right(index.uids, high)
        found += positions[bisect_left(positions, first) : bisect_left(positions, last)]
    return found
