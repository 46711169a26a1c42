"""Contexts: search results that are kept up to date while their mailbox is selected (RFC 5267 §4.3).

Strategy: a context knows its result as UIDs in the client's order. Of what changed in the mailbox, only the messages touched
are searched again; the difference is told. A sorted one is put in order anew when something comes to it, since what
messages are sorted by never changes.

The rule it protects: a client that applies ADDTO and REMOVEFROM as they come has the result that the same command would give.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from restante.imap.core.search_answer import Returns, esearch
from restante.imap.errors import Bad
from restante.imap.following import Followed
from restante.imap.hooks import FetchAtt
from restante.imap.state import Authenticated, Selected
from restante.imap.wire import writer
from restante.model.ids import Uid
from restante.model.message_set import UidSet, ordered_set
from restante.store.model import Changes
from restante.store.query import And, Query, Uids

Order = Callable[[list[Uid]], Awaitable[list[Uid]]]
"""Puts ascending UIDs in the order asked for, leaving out those that are gone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An update as it was asked for.

    Attributes:
        query: what to find, its numbers bound when the command came (RFC 5267 §4.3).
        uid: whether to tell UIDs.
        order: for a sorted result; None for the mailbox's own order.
    """

    query: Query
    uid: bool
    order: Order | None = None


def check_tag(returns: Returns | None, s: Selected) -> None:
    """Raise Bad when updates are asked for under a tag that has some already (RFC 5267 §4.3)."""
    if returns is not None and returns.updating and s.session.tag in s.followers:
        raise Bad("Tag reuse: this tag has updates already")


def keep_updated(returns: Returns, s: Selected, wanted: Wanted | None, found: Sequence[Uid]) -> None:
    """Keep *found* up to date, or say that it will not be (RFC 5267 §4.3.1); None is what cannot be."""
    limits, tag = s.session.services.limits, s.session.tag
    costly = wanted is not None and wanted.order is not None and len(found) > limits.sorted_context
    if wanted is None or costly or len(s.followers) >= limits.contexts:
        refuse(s, tag)
    else:
        s.followers[tag] = Context(tag, wanted, returns.updates, found)


def refuse(s: Authenticated, tag: str) -> None:
    """``NO [NOUPDATE "tag"]``, untagged (RFC 5267 §4.3.1)."""
    s.send(b"NO [NOUPDATE %b] This result will not be updated" % writer.quoted(tag.encode()))


class Context:
    """Implements :class:`restante.imap.following.Follower`."""

    __slots__ = ("_found", "_items", "_tag", "_wanted")

    def __init__(self, tag: str, wanted: Wanted, items: tuple[FetchAtt, ...], found: Sequence[Uid]) -> None:
        self._tag = tag
        self._wanted = wanted
        self._items = items
        self._found = array("I", found)

    def leaving(self, s: Selected, changes: Changes) -> Sequence[bytes]:
        """REMOVEFROM for expunged messages, while they have their numbers (§4.3.4)."""
        if not changes.vanished:
            return ()
        return self._remove(s, [Uid(uid) for uid in self._found if uid in changes.vanished])

    async def follow(self, s: Selected, changes: Changes, fresh: Collection[Uid]) -> Followed:
        """REMOVEFROM and ADDTO for messages that are new or whose flags changed."""
        touched = [message.uid for message in changes.flagged if s.view.seqnum(message.uid)]
        if not touched:
            return Followed()
        matching = set(await s.mailbox.search(And((Uids(UidSet.of(touched)), self._wanted.query))))
        lines = self._remove(s, [uid for uid in touched if uid not in matching and self._holds(uid)])
        added = [uid for uid in touched if uid in matching and not self._holds(uid)]
        if added:
            lines += await self._add(s, added)
        return Followed(lines, [uid for uid in added if uid in fresh], self._items)

    def _holds(self, uid: Uid) -> bool:
        if self._wanted.order is not None:
            return uid in self._found
        at = bisect_left(self._found, uid)
        return at < len(self._found) and self._found[at] == uid

    def _remove(self, s: Selected, gone: Sequence[Uid]) -> list[bytes]:
        """Take *gone* out, all of which are in."""
        if not gone:
            return []
        ordered = self._wanted.order is not None
        places = sorted(map(self._found.index if ordered else self._place, gone))
        # The last come first, so that earlier places stay what they are.
        pairs = [(first, self._found[first : last + 1]) for first, last in reversed(_runs(places))]
        lines = self._lines(s, b"REMOVEFROM", pairs)
        for first, taken in pairs:
            del self._found[first : first + len(taken)]
        return lines

    def _place(self, uid: int) -> int:
        return bisect_left(self._found, uid)

    async def _add(self, s: Selected, added: Sequence[Uid]) -> list[bytes]:
        """Put *added* in where they belong."""
        order = self._wanted.order
        if order is None:
            for uid in added:
                insort(self._found, uid)
            return self._lines(s, b"ADDTO", [(0, array("I", added))])
        now = await order([Uid(uid) for uid in sorted([*self._found, *added])])
        there = set(now)
        lines = self._remove(s, [Uid(uid) for uid in self._found if uid not in there])
        new = set(added)
        places = [at for at, uid in enumerate(now) if uid in new]
        self._found = array("I", now)
        return lines + self._lines(
            s, b"ADDTO", [(first, self._found[first : last + 1]) for first, last in _runs(places)]
        )

    def _lines(self, s: Selected, name: bytes, pairs: Sequence[tuple[int, Sequence[int]]]) -> list[bytes]:
        """``ESEARCH (TAG ...) [UID] ADDTO (position set ...)``; positions are zero in the mailbox's order (§4.3.2)."""
        if not pairs:
            return []
        uid, sorted_ = self._wanted.uid, self._wanted.order is not None
        if not sorted_:
            pairs = [(-1, sorted(one for _, some in pairs for one in some))]
        shown = [(first + 1, s.view.shown([Uid(one) for one in some], uid=uid)) for first, some in pairs]
        payload = " ".join(f"{position} {ordered_set(numbers)}" for position, numbers in shown).encode()
        return [esearch(self._tag, [b"%b (%b)" % (name, payload)], uid=uid)]


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending *places* as first and last of each stretch without a gap."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] + 1 == place:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found
