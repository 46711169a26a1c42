"""A mailbox's messages in memory: what SELECT, FETCH FLAGS, SEARCH and sequence numbers need without a query.

Strategy: arrays beside each other, one index per open mailbox and process, shared by its sessions. A committed mutation is
applied as a :class:`~restante.store.model.Changes`, the same shape in which another process's changes are read.

Flag sets are also a string of octets, one for each message, while an octet tells them apart: what asks which sets there are, or
for the messages that have some, passes over that. An index that was kept has only the octets until somebody asks for the sets
themselves. The array of UIDs is the views' as well: what arrives is added to it, and a removal puts another in its place.

The rule it protects: a change is applied only onto the state it was made on; otherwise the index is behind, and reads what it
missed before anyone looks at it.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import compress, count
from typing import Final, NamedTuple

from restante.model.flags import Flag, FlagSet
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import UidSet
from restante.store.model import Changes, Flagged
from restante.store.sqlite.flagsets import keywords

_SEVERAL: Final = 1_000
"""Messages that are listed out of all; for more than so many one might as well read the mailbox."""

_MARK: Final = re.compile(b"\1")

_CODES: Final = 256
"""Distinct flag sets that an octet can tell apart."""

_FEW: Final = 16
"""Ranges up to which cutting each out in place is cheaper than copying what stays."""


class Coded(NamedTuple):
    """Each message's flag set by its place among *kinds*, of which there are 256 at most."""

    codes: bytearray
    kinds: Sequence[FlagSet]


class SqliteIndex:
    """See :class:`restante.store.api.MessageIndex`."""

    __slots__ = (
        "_codes",
        "_counts",
        "_flags",
        "_keyword_sets",
        "_keywords",
        "_kinds",
        "_sets",
        "_unseen",
        "modseq",
        "modseqs",
        "uid_next",
        "uids",
    )

    def __init__(
        self, uids: array[int], flags: list[FlagSet] | Coded, modseqs: array[int], modseq: ModSeq, uid_next: Uid
    ) -> None:
        self.uids = uids
        self._flags = flags if isinstance(flags, list) else None
        self.modseqs = modseqs
        self.modseq = modseq
        self.uid_next = uid_next
        self._codes = None if isinstance(flags, list) else flags.codes
        self._kinds = {} if isinstance(flags, list) else {kind: code for code, kind in enumerate(flags.kinds)}
        # Of the flag sets and the first unseen message: as they are, until something changes.
        self._sets: Collection[FlagSet] | None = None
        self._unseen: int | None = None
        self._counts: dict[FlagSet, int] | None = None
        self._keywords: Sequence[Flag] = ()
        self._keyword_sets: frozenset[FlagSet] = frozenset()

    @property
    def flags(self) -> list[FlagSet]:
        """Flag sets, by position."""
        if self._flags is None:
            self._flags = list(map(tuple(self._kinds).__getitem__, self._codes or b""))
        return self._flags

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
        if self._unseen is None:
            unseen = frozenset(flags for flags in self.flag_sets() if "\\seen" not in flags.keys)
            if self._codes is not None:
                self._unseen = self._marks(self._codes, unseen).find(1) if unseen else -1
            else:
                self._unseen = next(compress(count(), map(unseen.__contains__, self.flags)), -1) if unseen else -1
        return self._unseen

    def deleted(self) -> Sequence[int] | None:
        """UIDs of the messages with ``\\Deleted``, ascending; None where they are many, or would have to be looked for."""
        if self._codes is None:
            return None
        marks = self._marks(self._codes, [flags for flags in self._kinds if "\\deleted" in flags.keys])
        if marks.count(1) > _SEVERAL:
            return None
        return [self.uids[each.start()] for each in _MARK.finditer(marks)]

    def _marks(self, codes: bytearray, sets: Collection[FlagSet]) -> bytearray:
        """By position, 1 where a message's flag set is one of *sets*, and 0 where not."""
        table = bytearray(_CODES)
        for flags in sets:
            table[self._kinds[flags]] = 1
        return codes.translate(table)

    def flag_sets(self) -> Collection[FlagSet]:
        """The distinct flag sets in use."""
        if self._sets is None:
            self._sets = self._sets_in_use()
        return self._sets

    def _sets_in_use(self) -> Collection[FlagSet]:
        if self._counts is not None:
            return self._counts
        codes = self._coded()
        if codes is not None:
            return [flags for flags, code in self._kinds.items() if code in codes]
        # Counted once, some 2 ms for 50,000 messages, and from then on kept with every change.
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
        codes = self._coded()
        return None if codes is None else (bytes(codes), tuple(self._kinds))

    def _coded(self) -> bytearray | None:
        if self._codes is None:
            found = dict.fromkeys(self.flags)
            if len(found) > _CODES:
                return None
            self._kinds = {each: code for code, each in enumerate(found)}
            self._codes = bytearray(map(self._kinds.__getitem__, self.flags))
            self._counts = None
        return self._codes

    def _code(self, flags: FlagSet) -> int:
        """The code of *flags*, given out now if need be. With none left all codes are dropped, and this one means nothing."""
        kinds = self._kinds
        if self._codes is None:
            return 0
        code = kinds.setdefault(flags, len(kinds))
        if code < _CODES:
            return code
        del kinds[flags]
        self._flags, self._codes = self.flags, None
        return 0

    def apply(self, changes: Changes) -> None:
        """Bring the index from the modseq before *changes* to theirs."""
        self._sets = self._unseen = None
        if changes.vanished:
            self._remove(changes.vanished)
        added = bisect_right(changes.flagged, self.uids[-1] if self.uids else 0, key=_uid)
        self._set(changes.flagged[:added])
        for uid, flags, modseq in changes.flagged[added:]:
            self.uids.append(uid)
            self.modseqs.append(modseq)
            self._count(flags, 1)
            code = self._code(flags)
            if self._codes is not None:
                self._codes.append(code)
            if self._flags is not None:
                self._flags.append(flags)
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
        self.flags[run] = flags
        self.modseqs[run] = array("Q", [message.modseq for message in changed])
        codes = {one: self._code(one) for one in set(flags)}
        if self._codes is not None:
            self._codes[run] = bytes(map(codes.__getitem__, flags))

    def _set_each(self, changed: Sequence[Flagged]) -> None:
        uids, at, size = self.uids, 0, len(self.uids)
        for uid, flags, modseq in changed:
            # Neighbours change together more often than not, so the next message is looked at before one is sought.
            if at >= size or uids[at] != uid:
                at = bisect_left(uids, uid, at)
                if at >= size or uids[at] != uid:
                    continue
            if self._counts is not None:
                self._count(self.flags[at], -1)
                self._count(flags, 1)
            code = self._code(flags)
            if self._codes is not None:
                self._codes[at] = code
            if self._flags is not None:
                self._flags[at] = flags
            self.modseqs[at] = modseq
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
        del self.modseqs[start:stop]
        if self._flags is not None:
            del self._flags[start:stop]
        if self._codes is not None:
            del self._codes[start:stop]

    def _sift(self, vanished: UidSet) -> None:
        uids, at = self.uids, 0
        keep = bytearray(b"\x01") * len(uids)
        for low, high in vanished.ranges:
            at = bisect_left(uids, low, at)
            start, at = at, bisect_right(uids, high, at)
            keep[start:at] = bytes(at - start)
        self.uids = array("I", compress(uids, keep))
        self._flags = list(compress(self.flags, keep))
        self.modseqs = array("Q", compress(self.modseqs, keep))
        self._codes = None


def _uid(message: Flagged) -> int:
    return message.uid
