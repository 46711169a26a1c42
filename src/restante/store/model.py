"""The records that cross the store's contract: frozen, without behaviour, in UIDs and modseqs only.

The rule it protects: no record here knows of a session, a sequence number or a wire format's framing. The few fields that
hold wire text (``envelope`` and its kin) are answers computed once at arrival, kept as octets so that FETCH only joins them.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from restante.mime.scan import DEFAULT_LIMITS as DEFAULT_SCAN
from restante.mime.scan import ScanLimits
from restante.model.dates import MailDate
from restante.model.flags import NO_FLAGS, FlagSet
from restante.model.ids import AccountId, EmailId, MailboxId, ModSeq, ThreadId, Uid, UidValidity
from restante.model.mailbox_name import MailboxName
from restante.model.message_set import UidSet


class StoreFeature(enum.Enum):
    """What an engine may lack. A capability that needs a missing feature is not announced."""

    MOVE = "move"
    SPECIAL_USE = "special-use"
    SAVE_DATE = "save-date"
    OBJECT_ID = "object-id"
    TOMBSTONES = "tombstones"
    ANNOTATIONS = "annotations"


class SpecialUse(enum.Enum):
    """What a mailbox is for (RFC 6154 §2, RFC 8457 §3, RFC 9979 §8); one mailbox per use.

    The value is the attribute on the wire.
    """

    ALL = "\\All"
    ARCHIVE = "\\Archive"
    DRAFTS = "\\Drafts"
    FLAGGED = "\\Flagged"
    JUNK = "\\Junk"
    SENT = "\\Sent"
    TRASH = "\\Trash"
    IMPORTANT = "\\Important"
    SNOOZED = "\\Snoozed"
    SCHEDULED = "\\Scheduled"
    MEMOS = "\\Memos"


class MailboxStatus(NamedTuple):
    """A mailbox's figures (RFC 9051 §6.3.11), all from one moment.

    Attributes:
        messages: number of messages.
        unseen: number of messages without ``\\Seen``.
        deleted: number of messages with ``\\Deleted``.
        recent: number of messages no session has claimed as recent (RFC 3501 §2.3.2).
        size: octets of all messages together (RFC 8438 §2).
        uid_next: the UID the next message will have at least.
        uid_validity: changes if UIDs were ever to be given out anew.
        modseq: highest modseq of any change in the mailbox, expunges included (RFC 7162 §3.1.2.1).
    """

    messages: int
    unseen: int
    deleted: int
    recent: int
    size: int
    uid_next: Uid
    uid_validity: UidValidity
    modseq: ModSeq


class MailboxRecord(NamedTuple):
    """A mailbox as LIST and STATUS see it.

    Attributes:
        id: permanent; survives RENAME.
        name: its present name.
        special_use: what it is for, if anything.
        subscribed: whether its name is subscribed to.
        status: its figures.
    """

    id: MailboxId
    name: MailboxName
    special_use: SpecialUse | None
    subscribed: bool
    status: MailboxStatus


class Upload(Protocol):
    """A message on its way in, staged where its size asks for: memory or a file that :meth:`discard` removes."""

    size: int
    """Octets written so far."""

    def write(self, data: bytes) -> None:
        """Add octets. Raises OSError when the disk will not take them."""
        ...

    def discard(self) -> None:
        """Give up whatever is staged; harmless after the message was stored, and more than once."""
        ...


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be stored.

    Attributes:
        raw: the message, RFC 5322 octets with CRLF line ends, or the upload that holds them.
        flags: without ``\\Recent``.
        internal_date: the INTERNALDATE it is to have.
    """

    raw: bytes | Upload
    internal_date: MailDate
    flags: FlagSet = NO_FLAGS


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did: one UID for each message, in order."""

    uid_validity: UidValidity
    uids: tuple[Uid, ...]
    modseq: ModSeq


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy or move did: *source* and *target* UIDs pair up in order; messages already gone are in neither.

    For a move, *modseq* is of the change that made the source's UIDs vanish.
    """

    uid_validity: UidValidity
    source: tuple[Uid, ...]
    target: tuple[Uid, ...]
    modseq: ModSeq


@dataclass(frozen=True, slots=True)
class Expunged:
    """What an expunge removed."""

    uids: UidSet
    modseq: ModSeq


class FlagOp(enum.Enum):
    """How STORE combines flags (RFC 9051 §6.4.6)."""

    SET = "FLAGS"
    ADD = "+FLAGS"
    REMOVE = "-FLAGS"

    def combine(self, now: FlagSet, flags: FlagSet) -> FlagSet:
        """*now* after this with *flags*; the very same object when it comes to the same flags, whatever their spelling."""
        match self:
            case FlagOp.SET:
                return now if flags.keys == now.keys else flags
            case FlagOp.ADD:
                return now if flags.keys <= now.keys else now.union(flags)
            case FlagOp.REMOVE:
                return now if flags.keys.isdisjoint(now.keys) else now.difference(flags)


class Flagged(NamedTuple):
    """A message's flags as of a modseq."""

    uid: Uid
    flags: FlagSet
    modseq: ModSeq


@dataclass(frozen=True, slots=True)
class FlagsUpdated:
    """What a flag update did.

    Attributes:
        now: each message asked for that still exists, with its flags now, by UID; one left as it was keeps its modseq.
        was: the modseq each of *now* had before, in the same order.
        refused: UIDs changed since the caller's ``unchanged_since`` (RFC 7162 §3.1.3: MODIFIED); not updated.
        modseq: the modseq written, or the mailbox's own when nothing changed.
        before: the mailbox's modseq until then: who stood there knows everything once it knows *now*.
    """

    now: tuple[Flagged, ...]
    was: tuple[ModSeq, ...]
    refused: UidSet
    modseq: ModSeq
    before: ModSeq


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a mailbox after a modseq.

    Attributes:
        modseq: where the caller stands after applying these.
        flagged: messages that exist now and were added or changed since, in UID order.
        vanished: UIDs expunged since. May name UIDs the caller never saw.
        uid_next: the mailbox's UIDNEXT now.
        complete: False when tombstones as old as asked for were swept: *vanished* may then lack some, and the caller must
            compare UIDs itself.
    """

    modseq: ModSeq
    flagged: tuple[Flagged, ...]
    vanished: UidSet
    uid_next: Uid
    complete: bool = True


class Field(enum.Flag):
    """Columns of a message to read; the cost is by what is asked for. The UID always comes."""

    NONE = 0
    DATE = enum.auto()
    """internal_epoch, internal_zone"""
    SIZE = enum.auto()
    ENVELOPE = enum.auto()
    BODY = enum.auto()
    BODYSTRUCTURE = enum.auto()
    PARTS = enum.auto()
    HEADER = enum.auto()
    RAW = enum.auto()
    """raw, or blob for a message kept outside the rows"""
    SAVE_DATE = enum.auto()
    IDS = enum.auto()
    """email_id, thread_id"""
    PREVIEW = enum.auto()
    SORT = enum.auto()
    """sort_keys"""
    FLAGS = enum.auto()
    """flags and modseq, in columns; records have them always"""


class SortKeys(NamedTuple):
    """What SORT and THREAD compare (RFC 5256 §2, §3), computed at arrival.

    *sent* is the Date header's moment in epoch seconds (RFC 5256 §2.2), or None; strings are decoded and as written.
    """

    sent: int | None
    sent_zone: int
    subject: str
    is_reply: bool
    from_mailbox: str
    to_mailbox: str
    cc_mailbox: str
    from_display: str
    to_display: str
    message_id: str
    references: tuple[str, ...]


class MessageRecord(NamedTuple):
    """A message as read. Fields that were not asked for are None (or 0); see :class:`Field`.

    ``envelope``, ``body`` and ``bodystructure`` are the octets a FETCH response writes after the item's name;
    ``parts`` is what ``mime.encode.load`` reads. ``header`` ends with the empty line. ``blob`` names a message in the
    blob store, whose octets are the whole message.
    """

    uid: Uid
    flags: FlagSet
    modseq: ModSeq
    size: int = 0
    internal_epoch: int = 0
    internal_zone: int = 0
    save_epoch: int = 0
    envelope: bytes | None = None
    body: bytes | None = None
    bodystructure: bytes | None = None
    parts: bytes | None = None
    header: bytes | None = None
    raw: bytes | None = None
    blob: str | None = None
    email_id: EmailId | None = None
    thread_id: ThreadId | None = None
    preview: str | None = None
    sort_keys: SortKeys | None = None

    @property
    def internal_date(self) -> MailDate:
        """The INTERNALDATE; asks for :attr:`Field.DATE`."""
        return MailDate(self.internal_epoch, self.internal_zone)


class MessageColumns(NamedTuple):
    """Messages as read, in columns: position *i* of each is one message. A column that was not asked for may be empty.

    The columns are the fields of :class:`MessageRecord`, but for a message's octets: :attr:`Field.RAW` reads them as *headers*
    and, for what follows, *texts*. Where *blobs* has a name, the text is empty and the blob has the whole message; without
    :attr:`Field.RAW`, *texts* and *blobs* are empty.
    """

    uids: Sequence[Uid]
    flags: Sequence[FlagSet] = ()
    modseqs: Sequence[ModSeq] = ()
    sizes: Sequence[int] = ()
    internal_epochs: Sequence[int] = ()
    internal_zones: Sequence[int] = ()
    save_epochs: Sequence[int] = ()
    envelopes: Sequence[bytes] = ()
    bodies: Sequence[bytes] = ()
    bodystructures: Sequence[bytes] = ()
    parts: Sequence[bytes] = ()
    headers: Sequence[bytes] = ()
    texts: Sequence[bytes] = ()
    blobs: Sequence[str | None] = ()
    email_ids: Sequence[EmailId] = ()
    thread_ids: Sequence[ThreadId | None] = ()
    previews: Sequence[str] = ()

    @classmethod
    def of(cls, records: Sequence[MessageRecord], *, octets: bool = False) -> MessageColumns:
        """The columns of *records*; with their *octets*, if header and octets were both asked for."""
        if not records:
            return cls(())
        columns = list(zip(*records, strict=True))
        headers, raws = columns[_HEADER_AT], columns[_RAW_AT]
        if octets:
            columns[_RAW_AT] = tuple(
                raw[len(header) :] if raw else b"" for header, raw in zip(headers, raws, strict=True)
            )
        else:
            columns[_RAW_AT] = columns[_RAW_AT + 1] = ()
        return cls(*columns[:-1])

    def record(self, at: int) -> MessageRecord:
        """The message at position *at*."""
        values = [column[at] if column else None for column in self]
        if self.texts:
            values[_RAW_AT] = None if self.blobs[at] else self.headers[at] + self.texts[at]
        given = zip(MessageRecord._fields, values, strict=False)
        return MessageRecord._make({**_NOTHING, **{name: value for name, value in given if value is not None}}.values())

    def part(self, start: int, end: int) -> MessageColumns:
        """The messages at positions *start* to *end*."""
        return MessageColumns._make(column[start:end] for column in self)


_HEADER_AT: Final = MessageRecord._fields.index("header")
_NOTHING: Final = {"uid": 0, "flags": NO_FLAGS, "modseq": 0} | MessageRecord._field_defaults
_RAW_AT: Final = MessageRecord._fields.index("raw")


@dataclass(frozen=True, slots=True)
class NewMailbox:
    """A mailbox to create with an account."""

    name: MailboxName
    special_use: SpecialUse | None = None
    subscribed: bool = True


@dataclass(frozen=True, slots=True)
class Hint:
    """Something changed: wake and read the truth by modseq. Hints may be merged or lost.

    *mailbox* is None for a change of the mailbox list itself, and for one of nothing but *annotations*.
    """

    account: AccountId
    mailbox: MailboxId | None
    modseq: ModSeq
    annotations: bool = False


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """Limits an engine enforces; see the settings of the same names.

    Attributes:
        mailboxes: mailboxes per account.
        keywords: distinct keywords per mailbox.
        message: octets of one message.
        tombstones: seconds an expunge is remembered for resynchronisation.
        annotations: annotations of one mailbox, and of the account itself; as many removals are remembered of an account.
        annotation: octets of one.
        annotation_octets: octets of all of an account's, names counted.
        scan: what of a message is understood; the rest is served as it is.
    """

    mailboxes: int = 10_000
    keywords: int = 1_000
    message: int = 64 * 1024 * 1024
    tombstones: int = 180 * 86_400
    annotations: int = 200
    annotation: int = 64 * 1024
    annotation_octets: int = 8 * 1024 * 1024
    scan: ScanLimits = DEFAULT_SCAN
