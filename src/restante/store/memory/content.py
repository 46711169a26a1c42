"""What the memory engine keeps of a message: its content, shared by all copies, and its place in a mailbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from restante.model.dates import MailDate
from restante.model.ids import EmailId, ThreadId
from restante.store.arrival import Summary, email_id, summarise, thread_id
from restante.store.errors import MessageTooBig, Unavailable
from restante.store.memory_upload import MemoryUpload
from restante.store.model import Field, Flagged, MessageRecord, NewMessage, StoreLimits, Upload

_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Content:
    """A message's octets and what was worked out of them at arrival; immutable, one for equal octets."""

    raw: bytes
    summary: Summary
    email_id: EmailId
    thread_id: ThreadId


@dataclass(frozen=True, slots=True)
class Message:
    """A content's membership in a mailbox, without what the index holds.

    Attributes:
        content: what it says.
        internal_date: its INTERNALDATE.
        saved: when it came into this mailbox, epoch seconds (RFC 8514 §2).
    """

    content: Content
    internal_date: MailDate
    saved: int


class Contents:
    """Every content in the store, kept as long as a message has it; also the blob store, for those too large to inline."""

    def __init__(self, inline: int) -> None:
        self._inline = inline
        self._by_id: WeakValueDictionary[str, Content] = WeakValueDictionary()

    def take_in(self, new: NewMessage, limits: StoreLimits) -> Content:
        """The content of *new*. Raises MessageTooBig."""
        limit = limits.message
        if (new.raw.size if isinstance(new.raw, MemoryUpload) else len(_octets(new.raw))) > limit:
            raise MessageTooBig(f"the message is larger than the {limit} octets allowed")
        raw = _octets(new.raw)
        own = email_id(raw)
        known = self._by_id.get(own)
        if known is not None:
            return known
        summary = summarise(raw, limits.scan)
        content = self._by_id[own] = Content(raw, summary, own, thread_id(summary.sort_keys, own))
        return content

    def is_blob(self, content: Content) -> bool:
        """Whether *content* is too large to come with its record."""
        return content.summary.size > self._inline

    async def open(self, blob: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """See :class:`restante.store.api.Blobs`."""
        content = self._by_id.get(blob)
        if content is None:
            raise Unavailable("the message's text cannot be read now")
        end = len(content.raw) if length is None else min(start + length, len(content.raw))
        for at in range(start, end, _PIECE):
            yield content.raw[at : min(at + _PIECE, end)]


def _octets(raw: bytes | Upload) -> bytes:
    if isinstance(raw, bytes):
        return raw
    if isinstance(raw, MemoryUpload):
        return raw.octets()
    raise TypeError("an upload must come from the store it is given to")


_DATE: Final = Field.DATE.value
_SIZE: Final = Field.SIZE.value
_ENVELOPE: Final = Field.ENVELOPE.value
_BODY: Final = Field.BODY.value
_BODYSTRUCTURE: Final = Field.BODYSTRUCTURE.value
_PARTS: Final = Field.PARTS.value
_HEADER: Final = Field.HEADER.value
_RAW: Final = Field.RAW.value
_SAVE_DATE: Final = Field.SAVE_DATE.value
_IDS: Final = Field.IDS.value
_PREVIEW: Final = Field.PREVIEW.value
_SORT: Final = Field.SORT.value


def record(now: Flagged, message: Message, fields: Field, *, blob: bool) -> MessageRecord:
    """The asked-for *fields* of a message; *blob* says that its octets do not come with it."""
    asked = fields.value
    content, summary = message.content, message.content.summary
    return MessageRecord(
        *now,
        size=summary.size if asked & _SIZE else 0,
        internal_epoch=message.internal_date.epoch if asked & _DATE else 0,
        internal_zone=message.internal_date.zone if asked & _DATE else 0,
        save_epoch=message.saved if asked & _SAVE_DATE else 0,
        envelope=summary.envelope if asked & _ENVELOPE else None,
        body=summary.body if asked & _BODY else None,
        bodystructure=summary.bodystructure if asked & _BODYSTRUCTURE else None,
        parts=summary.parts if asked & _PARTS else None,
        header=content.raw[: summary.header_size] if asked & _HEADER else None,
        raw=content.raw if asked & _RAW and not blob else None,
        blob=content.email_id if asked & _RAW and blob else None,
        email_id=content.email_id if asked & _IDS else None,
        thread_id=content.thread_id if asked & _IDS else None,
        preview=summary.preview if asked & _PREVIEW else None,
        sort_keys=summary.sort_keys if asked & _SORT else None,
    )


def octets_of(found: MessageRecord) -> int:
    """Octets of what was read of a message that may be of any length."""
    text = found.header if found.raw is None else found.raw
    return sum(map(len, filter(None, (found.envelope, found.body, found.bodystructure, found.parts, text))))
