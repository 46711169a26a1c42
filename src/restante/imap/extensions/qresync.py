"""QRESYNC: RFC 7162 §3.2. A client that was away learns in one round trip which messages vanished and which changed.

Strategy: tombstones say what vanished. Where they no longer reach back far enough, every UID the client may know and the
mailbox has not is reported instead: more octets, nothing lost. What the client says of its numbers only shortens that answer,
and only as far as it proves true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from restante.imap.capability import always
from restante.imap.errors import Bad
from restante.imap.extensions import condstore
from restante.imap.extensions.condstore import ChangedSinceModification
from restante.imap.hooks import FetchAtt, FetchModification, FetchModifier, Opened, SelectParameter
from restante.imap.registry import Extension, Registry
from restante.imap.state import Selected
from restante.imap.view import MailboxView
from restante.imap.wire.reader import Reader
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import MessageSet, UidSet, within
from restante.store.model import Changes, StoreFeature

NAME: Final = "QRESYNC"


@dataclass(frozen=True, slots=True)
class Resync:
    """``"(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"`` (§7)

    Attributes:
        known: the UIDs the client has; None for all there ever were.
        numbers: the numbers and UIDs it says belong together, in order.
    """

    uid_validity: int
    modseq: ModSeq
    known: UidSet | None
    numbers: tuple[UidSet, UidSet] | None

    @classmethod
    def read(cls, r: Reader) -> Resync:
        """Read the parenthesised arguments."""
        r.sp().expect(b"(")
        uid_validity = r.nz_number()
        modseq = ModSeq(r.sp().mod_sequence_value())
        known = numbers = None
        if r.take(b" ") and not r.peek(b"("):
            known = r.uid_set()
            r.take(b" ")
        if r.take(b"("):
            # Message numbers, which a client without them may not send (RFC 9586 §3.7).
            r.numbered = True
            numbers = r.uid_set(), r.sp().uid_set()
            r.expect(b")")
        r.expect(b")")
        return cls(uid_validity, modseq, known, numbers)

    def proven(self, view: MailboxView) -> Uid:
        """The highest UID up to which the client's numbers are the mailbox's: below it, it knows what vanished (§3.2.5.2)."""
        best = Uid(0)
        if self.numbers is not None and len(self.numbers[0]) == len(self.numbers[1]) <= len(view):
            for number, uid in zip(self.numbers[0], self.numbers[1], strict=True):
                if number > len(view) or view.uids[number - 1] != uid:
                    break
                best = uid
        return best


def _select(r: Reader, tables: Registry) -> Opened:
    resync = Resync.read(r)

    async def opened(s: Selected) -> Sequence[bytes]:
        if resync.uid_validity != s.mailbox.uid_validity:
            # §3.2.5: the client sees it from UIDVALIDITY, and starts afresh.
            return ()
        return _answer(resync, s.view, await s.mailbox.changes_since(resync.modseq))

    return opened


def _answer(resync: Resync, view: MailboxView, changes: Changes) -> list[bytes]:
    """What changed up to the HIGHESTMODSEQ of this SELECT.

    What has changed just now is told with the next command: a client that took its modseq from here for its own, and then lost
    the connection, would never learn of an expunge before it.
    """
    gone = vanished(resync.known, changes, view, resync.proven(view))
    lines = [b"VANISHED (EARLIER) " + gone.wire().encode()] if gone else []
    for message in changes.flagged:
        number = view.seqnum(message.uid) if message.modseq <= view.told else None
        if number is not None and (resync.known is None or message.uid in resync.known):
            lines.append(view.flags_line(number, message))
    return lines


def vanished(known: UidSet | None, changes: Changes, view: MailboxView, proven: Uid) -> UidSet:
    """The UIDs of *known* that are gone: by tombstones, or where those do not suffice, by absence above *proven*.

    What has gone just now, and the client still counts, is left to a VANISHED without EARLIER (§3.2.10).
    """
    gone = changes.vanished if changes.complete else UidSet(_absent((), proven + 1, view.uid_next - 1))
    asked = gone if known is None else _intersection(gone, known)
    return UidSet(gap for low, high in asked.ranges for gap in _absent(view.uids, low, high))


def _absent(uids: Sequence[int], low: int, high: int) -> list[tuple[int, int]]:
    """The numbers from *low* to *high* that are not in ascending *uids*, as ranges."""
    gaps = []
    for uid in within(uids, [(low, high)]):
        if uid > low:
            gaps.append((low, uid - 1))
        low = uid + 1
    if low <= high:
        gaps.append((low, high))
    return gaps


def _intersection(one: UidSet, other: UidSet) -> UidSet:
    pairs = []
    i = j = 0
    while i < len(one.ranges) and j < len(other.ranges):
        low = max(one.ranges[i][0], other.ranges[j][0])
        high = min(one.ranges[i][1], other.ranges[j][1])
        if low <= high:
            pairs.append((low, high))
        if one.ranges[i][1] < other.ranges[j][1]:
            i += 1
        else:
            j += 1
    return UidSet(pairs)


@dataclass(frozen=True, slots=True)
class VanishedModification:
    """``VANISHED``, beside CHANGEDSINCE in a UID FETCH: report the UIDs of the set that vanished since (§3.2.6)."""

    enables: str = ""
    first: bool = False
    items: tuple[FetchAtt, ...] = ()

    async def narrow(
        self, uids: Sequence[Uid], messages: MessageSet, s: Selected, others: Mapping[str, FetchModification]
    ) -> Sequence[Uid]:
        """Send VANISHED (EARLIER); the messages to fetch stay as they are."""
        changed = others.get("CHANGEDSINCE")
        if not messages.uid or NAME not in s.session.enabled or not isinstance(changed, ChangedSinceModification):
            raise Bad("VANISHED goes with UID FETCH and CHANGEDSINCE, after ENABLE QRESYNC")
        known = UidSet(messages.bounds(s.view.uid_next - 1)) if not messages.saved else s.view.saved
        changes = await s.mailbox.changes_since(changed.modseq)
        gone = vanished(known, changes, s.view, Uid(0))
        if gone:
            s.send(b"VANISHED (EARLIER) " + gone.wire().encode())
        return uids


extension: Final = Extension(
    name="QRESYNC",
    rfc=7162,
    summary="Resynchronisation in one round trip",
    capabilities=always("QRESYNC"),
    enable=(NAME,),
    implies=(condstore.NAME,),
    needs=StoreFeature.TOMBSTONES,
    fetch_modifiers=(FetchModifier("VANISHED", lambda r, tables: VanishedModification()),),
    select_parameters=(SelectParameter("QRESYNC", _select, requires=NAME),),
)
