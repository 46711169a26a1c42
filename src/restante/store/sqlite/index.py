"""A mailbox's messages in memory: what SELECT, FETCH FLAGS, SEARCH and sequence numbers need without a query.

Strategy: arrays beside each other, one index per open mailbox and process, shared by its sessions. A committed mutation is
applied as a :class:`~restante.store.model.Changes`, the same shape in which another process's changes are read.

Searches by flag pass over a string of octets, one for each message's flag set, made when first asked for. The array of UIDs is
the views' as well: what arrives is added to it, and a removal puts another in its place.

The rule it protects: a change is applied only onto the state it was made on; otherwise the index is behind, and reads what it
missed before anyone looks at it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import compress, count, islice
from typing import Final

from restante.model.flags import Flag, FlagSet
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import UidSet
from restante.store.model import Changes, Flagged
from restante.store.sqlite.flagsets import keywords

_CODES: Final = 256
"""Distinct flag sets that an octet can tell apart."""

_FEW: Final = 16
"""Ranges up to which cutting each out in place is cheaper than copying what stays."""


class SqliteIndex:
    """See :class:`restante.store.api.MessageIndex`."""

    __slots__ = (
        "_codes",
        "_counts",
        "_keyword_sets",
        "_keywords",
        "_kinds",
        "_seen",
        "flags",
        "modseq",
        "modseqs",
        "uid_next",
        "uids",
    )

    def __init__(
        self, uids: array[int], flags: list[FlagSet], modseqs: array[int], modseq: ModSeq, uid_next: Uid
    ) -> None:
        self.uids = uids
        self.flags = flags
        self.modseqs = modseqs
        self.modseq = modseq
        self.uid_next = uid_next
        self._seen = 0  # of the first messages so many are known to be seen
        self._codes: bytearray | None = None
        self._kinds: dict[FlagSet, int] = {}
        self._counts: dict[FlagSet, int] | None = None
        self._keywords: Sequence[Flag] = ()
        self._keyword_sets: frozenset[FlagSet] = frozenset()

    def position(self, uid: int) -> int:
        """Where *uid* stands, or -1."""
        at = bisect_left(self.uids, uid)
        return at if at < len(self.uids) and self.uids[at] == uid else -1

    def positions(self, uids: Sequence[int]) -> Sequence[int]:
        """Where those of ascending *uids* that are there stand; a range if they are a run of neighbours."""
        if not uids:
            return range(0)
        first = bisect_left(self.uids, uids[0])
        if len(uids) == 1:
            return range(first, first + self.uids[first : first + 1].count(uids[0]))
        if self.uids[first : first + len(uids)] == array("I", uids):
            return range(first, first + len(uids))
        return [at for uid in uids if (at := self.position(uid)) >= 0]

    def first_unseen(self) -> int:
        """Where the first message without ``\\Seen`` stands, or -1."""
        if self._seen < len(self.flags) and _unseen(self.flags[self._seen]):
            return self._seen
        # The few distinct sets first, so that the pass over those behind the ones known is at C speed, or not made at all.
        unseen = {flags for flags in self.flag_sets() if _unseen(flags)}
        behind = islice(self.flags, self._seen, None) if unseen else ()
        at = next(compress(count(self._seen), map(unseen.__contains__, behind)), -1)
        self._seen = at if at >= 0 else len(self.flags)
        return at

    def flag_sets(self) -> Collection[FlagSet]:
        """The distinct flag sets in use."""
        # Counted once, some 2 ms for 50,000 messages, and from then on kept with every change.
        if self._counts is None:
            self._counts = dict(Counter(self.flags))
        return self._counts

    def keywords(self) -> Sequence[Flag]:
        """The keywords in use, in alphabetical order, each in one of its spellings."""
        sets = frozenset(self.flag_sets())
        if sets != self._keyword_sets:
            names = sorted({name for flags in sets for name in flags if name.lower() in keywords(flags)}, reverse=True)
            found = {name.lower(): name for name in names}
            self._keywords = tuple(found[key] for key in sorted(found))
            self._keyword_sets = sets
        return self._keywords

    def coded(self) -> tuple[bytes, tuple[FlagSet, ...]] | None:
        """Each message's flag set by its place among the second's; None where there are too many for an octet. Copies."""
        if self._codes is None:
            found = dict.fromkeys(self.flags)
            if len(found) > _CODES:
                return None
            self._kinds = {each: code for code, each in enumerate(found)}
            self._codes = bytearray(map(self._kinds.__getitem__, self.flags))
        return bytes(self._codes), tuple(self._kinds)

    def _code(self, flags: FlagSet) -> int:
        """The code of *flags*, given out now if need be. With none left all codes are dropped, and this one means nothing."""
        kinds = self._kinds
        code = kinds.setdefault(flags, len(kinds))
        if code < _CODES:
            return code
        self._codes = None
        return 0

    def apply(self, changes: Changes) -> None:
        """Bring the index from the modseq before *changes* to theirs."""
        if changes.vanished:
            self._remove(changes.vanished)
        added = bisect_right(changes.flagged, self.uids[-1] if self.uids else 0, key=_uid)
        self._set(changes.flagged[:added])
        for uid, flags, modseq in changes.flagged[added:]:
            self.uids.append(uid)
            self.flags.append(flags)
            self.modseqs.append(modseq)
            self._count(flags, 1)
            if (codes := self._codes) is not None:
                codes.append(self._code(flags))
        self.modseq = changes.modseq
        self.uid_next = changes.uid_next

    def _set(self, changed: Sequence[Flagged]) -> None:
        found = self.positions([message.uid for message in changed]) if len(changed) > 1 else ()
        if isinstance(found, range):
            self._set_run(found, changed)
        else:
            self._set_each(changed)

    def _set_run(self, found: range, changed: Sequence[Flagged]) -> None:
        run = slice(found.start, found.stop)
        flags = [message.flags for message in changed]
        for counted, sign in ((self.flags[run], -1), (flags, 1)) if self._counts is not None else ():
            for one, number in Counter(counted).items():
                self._count(one, sign * number)
        if found.start < self._seen and any(map(_unseen, set(flags))):
            self._seen = found.start
        self.flags[run] = flags
        self.modseqs[run] = array("Q", [message.modseq for message in changed])
        if (codes := self._codes) is not None:
            codes[run] = bytes(map(self._code, flags))

    def _set_each(self, changed: Sequence[Flagged]) -> None:
        uids, at, size = self.uids, 0, len(self.uids)
        for uid, flags, modseq in changed:
            # Neighbours change together more often than not, so the next message is looked at before one is sought.
            if at >= size or uids[at] != uid:
                at = bisect_left(uids, uid, at)
                if at >= size or uids[at] != uid:
                    continue
            self._count(self.flags[at], -1)
            self._count(flags, 1)
            if at < self._seen and _unseen(flags):
                self._seen = at
            self.flags[at] = flags
            self.modseqs[at] = modseq
            if (codes := self._codes) is not None:
                codes[at] = self._code(flags)
            at += 1

    def _count(self, flags: FlagSet, change: int) -> None:
        counts = self._counts
        if counts is not None:
            left = counts.get(flags, 0) + change
            if left:
                counts[flags] = left
            else:
                counts.pop(flags, None)

    def _remove(self, vanished: UidSet) -> None:
        if len(vanished.ranges) > _FEW:
            self._sift(vanished)
            self._counts = None
            return
        uids, self.uids = self.uids, array("I")
        end = 0
        for low, high in vanished.ranges:
            start = bisect_left(uids, low, end)
            self.uids.extend(uids[end:start])
            end = bisect_right(uids, high, start)
            self._cut(len(self.uids), len(self.uids) + end - start)
        self.uids.extend(uids[end:])

    def _cut(self, start: int, stop: int) -> None:
        """Drop what there is besides UIDs of the messages from *start* to *stop*."""
        for flags, number in Counter(self.flags[start:stop]).items() if self._counts else ():
            self._count(flags, -number)
        del self.flags[start:stop], self.modseqs[start:stop]
        if self._codes is not None:
            del self._codes[start:stop]
        self._seen -= max(min(stop, self._seen) - start, 0)

    def _sift(self, vanished: UidSet) -> None:
        uids, at = self.uids, 0
        keep = bytearray(b"\x01") * len(uids)
        for low, high in vanished.ranges:
            at = bisect_left(uids, low, at)
            start, at = at, bisect_right(uids, high, at)
            keep[start:at] = bytes(at - start)
        self.uids = array("I", compress(uids, keep))
        self.flags = list(compress(self.flags, keep))
        self.modseqs = array("Q", compress(self.modseqs, keep))
        self._codes, self._seen = None, 0


def _unseen(flags: FlagSet) -> bool:
    return "\\seen" not in flags.keys


def _uid(message: Flagged) -> int:
    return message.uid
