"""Putting messages in the order SORT asks for (RFC 5256 §3).

Strategy: one stable sort for each key, the last first. Sorts go by columns that lie in memory; a reversed sort keeps equals as
they were, and so the mailbox's own order is the last tie-breaker either way.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from restante.imap.hooks import SortKey
from restante.model.collation import Collation
from restante.model.ids import Uid
from restante.store.sort_index import SortIndex

_FEW: Final = 16
"""Texts are ranked where at least one message in so many is sorted; ranks are kept, and the next sort has them."""


class _Column(Protocol):
    """Values of one type, to be compared with each other."""

    def __getitem__(self, at: int, /) -> int | str: ...


@dataclass(frozen=True, slots=True)
class Criterion:
    """``sort-criterion``: a key, and whether its order is turned round."""

    key: SortKey
    reverse: bool


def places(index: SortIndex, uids: Sequence[Uid]) -> tuple[Sequence[Uid], Sequence[int]]:
    """Those of ascending *uids* that are still there, and their positions in *index*."""
    held = index.uids
    if len(uids) == len(held) and array("I", uids) == held:
        return uids, range(len(uids))
    found = [bisect_left(held, uid) for uid in uids]
    there = [at for at, uid in zip(found, uids, strict=True) if at < len(held) and held[at] == uid]
    return [Uid(held[at]) for at in there], there


def order(criteria: Sequence[Criterion], columns: Sequence[_Column], count: int) -> Sequence[int]:
    """The numbers below *count* as *criteria* have them, each by its own of *columns*."""
    found: Sequence[int] = range(count)
    for criterion, column in zip(reversed(criteria), reversed(columns), strict=True):
        found = sorted(found, key=column.__getitem__, reverse=criterion.reverse)
    return found


def column(key: SortKey, index: SortIndex, at: Sequence[int], collation: Collation) -> _Column:
    """What *key* compares, of the positions *at*."""
    if key.numbers is not None:
        numbers = key.numbers(index)
        return numbers if len(numbers) == len(at) else [numbers[each] for each in at]
    assert key.texts is not None
    if len(at) * _FEW < len(index.uids):
        texts: Sequence[str] = getattr(index, key.texts)
        return [collation.key(texts[each]) for each in at]
    ranks = index.ranks(key.texts, collation)
    return ranks if len(ranks) == len(at) else [ranks[each] for each in at]
