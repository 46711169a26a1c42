"""MailboxView: one client's picture of its selected mailbox (RFC 9051 §2.3.1.2, §5.2; RFC 2180).

Strategy: the view keeps the UIDs the client was told of, in order, so a sequence number is a position and nothing else. It
changes in one place, :meth:`MailboxView.announce`, the only producer of EXPUNGE, VANISHED, EXISTS and unsolicited FETCH.
Expunges that may not be told yet wait in the view, and until then the numbers stand as they were. While the client knows what the
mailbox holds, the UIDs are an array that it shares with the mailbox's index and with every other view of it.

The rule it protects: a client that only applies what it was sent has the same picture as this object, always. Pure.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from restante.imap.errors import Bad
from restante.model.ids import MAX_UID, ModSeq, SeqNum, Uid
from restante.model.message_set import STAR, MessageSet, UidSet, within
from restante.store.model import Changes, Flagged, FlagsUpdated

_SEVERAL: Final = 8
"""Lines from which on it pays to write what they share once."""

_FEW: Final = 1000
"""UIDs up to which each is sought; beyond, all that are known are laid out."""


@dataclass(frozen=True, slots=True)
class Style:
    """How this client wants to be told.

    Attributes:
        modseq: add MODSEQ to unsolicited FETCH (RFC 7162 §3.2: a CONDSTORE enabling command was seen).
        vanished: VANISHED in place of EXPUNGE (RFC 7162 §3.2.10).
        uid_only: UIDFETCH in place of FETCH, no numbers (RFC 9586 §3).
    """

    modseq: bool = False
    vanished: bool = False
    uid_only: bool = False


class MailboxView:
    """What the client believes the mailbox to hold.

    Attributes:
        told: changes up to this modseq are announced, or wait in the view as expunges.
        style: how to tell.
        saved: the saved search result, ``$`` (RFC 5182 §2.1).
    """

    __slots__ = (
        "_count",
        "_gone",
        "_gone_since",
        "_held_back",
        "_own",
        "_recent",
        "_shared",
        "_told_uids",
        "_unsaid",
        "saved",
        "style",
        "told",
        "uid_next",
    )

    def __init__(self, uids: Iterable[int], told: ModSeq, uid_next: Uid, style: Style) -> None:
        self._told_uids = uids if isinstance(uids, array) else array("I", uids)
        self._shared = isinstance(uids, array)
        self._count = len(self._told_uids)
        self.told = told
        self.uid_next = uid_next
        self.style = style
        self.saved = UidSet()
        self._gone = UidSet()
        self._gone_since = told
        self._held_back = False
        self._own: dict[Uid, ModSeq] = {}
        self._recent: tuple[tuple[int, int], ...] = ()
        self._unsaid: ModSeq | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def _uids(self) -> array[int]:
        """The UIDs told of. A shared array is added to as messages arrive; a view that was not told yet takes a copy."""
        if len(self._told_uids) != self._count:
            self._told_uids, self._shared = self._told_uids[: self._count], False
        return self._told_uids

    @property
    def shares(self) -> bool:
        """Whether the UIDs are an array that others have as well."""
        return self._shared

    def share(self, uids: Sequence[int]) -> None:
        """Share *uids*, the index's own array, if they begin with what the client was told of."""
        if isinstance(uids, array) and uids is not self._told_uids and uids[: self._count] == self._uids:
            self._told_uids, self._shared = uids, True

    @property
    def uids(self) -> Sequence[int]:
        """The UIDs told of, ascending; position plus one is the sequence number. Read only."""
        return self._uids

    def seqnum(self, uid: int) -> SeqNum | None:
        """The sequence number of *uid*, or None if the client does not know it."""
        at = bisect_left(self._uids, uid)
        if at < len(self._uids) and self._uids[at] == uid:
            return SeqNum(at + 1)
        return None

    def known(self, uids: list[Uid], among: Sequence[int] = ()) -> list[Uid]:
        """Those of ascending *uids* that the client knows; they were *among* a mailbox's, ascending, a moment ago."""
        if not uids or self._shift(uids[0], uids[-1]) is not None:
            return uids
        if among[: len(self._uids)] == self._uids:
            # All but what came later, then: what was removed since would be in the view alone.
            return uids[: bisect_right(uids, self._uids[-1])] if self._uids else []
        if len(uids) == len(self._uids) and array("I", uids) == self._uids:
            return uids
        if len(uids) <= _FEW:
            return [uid for uid in uids if self.seqnum(uid)]
        held = frozenset(self._uids)
        return [uid for uid in uids if uid in held]

    def _shift(self, first: int, last: int) -> int | None:
        """By how much UIDs are above numbers from *first* to *last*, if the client knows them and all between."""
        start, stop = bisect_left(self._uids, first), bisect_left(self._uids, last)
        if stop >= len(self._uids) or stop - start != last - first or self._uids[stop] != last:
            return None
        return first - start - 1

    def shown(self, uids: Sequence[int], *, uid: bool) -> Sequence[int]:
        """*uids*, which the client knows, in any order: as they are, or as the sequence numbers it knows them by."""
        if uid or not uids:
            return uids
        if (shift := self._shift(min(uids), max(uids))) is not None:
            return [one - shift for one in uids] if shift else uids
        if len(uids) <= _FEW:
            return [bisect_left(self._uids, one) + 1 for one in uids]
        numbers = dict(zip(self._uids, range(1, len(self._uids) + 1), strict=True))
        return [*map(numbers.__getitem__, uids)]

    def seqnums(self, uids: Sequence[int]) -> Sequence[int]:
        """The sequence numbers of ascending, known *uids*; a run of neighbours costs one look."""
        if not uids:
            return ()
        first = bisect_left(self._uids, uids[0])
        if self._uids[first : first + len(uids)] == array("I", uids):
            return range(first + 1, first + 1 + len(uids))
        return [self.seqnum(uid) or 0 for uid in uids]

    # Recent messages (RFC 3501 §2.3.2)

    def claim(self, first: Uid) -> None:
        """Messages from *first* on, as far as the view reaches, are recent to this session."""
        if self._uids and first <= self._uids[-1]:
            self._recent = UidSet((*self._recent, (first, self._uids[-1]))).ranges

    @property
    def recent(self) -> int:
        """How many messages are recent to this session."""
        return len(within(self._uids, self._recent)) if self._recent else 0

    @property
    def has_recent(self) -> bool:
        """Whether any message is recent to this session."""
        return bool(self._recent)

    def is_recent(self, uid: int) -> bool:
        """Whether *uid* carries ``\\Recent`` here."""
        return any(low <= uid <= high for low, high in self._recent)

    def recent_uids(self) -> UidSet:
        """The recent messages' UIDs."""
        return UidSet(self._recent)

    # What a client's set means

    def resolve(self, messages: MessageSet, *, lenient: bool = False) -> list[Uid]:
        """The UIDs that *messages* names and the client knows, ascending.

        Unknown UIDs are passed over (RFC 9051 §6.4.9). A sequence number out of range is the client's mistake and raises
        :class:`~restante.imap.errors.Bad` (RFC 9051 §9: seq-number), unless *lenient*, as SEARCH is.
        """
        if messages.saved:
            return self._known(self.saved.ranges)
        if messages.uid:
            return self._known(messages.bounds(self._uids[-1] if self._uids else 0))
        largest = len(self._uids)
        if not lenient:
            self._check_numbers(messages, largest)
        found: list[Uid] = []
        for low, high in messages.bounds(largest):
            found.extend(map(Uid, self._uids[max(low, 1) - 1 : high]))
        return found

    def _known(self, ranges: Iterable[tuple[int, int]]) -> list[Uid]:
        return [Uid(uid) for uid in within(self._uids, ranges)]

    def _check_numbers(self, messages: MessageSet, largest: int) -> None:
        """``*`` is never out of range, nor is what it forms a range with: clients ask ``n:*`` for what is new."""
        for first, last in messages.ranges:
            if STAR not in (first, last) and max(first, last) > largest:
                raise Bad(f"There is no message {max(first, last)}; the mailbox holds {largest}")

    # Telling

    def already_told(self, updated: FlagsUpdated, *, silent: bool = False, followed: bool = False) -> None:
        """The session itself reports these flags, or was asked to be *silent* about them; do not announce them again.

        Where it is silent, a message that somebody else had changed just before, which this client was not told, is
        announced all the same. Unless the change is to be *followed* by what reads it once more, a view that stood where the
        change began stands where it ended.
        """
        if updated.before == self.told and not followed:
            self.told = updated.modseq
            return
        for message, was in zip(updated.now, updated.was, strict=True):
            if message.modseq <= self.told or message.uid in updated.refused:
                continue
            if not silent or was <= self.told or self._own.get(message.uid, 0) == was:
                self._own[message.uid] = message.modseq

    def announce(self, changes: Changes, *, expunge_ok: bool, flags: bool = True) -> list[bytes]:
        """Take in *changes* and give the untagged responses that tell of them, without ``* `` and CRLF.

        Expunges come first, then EXISTS, then flags, so that every number means what the client now believes. With
        ``expunge_ok`` False they are kept back (RFC 9051 §7.5.1). With ``flags`` False changes of flags are passed over,
        until :meth:`recall`.
        """
        lines: list[bytes] = []
        if changes.vanished:
            known = within(self._uids, changes.vanished.ranges)
            if known and not self._gone:
                self._gone_since = self.told
            self._gone = self._gone | UidSet.of(known)
        if self._gone and expunge_ok:
            lines += self._expunge()
        first_new = self.uid_next
        lines += self._exists(changes)
        # A new message's flags are for the client to ask: EXISTS says it is there (RFC 9051 §7.4.1).
        if flags:
            lines += self._flags([message for message in changes.flagged if message.uid < first_new])
        elif self._unsaid is None:
            self._unsaid = self.told
        if changes.modseq > self.told:
            self.told = changes.modseq
            self._own.clear()
        if self._gone and self.style.vanished:
            # The client must not take a later modseq for its own while an earlier expunge is kept back (RFC 7162 §3.2).
            lines.append(b"OK [HIGHESTMODSEQ %d] Expunges are kept back" % self._gone_since)
        elif self._held_back:
            lines.append(b"OK [HIGHESTMODSEQ %d] No expunge is kept back" % self.told)
        self._held_back = bool(self._gone) and self.style.vanished
        return lines

    def recall(self) -> None:
        """Let the next :meth:`announce` tell the changes of flags that were passed over."""
        if self._unsaid is not None:
            self.told, self._unsaid = self._unsaid, None

    @property
    def settled(self) -> bool:
        """Whether no expunge waits to be told, and nothing of one that did."""
        return not self._held_back and not self._gone.ranges

    @property
    def keeps_back(self) -> bool:
        """Whether expunges wait to be told."""
        return bool(self._gone)

    def everything_gone(self) -> Changes:
        """The changes that empty the view, for a mailbox deleted by somebody else."""
        return Changes(self.told, (), UidSet(((1, MAX_UID),)), self.uid_next)

    def _expunge(self) -> list[bytes]:
        gone, self._gone = self._gone, UidSet()
        positions = [bisect_left(self._uids, uid) for uid in within(self._uids, gone.ranges)]
        keep = array("I")
        start = 0
        for at in positions:
            keep.extend(self._uids[start:at])
            start = at + 1
        keep.extend(self._uids[start:])
        self._told_uids, self._shared, self._count = keep, False, len(keep)
        self.saved = _without(self.saved, gone)
        if self.style.vanished or self.style.uid_only:
            return [b"VANISHED " + gone.wire().encode()]
        return [b"%d EXPUNGE" % (at + 1 - before) for before, at in enumerate(positions)]

    def _exists(self, changes: Changes) -> list[bytes]:
        fresh = [message.uid for message in changes.flagged if message.uid >= self.uid_next]
        self.uid_next = max(self.uid_next, changes.uid_next)
        if not fresh:
            return []
        self._add(array("I", fresh))
        return [b"%d EXISTS" % self._count]

    def _add(self, fresh: array[int]) -> None:
        end = self._count + len(fresh)
        if not self._shared:
            self._told_uids.extend(fresh)
        elif self._told_uids[self._count : end] != fresh:
            self._told_uids, self._shared = self._told_uids[: self._count] + fresh, False
        self._count = end

    def _flags(self, flagged: Sequence[Flagged]) -> list[bytes]:
        lines = []
        for message in flagged:
            if self._own.get(message.uid, 0) >= message.modseq or message.uid in self._gone:
                continue
            number = self.seqnum(message.uid)
            if number is not None:
                lines.append(self.flags_line(number, message))
        return lines

    def flags_line(self, number: SeqNum, message: Flagged) -> bytes:
        """An untagged FETCH (or UIDFETCH) that tells of one message's flags."""
        end = self._flags_end(message, recent=bool(self._recent) and self.is_recent(message.uid))
        if self.style.uid_only:
            return b"%d UIDFETCH (%b" % (message.uid, end)
        return b"%d FETCH (UID %d %b" % (number, message.uid, end)

    def _flags_end(self, message: Flagged, *, recent: bool) -> bytes:
        """What such a line ends with, the same for all messages of the same flags and modseq."""
        wire = message.flags.wire
        if recent:
            wire = wire + b" \\Recent" if wire else b"\\Recent"
        if self.style.modseq:
            return b"FLAGS (%b) MODSEQ (%d))" % (wire, message.modseq)
        return b"FLAGS (%b))" % wire

    def flags_lines(self, numbers: Sequence[int], messages: Sequence[Flagged]) -> list[bytes]:
        """As :meth:`flags_line`, of messages with these sequence *numbers*, in UID order; 0 is left out."""
        if self.style.uid_only or len(messages) < _SEVERAL:
            return [self.flags_line(SeqNum(n), one) for n, one in zip(numbers, messages, strict=True) if n]
        fresh = within([message.uid for message in messages], self._recent) if self._recent else ()
        alike = not fresh or len(fresh) == len(messages)
        if not alike or (self.style.modseq and any(one.modseq != messages[0].modseq for one in messages)):
            return self._flags_lines_apart(numbers, messages, fresh)
        samples = {message.flags: message for message in messages}
        forms = {flags: self._flags_form(one, recent=bool(fresh)) for flags, one in samples.items()}
        return [forms[one.flags] % (n, one.uid) for n, one in zip(numbers, messages, strict=True) if n]

    def _flags_form(self, message: Flagged, *, recent: bool) -> bytes:
        """What lines of the same flags, and modseq if that is told, have in common, without number and UID."""
        return b"%d FETCH (UID %d " + self._flags_end(message, recent=recent).replace(b"%", b"%%")

    def _flags_lines_apart(
        self, numbers: Sequence[int], messages: Sequence[Flagged], fresh: Sequence[int]
    ) -> list[bytes]:
        """As :meth:`flags_lines`, where messages of the same flags may differ: in what is recent (*fresh*), and in modseqs."""
        samples = {message[1:]: message for message in messages}
        ends = {key: self._flags_end(one, recent=False) for key, one in samples.items()}
        recent = {key: self._flags_end(one, recent=True) for key, one in samples.items()} if fresh else {}
        known = frozenset(fresh)
        return [
            b"%d FETCH (UID %d %b" % (n, one[0], (recent if one[0] in known else ends)[one[1:]])
            for n, one in zip(numbers, messages, strict=True)
            if n
        ]

    def modseq_lines(self, numbers: Sequence[int], messages: Sequence[Flagged]) -> list[bytes]:
        """As :meth:`flags_lines`, for a client that knows the flags and learns what modseq they have (RFC 7162 §3.1.3)."""
        if self.style.uid_only:
            return [b"%d UIDFETCH (MODSEQ (%d))" % (one.uid, one.modseq) for one in messages]
        pairs = zip(numbers, messages, strict=True)
        return [b"%d FETCH (UID %d MODSEQ (%d))" % (n, one.uid, one.modseq) for n, one in pairs if n]


def _without(saved: UidSet, gone: UidSet) -> UidSet:
    """The saved result less what was expunged (RFC 5182 §2.1)."""
    if not saved:
        return saved
    return UidSet.of(uid for uid in saved if uid not in gone)
