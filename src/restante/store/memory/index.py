"""A mailbox's messages as columns side by side, with the figures and the log of changes that follow from them.

Strategy: arrays in UID order; a counter of interned flag sets, of which there are a few dozen, answers every question about
flags; a log of (modseq, UID) answers what changed since, by the change and not by the mailbox.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Sequence, Set
from itertools import compress
from typing import Final

from restante.model.flags import DELETED, SEEN, SYSTEM_FLAGS, Flag, FlagSet
from restante.model.ids import ModSeq, Uid
from restante.store.memory.content import Message
from restante.store.model import Flagged

_SYSTEM: Final = frozenset(flag.lower() for flag in SYSTEM_FLAGS)
_SLACK: Final = 1000
"""Entries the log may hold beyond twice the messages before it is written anew."""


class MemoryIndex:
    """See :class:`restante.store.api.MessageIndex`; *messages* runs beside the other columns."""

    def __init__(self, modseq: ModSeq) -> None:
        self.uids = array("I")
        self.flags: list[FlagSet] = []
        self.modseqs = array("Q")
        self.messages: list[Message] = []
        self.modseq = modseq
        self.uid_next = Uid(1)
        self.size = 0
        self._sets: Counter[FlagSet] = Counter()
        self._log: list[tuple[int, int]] = []

    def position(self, uid: int) -> int:
        """Where *uid* stands, or -1."""
        at = bisect_left(self.uids, uid)
        return at if at < len(self.uids) and self.uids[at] == uid else -1

    def positions(self, uids: Sequence[int]) -> list[int]:
        """Where those of ascending *uids* that exist stand."""
        return [at for at in map(self.position, uids) if at >= 0]

    def first_unseen(self) -> int:
        """Where the first message without ``\\Seen`` stands, or -1."""
        return next((at for at, flags in enumerate(self.flags) if SEEN not in flags), -1)

    def flag_sets(self) -> Collection[FlagSet]:
        """The distinct flag sets in use."""
        return self._sets

    def keywords(self) -> Sequence[Flag]:
        """The keywords in use, in alphabetical order, each in one of its spellings."""
        found = {name.lower(): name for flags in self._sets for name in flags if name.lower() not in _SYSTEM}
        return [found[key] for key in sorted(found)]

    def new_keywords(self, sets: Set[FlagSet]) -> tuple[int, int]:
        """How many keywords are in use, and how many *sets* would add."""
        now = {name.lower() for name in self.keywords()}
        then = {key for flags in sets for key in flags.keys} - _SYSTEM
        return len(now), len(then - now)

    @property
    def unseen(self) -> int:
        """Messages without ``\\Seen``."""
        return sum(count for flags, count in self._sets.items() if SEEN not in flags)

    @property
    def deleted(self) -> int:
        """Messages with ``\\Deleted``."""
        return sum(count for flags, count in self._sets.items() if DELETED in flags)

    def since_uid(self, uid: int) -> int:
        """How many messages have *uid* or a later one."""
        return len(self.uids) - bisect_left(self.uids, uid)

    def changed_since(self, modseq: int) -> tuple[Flagged, ...]:
        """Messages added or changed after *modseq*, in UID order; O(changes)."""
        recent = {uid for _, uid in self._log[bisect_right(self._log, (modseq, 1 << 64)) :]}
        return tuple(self.flagged(at) for at in self.positions(sorted(recent)))

    def flagged(self, at: int) -> Flagged:
        """The message at position *at*, with its flags."""
        return Flagged(Uid(self.uids[at]), self.flags[at], ModSeq(self.modseqs[at]))

    def add(self, message: Message, flags: FlagSet, modseq: ModSeq) -> Uid:
        """Take in *message* under the next UID."""
        uid = self.uid_next
        self.uid_next = Uid(uid + 1)
        self.uids.append(uid)
        self.flags.append(flags)
        self.modseqs.append(modseq)
        self.messages.append(message)
        self.size += message.content.summary.size
        self._sets[flags] += 1
        self._note(uid, modseq)
        return uid

    def set_flags(self, at: int, flags: FlagSet, modseq: ModSeq) -> None:
        """Give the message at position *at* these *flags*."""
        self._forget(self.flags[at])
        self.flags[at] = flags
        self.modseqs[at] = modseq
        self._sets[flags] += 1
        self._note(self.uids[at], modseq)

    def remove(self, positions: Sequence[int], modseq: ModSeq) -> None:
        """Drop the messages at *positions*."""
        keep = bytearray(b"\x01") * len(self.uids)
        for at in positions:
            keep[at] = 0
            self._forget(self.flags[at])
            self.size -= self.messages[at].content.summary.size
        self.uids = array("I", compress(self.uids, keep))
        self.flags = list(compress(self.flags, keep))
        self.modseqs = array("Q", compress(self.modseqs, keep))
        self.messages = list(compress(self.messages, keep))
        self.modseq = modseq

    def _forget(self, flags: FlagSet) -> None:
        self._sets[flags] -= 1
        if not self._sets[flags]:
            del self._sets[flags]

    def _note(self, uid: int, modseq: ModSeq) -> None:
        self.modseq = modseq
        self._log.append((modseq, uid))
        if len(self._log) > 2 * len(self.uids) + _SLACK:
            self._log = sorted(zip(self.modseqs, self.uids, strict=True))
