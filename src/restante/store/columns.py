"""What SORT and THREAD compare, in columns, one message a position (RFC 5256 §3).

Strategy: content never changes, so the columns of a mailbox are read once and then only follow its UIDs: what was expunged is
dropped, what arrived is added. Numbers lie in arrays; texts that come again and again (addresses, a thread's subject) are one
object; Message-IDs, which are only ever compared with each other, are kept as 64-bit hashes. A column is replaced and never
written in place, so a sort in a thread keeps what it began with.

The rule it protects: those hashes are keyed by the process, so nobody outside can choose identifiers that collide, and by
chance 100,000 identifiers do so once in a few thousand million mailboxes.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from itertools import compress
from typing import Final, NamedTuple

from restante.model.collation import Collation
from restante.store.model import SortKeys
from restante.store.sort_index import TextColumn

_MOST_ORDERS: Final = 4
"""Orders that are remembered of a mailbox, at 4 octets a message."""


class SortRow(NamedTuple):
    """One message's values: UID, INTERNALDATE in epoch seconds, octets, and what was worked out at arrival."""

    uid: int
    arrival: int
    size: int
    keys: SortKeys


class Columns:
    """See :class:`restante.store.sort_index.SortIndex`."""

    __slots__ = (
        "_ends",
        "_orders",
        "_ranks",
        "_references",
        "arrivals",
        "cc_mailboxes",
        "from_displays",
        "from_mailboxes",
        "message_ids",
        "replies",
        "sent",
        "sizes",
        "subjects",
        "to_displays",
        "to_mailboxes",
        "uids",
    )

    def __init__(self, rows: Iterable[SortRow] = ()) -> None:
        self._ranks: dict[tuple[str, str], array[int]] = {}
        self._orders: dict[str, array[int]] = {}
        self.uids = array("I")
        self.arrivals = array("q")
        self.sent = array("q")
        self.sizes = array("Q")
        self.replies = bytearray()
        self.message_ids = array("q")
        self.subjects: list[str] = []
        self.from_mailboxes: list[str] = []
        self.to_mailboxes: list[str] = []
        self.cc_mailboxes: list[str] = []
        self.from_displays: list[str] = []
        self.to_displays: list[str] = []
        self._references = array("q")
        self._ends = array("I")
        self._fill(rows)

    def references(self, at: int) -> Sequence[int]:
        """The identifiers the message at position *at* refers to, oldest first."""
        return self._references[self._ends[at - 1] if at else 0 : self._ends[at]]

    def _fill(self, rows: Iterable[SortRow]) -> None:
        known: dict[str, str] = {}
        one = known.setdefault
        references, ends = self._references, self._ends
        for uid, arrival, size, keys in rows:
            self.uids.append(uid)
            self.arrivals.append(arrival)
            self.sent.append(arrival if keys.sent is None else keys.sent)
            self.sizes.append(size)
            self.replies.append(keys.is_reply)
            self.message_ids.append(hash(keys.message_id))
            self.subjects.append(one(keys.subject, keys.subject))
            self.from_mailboxes.append(one(keys.from_mailbox, keys.from_mailbox))
            self.to_mailboxes.append(one(keys.to_mailbox, keys.to_mailbox))
            self.cc_mailboxes.append(one(keys.cc_mailbox, keys.cc_mailbox))
            self.from_displays.append(one(keys.from_display, keys.from_display))
            self.to_displays.append(one(keys.to_display, keys.to_display))
            if keys.references:
                references.extend(map(hash, keys.references))
            ends.append(len(references))

    def extend(self, more: Columns) -> None:
        """Add messages, all of later UIDs."""
        before = len(self._references)
        for name in _BESIDE:
            setattr(self, name, getattr(self, name) + getattr(more, name))
        self._references = self._references + more._references
        self._ends = self._ends + array("I", [before + end for end in more._ends])
        self._ranks, self._orders = {}, {}

    def snapshot(self) -> Columns:
        """These columns as they are now."""
        return copy(self)

    def ranks(self, name: TextColumn, collation: Collation) -> Sequence[int]:
        """See :meth:`restante.store.sort_index.SortIndex.ranks`."""
        found = self._ranks.get((name, collation.name))
        if found is None:
            texts: list[str] = getattr(self, name)
            keys = {text: collation.key(text) for text in dict.fromkeys(texts)}
            places = {key: place for place, key in enumerate(sorted({*keys.values()}))}
            by_text = {text: places[key] for text, key in keys.items()}
            found = self._ranks[name, collation.name] = array("I", map(by_text.__getitem__, texts))
        return found

    def ordered(self, by: str, make: Callable[[], Sequence[int]]) -> Sequence[int]:
        """See :meth:`restante.store.sort_index.SortIndex.ordered`."""
        found = self._orders.get(by)
        if found is None:
            found = array("I", make())
            # In more than one thread perhaps.
            for oldest in [*self._orders][: 1 - _MOST_ORDERS]:
                self._orders.pop(oldest, None)
            self._orders[by] = found
        return found

    def keep(self, uids: array[int]) -> None:
        """Drop the messages whose UID is not among *uids*; costs next to nothing where all are."""
        if uids[: len(self.uids)] == self.uids:
            return
        staying = frozenset(uids)
        mask = bytes([uid in staying for uid in self.uids])
        references, ends = array("q"), array("I")
        for at in compress(range(len(mask)), mask):
            references.extend(self.references(at))
            ends.append(len(references))
        self._references, self._ends, self._ranks, self._orders = references, ends, {}, {}
        for name in _BESIDE:
            self._sift(name, mask)

    def _sift(self, name: str, mask: bytes) -> None:
        column: array[int] | bytearray | list[str] = getattr(self, name)
        if isinstance(column, array):
            setattr(self, name, array(column.typecode, compress(column, mask)))
        elif isinstance(column, bytearray):
            setattr(self, name, bytearray(compress(column, mask)))
        else:
            setattr(self, name, list(compress(column, mask)))


_BESIDE: Final = tuple(name for name in Columns.__slots__ if not name.startswith("_"))
"""The columns that have one value for each message."""
