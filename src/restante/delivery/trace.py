"""The fields a delivered message begins with: Return-Path, Delivered-To, Received (RFC 5321 §4.4).

The rule it protects: a final delivery has one Return-Path, its own; one that came with the message is removed. Every
Received field that came is kept, for they end loops.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from restante.delivery.envelope import Envelope, Hop
from restante.model.dates import MONTHS

_RETURN_PATHS: Final = re.compile(rb"(?:Return-Path[ \t]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)++", re.IGNORECASE)
_RECEIVED: Final = re.compile(rb"^Received[ \t]*+:", re.IGNORECASE | re.MULTILINE)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_BLANK: Final = b"\r\n\r\n"


def trace_fields(envelope: Envelope, address: str) -> bytes:
    """What the copy for *address* begins with."""
    return (
        f"Return-Path: <{envelope.sender}>\r\nDelivered-To: {address}\r\n{_received(envelope.hop, address)}\r\n"
    ).encode("utf-8", "replace")


def without_return_path(head: bytes) -> bytes:
    """*head*, a message's beginning, without the Return-Path fields it begins with."""
    match = _RETURN_PATHS.match(head)
    return head[match.end() :] if match else head


def header_of(head: bytes) -> bytes:
    """The header that *head* begins with, its empty line included; all of *head* if that does not come."""
    if head.startswith(b"\r\n"):
        return head[:2]
    end = head.find(_BLANK)
    return head if end < 0 else head[: end + len(_BLANK)]


def hops(header: bytes) -> int:
    """How many machines the message has passed (RFC 5321 §6.3)."""
    return len(_RECEIVED.findall(header))


def _received(hop: Hop, address: str) -> str:
    words = [
        f"Received: from {hop.client}{_peer(hop.peer)}\r\n\tby {hop.host}" if hop.client else f"Received: by {hop.host}"
    ]
    if hop.protocol:
        words.append(f"with {hop.protocol}")
    return f"{' '.join(words)} id {hop.id}\r\n\tfor <{address}>; {_moment(hop.time)}"


def _moment(epoch: int) -> str:
    """The date-time of RFC 5322 §3.3."""
    at = datetime.fromtimestamp(epoch, UTC)
    return f"{_DAYS[at.weekday()]}, {at.day:02d} {MONTHS[at.month - 1]} {at.year:04d} {at:%H:%M:%S} +0000"


def _peer(peer: str) -> str:
    """The TCP-info of RFC 5321 §4.4."""
    if not peer:
        return ""
    return f" ([IPv6:{peer}])" if ":" in peer else f" ([{peer}])"
