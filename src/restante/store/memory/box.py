"""A mailbox's state in the memory engine, and what each change does to it; no change here can fail halfway.

The rule it protects: whatever may refuse (keywords, UIDs running out) is asked before the first change is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from restante.model.flags import FlagSet
from restante.model.ids import MAX_UID, MailboxId, ModSeq, Uid, UidValidity
from restante.model.mailbox_name import MailboxName
from restante.model.message_set import UidSet
from restante.store.errors import LimitReached
from restante.store.memory.content import Message
from restante.store.memory.index import MemoryIndex
from restante.store.model import Changes, MailboxStatus, SpecialUse, StoreLimits

_FIRST: Final = Uid(1)
_NONE_YET: Final = ModSeq(0)


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Messages that one change expunged, and when (epoch seconds)."""

    modseq: ModSeq
    uids: UidSet
    when: float


@dataclass(slots=True, eq=False)
class Box:
    """A mailbox.

    Attributes:
        alive: False once deleted; handles on it then refuse.
        recent_from: the UID from which on messages are recent to the next session that asks.
        tombstones: what was expunged, oldest first.
        swept: the modseq up to which tombstones were forgotten.
    """

    id: MailboxId
    name: MailboxName
    uid_validity: UidValidity
    special_use: SpecialUse | None
    index: MemoryIndex
    limits: StoreLimits
    alive: bool = True
    recent_from: Uid = _FIRST
    tombstones: list[Tombstones] = field(default_factory=list)
    swept: ModSeq = _NONE_YET

    def status(self) -> MailboxStatus:
        """Its figures."""
        index = self.index
        return MailboxStatus(
            messages=len(index.uids),
            unseen=index.unseen,
            deleted=index.deleted,
            recent=index.since_uid(self.recent_from),
            size=index.size,
            uid_next=index.uid_next,
            uid_validity=self.uid_validity,
            modseq=index.modseq,
        )

    def changes_since(self, modseq: ModSeq, now: float) -> Changes:
        """What happened after *modseq*."""
        self._sweep(now)
        vanished: list[tuple[int, int]] = []
        for stone in reversed(self.tombstones):
            if stone.modseq <= modseq:
                break
            vanished.extend(stone.uids.ranges)
        index = self.index
        return Changes(
            modseq=index.modseq,
            flagged=index.changed_since(modseq),
            vanished=UidSet(vanished),
            uid_next=index.uid_next,
            complete=modseq >= self.swept,
        )

    def check_room(self, count: int, sets: Iterable[FlagSet]) -> None:
        """Raise LimitReached if *count* more messages with flags out of *sets* would not fit."""
        if self.index.uid_next + count > MAX_UID:
            raise LimitReached("the mailbox has used up its unique identifiers; create a new one")
        used, added = self.index.new_keywords(frozenset(sets))
        if added and used + added > self.limits.keywords:
            raise LimitReached(f"a mailbox holds at most {self.limits.keywords} different keywords")

    def add(self, arrivals: Iterable[tuple[Message, FlagSet]], modseq: ModSeq) -> tuple[Uid, ...]:
        """Take in *arrivals*, for which there is room."""
        return tuple(self.index.add(message, flags, modseq) for message, flags in arrivals)

    def remove(self, positions: Sequence[int], modseq: ModSeq, now: float) -> UidSet:
        """Expunge the messages at *positions*."""
        gone = UidSet.of(self.index.uids[at] for at in positions)
        self.index.remove(positions, modseq)
        self.tombstones.append(Tombstones(modseq, gone, now))
        self._sweep(now)
        return gone

    def _sweep(self, now: float) -> None:
        old = 0
        while old < len(self.tombstones) and self.tombstones[old].when < now - self.limits.tombstones:
            self.swept = self.tombstones[old].modseq
            old += 1
        del self.tombstones[:old]
