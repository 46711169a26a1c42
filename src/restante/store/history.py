"""A mailbox's latest changes, kept so that sessions that follow it are told from memory.

Strategy: each change is kept as it was committed, with the modseq it was made on, so that they form a chain; a session that
stands at any link hears what came after without a query, and all sessions of a process hear the same objects.

The rule it protects: the chain has no gap. Whatever does not fit onto its end starts it anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from restante.model.message_set import UidSet
from restante.store.model import Changes, Flagged

_LINKS: Final = 64
_MESSAGES: Final = 16_384
"""Messages in all links together, at some 120 octets."""


class History:
    """The latest changes of one mailbox."""

    __slots__ = ("_links", "_messages")

    def __init__(self) -> None:
        self._links: deque[tuple[int, Changes]] = deque()
        self._messages = 0

    def add(self, before: int, changes: Changes) -> None:
        """*changes* were made on modseq *before*."""
        if self._links and self._links[-1][1].modseq != before:
            self.clear()
        self._links.append((before, changes))
        self._messages += len(changes.flagged)
        while self._links and (len(self._links) > _LINKS or self._messages > _MESSAGES):
            self._messages -= len(self._links.popleft()[1].flagged)

    def clear(self) -> None:
        """Forget all."""
        self._links.clear()
        self._messages = 0

    def since(self, modseq: int) -> Changes | None:
        """What happened after *modseq*, or None if that is not known here."""
        found: list[Changes] = []
        for before, changes in reversed(self._links):
            if before < modseq:
                return None
            found.append(changes)
            if before == modseq:
                return changes if len(found) == 1 else _joined(found[::-1])
        return None


def _joined(changes: Sequence[Changes]) -> Changes:
    """*changes*, in their order, as one."""
    vanished = UidSet([pair for each in changes for pair in each.vanished.ranges])
    latest: dict[int, Flagged] = {}
    for each in changes:
        for message in each.flagged:
            latest[message.uid] = message
    flagged = tuple(latest[uid] for uid in sorted(latest) if not vanished or uid not in vanished)
    return Changes(changes[-1].modseq, flagged, vanished, changes[-1].uid_next)
