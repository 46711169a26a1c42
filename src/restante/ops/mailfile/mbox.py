"""mbox: the ``From `` line between messages, the quoting of lines that look like it, and flags in header fields.

Written is mboxrd: each line of a message that is ``From `` behind any number of ``>`` gets one more ``>``, which reading takes
away again. Flags are three fields above the message's own, always these in this order, so that reading can take them away,
too, and the message has its octets back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from restante.mime.date import sent_date
from restante.mime.header import fields, first
from restante.model.dates import MONTHS, MailDate
from restante.model.flags import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, FlagSet
from restante.ops.mailfile.keyword import keywords
from restante.ops.mailfile.line_ends import LineFilter

FROM: Final = b"From "
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_QUOTE: Final = re.compile(rb"^(>*From )", re.MULTILINE)
_UNQUOTE: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_ASCTIME: Final = re.compile(
    rb"(\w{3})\s+(\d{1,2})\s+(\d{1,2}:\d{2}(?::\d{2})?)\s+(?:[A-Za-z]+\s+)?(\d{4})\s*([+-]\d{4})?", re.ASCII
)
_RFC_DATE: Final = re.compile(rb"(\d{1,2}\s+\w{3}\s+\d{4}\s+\d{1,2}:\d{2}.*)", re.ASCII)
_OWN_FIELDS: Final = re.compile(rb"Status: (R?O)\r?\nX-Status: ([A-Z]*)\r?\nX-Keywords: ([^\r\n]*)\r?\n")
_STATUS: Final = {"R": SEEN}
_X_STATUS: Final = {"A": ANSWERED, "F": FLAGGED, "T": DRAFT, "D": DELETED}
_MOZILLA: Final = ((0x0001, SEEN), (0x0002, ANSWERED), (0x0004, FLAGGED), (0x1000, "$Forwarded"))
_MOZILLA_EXPUNGED: Final = 0x0008
_EVOLUTION: Final = ((1, ANSWERED), (2, DELETED), (4, DRAFT), (8, FLAGGED), (16, SEEN))


def quoter() -> LineFilter:
    """Quotes a message for an mbox."""
    return LineFilter(_QUOTE, rb">\1", FROM)


def unquoter() -> LineFilter:
    """Takes the quoting away."""
    return LineFilter(_UNQUOTE, rb"\1", b">From ")


def from_line(date: MailDate) -> bytes:
    """The line above a message, in UTC (RFC 4155 §2). Its sender is not known and MAILER-DAEMON, as is the custom."""
    try:
        moment = MailDate(date.epoch).datetime()
    except OverflowError:
        moment = MailDate(0).datetime()
    day, month = _DAYS[moment.weekday()], MONTHS[moment.month - 1]
    time = f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    return f"From MAILER-DAEMON {day} {month} {moment.day:2d} {time} {moment.year:04d}\n".encode()


def from_line_date(line: bytes) -> MailDate | None:
    """The date in a ``From `` line: UTC unless it says otherwise. None if it has none."""
    if (found := _ASCTIME.search(line)) is not None:
        month, day, time, year, zone = found.groups()
        return sent_date(b"%s %s %s %s %s" % (day, month, year, time, zone or b"+0000"))
    if (dated := _RFC_DATE.search(line)) is not None:
        return sent_date(dated[1])
    return None


def flag_fields(flags: FlagSet) -> bytes:
    """The fields that hold *flags*, with LF."""
    status = "RO" if SEEN in flags else "O"
    others = "".join(letter for letter, flag in _X_STATUS.items() if flag in flags)
    words = " ".join(flag for flag in flags if not flag.startswith("\\"))
    return f"Status: {status}\nX-Status: {others}\nX-Keywords: {words}\n".encode()


def own_fields(head: bytes) -> tuple[FlagSet, int] | None:
    """The flags in fields as :func:`flag_fields` writes them above a message, and their octets; None without them."""
    found = _OWN_FIELDS.match(head)
    if found is None:
        return None
    return FlagSet([*_lettered(found[1], _STATUS), *_lettered(found[2], _X_STATUS), *_words(found[3])]), found.end()


def foreign_flags(header: bytes) -> FlagSet | None:
    """The flags that other programs keep in *header*; None for a message that one of them has expunged."""
    found = fields(header)
    flags = [
        *_lettered(first(found, b"Status"), _STATUS),
        *_lettered(first(found, b"X-Status"), _X_STATUS),
        *_words(first(found, b"X-Keywords")),
        *_words(first(found, b"X-Mozilla-Keys")),
    ]
    mozilla = _number(first(found, b"X-Mozilla-Status"))
    if mozilla & _MOZILLA_EXPUNGED:
        return None
    evolution = _number((first(found, b"X-Evolution") or b"").partition(b"-")[2])
    flags += [flag for bit, flag in _MOZILLA if mozilla & bit]
    flags += [flag for bit, flag in _EVOLUTION if evolution & bit]
    return FlagSet(flags)


def _lettered(value: bytes | None, meaning: Mapping[str, str]) -> Iterable[str]:
    return [meaning[letter] for letter in (value or b"").decode("ascii", "replace") if letter in meaning]


def _words(value: bytes | None) -> list[str]:
    return keywords((value or b"").decode("ascii", "replace").split())


def _number(value: bytes | None) -> int:
    try:
        return int((value or b"0")[:8], 16)
    except ValueError:
        return 0
