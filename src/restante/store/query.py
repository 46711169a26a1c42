"""What SEARCH asks, as values (RFC 9051 §6.4.4): the session builds them, an engine answers them as it best can.

Strategy: a small closed algebra that every search key of every extension maps onto, so that an engine can plan it (flags,
dates and sizes from an index, text from another) and a plain evaluator can check it. Text is decoded and compared as a
substring without regard to case, or by the collation named, none of which finds more than that; sequence numbers were turned
into UIDs before they got here.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from restante.model.collation import Collation
from restante.model.flags import Flag
from restante.model.ids import EmailId, ModSeq, ThreadId
from restante.model.message_set import UidSet


class DateField(enum.Enum):
    """Which of a message's dates: INTERNALDATE, the Date header, or when it was saved here (RFC 8514 §4)."""

    INTERNAL = "internal"
    SENT = "sent"
    SAVED = "saved"


class Compare(enum.Enum):
    """How a date or size compares: strictly under, equal, at least."""

    BEFORE = "before"
    ON = "on"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class All:
    """Every message (``ALL``)."""


@dataclass(frozen=True, slots=True)
class And:
    """Messages that match each of *of*; every message when empty."""

    of: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Messages that match at least one of *of*; none when empty."""

    of: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Messages that do not match *of*."""

    of: Query


@dataclass(frozen=True, slots=True)
class Uids:
    """Messages whose UID is in *uids*, which may reach far past the mailbox's own."""

    uids: UidSet


@dataclass(frozen=True, slots=True)
class HasFlag:
    """Messages with *flag*, in any case of letters."""

    flag: Flag


@dataclass(frozen=True, slots=True)
class Dated:
    """Messages whose date, as written and without time or zone, compares so with *day* (days since 1970-01-01).

    A message without the date in question (no Date header) falls back to its INTERNALDATE (RFC 5256 §2.2).
    """

    field: DateField
    compare: Compare
    day: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """Messages whose moment of arrival compares so with *epoch* seconds (RFC 5032 §3: OLDER is BEFORE or equal)."""

    compare: Compare
    epoch: int


@dataclass(frozen=True, slots=True)
class Larger:
    """Messages of more than *size* octets."""

    size: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """Messages of less than *size* octets."""

    size: int


@dataclass(frozen=True, slots=True)
class Header:
    """Messages with a field *name* whose decoded text holds *text*; any such field when *text* is empty."""

    name: str
    text: str
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """Messages whose decoded body text holds *text*."""

    text: str
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Messages whose decoded header or body holds *text*."""

    text: str
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """Messages with a modseq of *modseq* or more (RFC 7162 §3.1.5)."""

    modseq: ModSeq


@dataclass(frozen=True, slots=True)
class WithEmailId:
    """Messages with the content *id* (RFC 8474 §6)."""

    id: EmailId


@dataclass(frozen=True, slots=True)
class WithThreadId:
    """Messages of the thread *id* (RFC 8474 §6)."""

    id: ThreadId


Query = (
    All
    | And
    | Or
    | Not
    | Uids
    | HasFlag
    | Dated
    | Arrived
    | Larger
    | Smaller
    | Header
    | Body
    | Text
    | ChangedSince
    | WithEmailId
    | WithThreadId
)


def asks_for_text(query: Query) -> bool:
    """Whether *query* looks for parts of texts."""
    match query:
        case And(of) | Or(of):
            return any(map(asks_for_text, of))
        case Not(inner):
            return asks_for_text(inner)
        case Header() | Body() | Text():
            return bool(query.text)
        case _:
            return False


def collated(query: Query, collation: Collation) -> Query:
    """*query* with its texts compared by *collation*."""
    match query:
        case And(of):
            return And(tuple(collated(part, collation) for part in of))
        case Or(of):
            return Or(tuple(collated(part, collation) for part in of))
        case Not(inner):
            return Not(collated(inner, collation))
        case Header() | Body() | Text():
            return replace(query, collation=collation)
        case _:
            return query
