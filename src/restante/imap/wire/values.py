"""Values that a terminal's text spells: message sets, dates, mailbox names (RFC 9051 §9). Pure functions of the text.

The rule they protect: what is well-formed and still impossible (31-Feb, UID 9999999999) is refused here, with a
ValueError that says what was expected, and goes no further.
"""

import re
import unicodedata
from datetime import date
from typing import Final

from restante.imap.wire import utf7
from restante.model.dates import MONTHS, MailDate, day_of
from restante.model.ids import MAX_UID
from restante.model.mailbox_name import INBOX, MAX_OCTETS, BadMailboxName, MailboxName, mailbox_name
from restante.model.message_set import STAR

_MONTH: Final = {name.lower().encode(): number for number, name in enumerate(MONTHS, 1)}
_MAX_NAME: Final = 4 * MAX_OCTETS
"""Octets. No spelling of a name within the model's limit is longer; refusing here keeps normalisation cheap."""


def ranges(text: bytes) -> tuple[tuple[int, int], ...]:
    """The (first, last) pairs of a matched ``sequence-set``, :data:`STAR` for ``*``."""
    found: list[tuple[int, int]] = []
    for item in text.split(b","):
        if item.isdigit():
            low = high = int(item)
        else:
            first, colon, last = item.partition(b":")
            low = STAR if first == b"*" else int(first)
            high = low if not colon else STAR if last == b"*" else int(last)
        if low > MAX_UID or high > MAX_UID:
            raise ValueError("a number below 4294967296")
        found.append((low, high))
    return tuple(found)


def calendar_date(match: re.Match[bytes]) -> date:
    """The date of a matched ``date``: groups quote, day, month, year."""
    return _date(match[2], match[3], match[4])


def mail_date(match: re.Match[bytes]) -> MailDate:
    """The moment of a matched ``date-time``; a leap second is taken as the one before it."""
    day = _date(match[1], match[2], match[3])
    hour, minute, second = int(match[4]), int(match[5]), min(int(match[6]), 60)
    if hour > 23 or minute > 59 or int(match[6]) > 60:
        raise ValueError("a time of day")
    east, west = int(match[8]), int(match[9])
    if east > 23 or west > 59:
        raise ValueError("a time zone below 2400")
    zone = (east * 60 + west) * (-1 if match[7] == b"-" else 1)
    seconds = hour * 3600 + minute * 60 + min(second, 59)
    return MailDate(day_of(day) * 86_400 + seconds - zone * 60, zone)


def _date(day: bytes, month: bytes, year: bytes) -> date:
    try:
        return date(int(year), _MONTH[month.lower()], int(day))
    except (KeyError, ValueError):
        raise ValueError("a date such as 17-Jul-1996") from None


def mailbox(raw: bytes, *, utf8: bool) -> MailboxName:
    """The mailbox that *raw* names; see :func:`name_text`. Raises BadMailboxName."""
    if raw.upper() == b"INBOX":
        return INBOX
    return mailbox_name(name_text(raw, utf8=utf8))


def pattern(raw: bytes, *, utf8: bool) -> str:
    """The LIST pattern that *raw* spells, in NFC as names are. Raises BadMailboxName."""
    return unicodedata.normalize("NFC", name_text(raw, utf8=utf8))


def name_text(raw: bytes, *, utf8: bool) -> str:
    """The text of a mailbox name as clients spell it.

    Modified UTF-7 (RFC 3501 §5.1.3); or UTF-8, which some clients send without having agreed on it. With *utf8*, agreed
    on, an ``&`` that begins no valid shift stands for itself. Raises BadMailboxName.
    """
    if len(raw) > _MAX_NAME:
        raise BadMailboxName(f"a mailbox name is at most {MAX_OCTETS} octets long")
    if not raw.isascii():
        return _utf8(raw)
    if b"&" not in raw:
        return raw.decode("ascii")
    try:
        return utf7.decode(raw)
    except ValueError:
        if utf8:
            return raw.decode("ascii")
        raise BadMailboxName("a mailbox name must be modified UTF-7 or UTF-8") from None


def is_utf8(raw: bytes) -> bool:
    """Whether *raw* is UTF-8 (RFC 3629 §4)."""
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BadMailboxName("a mailbox name must be modified UTF-7 or UTF-8") from None
