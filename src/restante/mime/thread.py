"""Message identifiers, as threading compares them (RFC 5256 §3, RFC 5322 §3.6.4).

Strategy: one regular expression finds what stands between angle brackets; quoting is taken away, so that each
identifier has one form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from restante.mime.comments import unquote
from restante.mime.header import unfold

_QUOTED: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_MESSAGE_ID: Final = re.compile(rb"<\s*+(?:(" + _QUOTED + rb")|([^<>\s\"][^<>\s]*+))(@[^<>\s]++)?+\s*+>", re.DOTALL)
_MAX_IDS: Final = 1000
_MAX_OCTETS: Final = 1000


@dataclass(frozen=True, slots=True)
class ThreadKeys:
    """What threads a message.

    Attributes:
        message_id: its own identifier, normalised, without angle brackets; None if it has none.
        references: its ancestors' identifiers, oldest first; from References, or else the first of In-Reply-To.
    """

    message_id: bytes | None
    references: tuple[bytes, ...]


def message_ids(value: bytes, limit: int = _MAX_IDS) -> tuple[bytes, ...]:
    """The identifiers in a raw field *value*, normalised, without angle brackets; the first *limit* of them.

    One longer than 1000 octets, which no line of mail can hold (RFC 5322 §2.1.1), is none.
    """
    found = islice(_MESSAGE_ID.finditer(unfold(value)), limit)
    ids = ((unquote(one[1][1:-1]) if one[1] else one[2]) + (one[3] or b"") for one in found)
    return tuple(one for one in ids if 0 < len(one) <= _MAX_OCTETS)


def thread_keys(message_id: bytes | None, references: bytes | None, in_reply_to: bytes | None) -> ThreadKeys:
    """The keys from the values of a header's fields; of a repeated field the first counts."""
    own = message_ids(message_id or b"", 1)
    ancestors = message_ids(references or b"") or message_ids(in_reply_to or b"", 1)
    return ThreadKeys(own[0] if own else None, ancestors)
