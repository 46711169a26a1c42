"""What is worked out once, when a message arrives, so that FETCH, SORT, THREAD and LIST-like questions never parse it again.

Strategy: one pass over the octets makes the part tree; everything kept beside a message is derived from that tree and kept
as the octets or values an engine stores in its row. COPY and MOVE share it, for content never changes.

The rule it protects: no mail, however broken, is refused or lost for its looks, and the same octets always give the same
summary and the same ids (RFC 8474 §5.1, §5.2), on every engine.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Final

from restante.imap.wire import structure
from restante.mime.address import Address
from restante.mime.charset import guess_text
from restante.mime.content import TEXT_PLAIN
from restante.mime.date import sent_date
from restante.mime.encode import dump
from restante.mime.envelope import Envelope
from restante.mime.part import Part
from restante.mime.scan import DEFAULT_LIMITS, Raw, ScanLimits, scan
from restante.mime.subject import base_subject
from restante.mime.text import preview
from restante.mime.thread import thread_keys
from restante.mime.words import decode_words
from restante.model.ids import EmailId, ThreadId
from restante.store.model import SortKeys

_LOG: Final = logging.getLogger(__name__)

Octets = Raw
"""A whole message: octets in memory, or a file mapped so that a large one is not read twice."""

_DIGITS: Final = 40
"""Hexadecimal digits of a digest kept in an id: 160 bits, beyond reach of a chosen collision's profit."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A message's answers.

    Attributes:
        size: octets of the message (RFC822.SIZE).
        header_size: octets of its header, the empty line included.
        envelope: what follows ``ENVELOPE`` and a space in a FETCH response (RFC 9051 §7.5.2).
        body: what follows ``BODY`` and a space.
        bodystructure: what follows ``BODYSTRUCTURE`` and a space.
        parts: the part tree with its offsets, as ``mime.encode.load`` reads it.
        preview: the first words of the text (RFC 8970 §3.1), at most 200 characters; empty when there are none.
        sort_keys: what SORT and THREAD compare.
        eight_bit_header: whether the header holds octets above 127 (a message RFC 9755 calls internationalised).
    """

    size: int
    header_size: int
    envelope: bytes
    body: bytes
    bodystructure: bytes
    parts: bytes
    preview: str
    sort_keys: SortKeys
    eight_bit_header: bool


def summarise(raw: Octets, limits: ScanLimits = DEFAULT_LIMITS) -> Summary:
    """Everything kept of *raw* besides itself, understood as far as *limits* allow. Raises nothing, whatever the octets."""
    try:
        return _read(raw, limits)
    except (ValueError, LookupError, RecursionError) as error:
        # No octets are known to come here. Should some be found, their owner still gets the mail.
        _LOG.warning("a message was not understood and is served as text (%s)", type(error).__name__)
        return _opaque(raw)


def _read(raw: Octets, limits: ScanLimits) -> Summary:
    part = scan(raw, limits)
    head = raw[: min(part.body_start, limits.header)]
    return _summary(raw, part, preview(raw, part), _sort_keys(part.envelope or _NO_ENVELOPE), head)


def _summary(raw: Octets, part: Part, words: str, keys: SortKeys, head: bytes) -> Summary:
    body, bodystructure = structure.bodies(part)
    return Summary(
        size=len(raw),
        header_size=part.body_start,
        envelope=structure.envelope(part.envelope or _NO_ENVELOPE),
        body=body,
        bodystructure=bodystructure,
        parts=dump(part),
        preview=words,
        sort_keys=keys,
        eight_bit_header=not head.isascii(),
    )


def _sort_keys(envelope: Envelope) -> SortKeys:
    sent = sent_date(envelope.date)
    subject, is_reply = base_subject(decode_words(envelope.subject or b""))
    threading = thread_keys(envelope.message_id, envelope.references, envelope.in_reply_to)
    return SortKeys(
        sent=None if sent is None else sent.epoch,
        sent_zone=0 if sent is None else sent.zone,
        subject=subject,
        is_reply=is_reply,
        from_mailbox=_mailbox(envelope.from_),
        to_mailbox=_mailbox(envelope.to),
        cc_mailbox=_mailbox(envelope.cc),
        from_display=_display(envelope.from_),
        to_display=_display(envelope.to),
        message_id=(threading.message_id or b"").decode("latin-1"),
        references=tuple(each.decode("latin-1") for each in threading.references),
    )


def _mailbox(people: tuple[Address, ...]) -> str:
    """The first address's mailbox (RFC 5256 §3: FROM, TO, CC); a group's name, when it begins with one."""
    return guess_text(people[0].mailbox or b"") if people else ""


def _display(people: tuple[Address, ...]) -> str:
    """How the first address is shown (RFC 5957 §3)."""
    if not people:
        return ""
    name = decode_words(people[0].name or b"")
    if name or not people[0].host:
        return name or _mailbox(people)
    return f"{_mailbox(people)}@{guess_text(people[0].host)}"


def email_id(raw: Octets) -> EmailId:
    """The id of this content: equal octets, equal id (RFC 8474 §5.1), in the characters RFC 8474 §7 allows."""
    return EmailId("M" + hashlib.sha256(raw).hexdigest()[:_DIGITS])


def thread_id(keys: SortKeys, own: EmailId) -> ThreadId:
    """The id of the conversation: that of the oldest message *keys* refers to, or else of the message itself.

    Replies meet because each names the conversation's first message, or is it; one without any Message-ID stands alone,
    under its *own* content's id. Equal content gives equal threads, as RFC 8474 §5.2 asks.
    """
    root = keys.references[0] if keys.references else keys.message_id or own
    return ThreadId("T" + hashlib.sha256(root.encode("utf-8", "replace")).hexdigest()[:_DIGITS])


_NO_ENVELOPE: Final = Envelope()
_NO_KEYS: Final = SortKeys(None, 0, "", False, "", "", "", "", "", "", ())


def _opaque(raw: Octets) -> Summary:
    """A message no sense could be made of, served whole as plain text."""
    size = len(raw)
    end = raw.find(b"\r\n\r\n")
    header_size = size if end < 0 else end + 4
    lines = raw[header_size:].count(b"\n")
    part = Part(0, header_size, size, *TEXT_PLAIN, b"8BIT", lines)
    return _summary(raw, part, "", _NO_KEYS, raw[:header_size])
