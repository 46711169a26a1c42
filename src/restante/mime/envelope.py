"""The envelope of a message: what a mailbox list shows of it (RFC 9051 §7.5.2).

Strategy: values stay octets as received, unfolded; the wire decides how to write them. Repeated address fields are
read as one, of other repeated fields the first counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from restante.mime.address import Address, addresses
from restante.mime.header import unfold

Addresses = tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The envelope's fields; None where the header lacks one.

    ``sender`` and ``reply_to`` already hold ``from_`` where the message leaves them out. Address tuples are empty
    where the field is missing or empty. ``references`` is none of the ten that IMAP shows; threads are made by it (RFC 5256 §3).
    """

    date: bytes | None = None
    subject: bytes | None = None
    from_: Addresses = ()
    sender: Addresses = ()
    reply_to: Addresses = ()
    to: Addresses = ()
    cc: Addresses = ()
    bcc: Addresses = ()
    in_reply_to: bytes | None = None
    message_id: bytes | None = None
    references: bytes | None = None


_TEXTS: Final = (b"date", b"subject", b"in-reply-to", b"message-id", b"references")
_LISTS: Final = (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")
NAMES: Final = frozenset((*_TEXTS, *_LISTS))
"""Lower-case names of the fields an envelope is made of."""


def envelope(pairs: Iterable[tuple[bytes, bytes]]) -> Envelope:
    """The envelope from (name, raw value) *pairs* of a header, names in any case."""
    return envelope_of([(key, value) for name, value in pairs if (key := name.lower()) in NAMES])


def envelope_of(pairs: Iterable[tuple[bytes, bytes]]) -> Envelope:
    """As :func:`envelope`, for pairs whose names are lower-case and among :data:`NAMES`."""
    texts: dict[bytes, bytes] = {}
    lists: dict[bytes, list[bytes]] = {}
    for name, value in pairs:
        if name in _TEXTS:
            texts.setdefault(name, value)
        else:
            lists.setdefault(name, []).append(value)
    parsed = {name: tuple(addresses(b",".join(pieces))) for name, pieces in lists.items()}
    author = parsed.get(b"from", ())
    return Envelope(
        _text(texts.get(b"date")),
        _text(texts.get(b"subject")),
        author,
        parsed.get(b"sender") or author,
        parsed.get(b"reply-to") or author,
        parsed.get(b"to", ()),
        parsed.get(b"cc", ()),
        parsed.get(b"bcc", ()),
        _text(texts.get(b"in-reply-to")),
        _text(texts.get(b"message-id")),
        _text(texts.get(b"references")),
    )


def _text(value: bytes | None) -> bytes | None:
    return None if value is None else unfold(value)
