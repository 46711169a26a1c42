"""The sent date of a message (RFC 5322 §3.3, obsolete forms of §4.3; RFC 5256 §2.2).

Strategy: one regular expression for what nearly all mail writes; the standard library's tolerant reader for the rest.

The rule it protects: any octets give a date or None, never an exception; and the zone stays as it was written.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from restante.mime.comments import without_comments
from restante.mime.header import unfold
from restante.model.dates import MONTHS, MailDate

_USUAL: Final = re.compile(
    r"(?:[a-z]{3,9}\s*,?\s*)?(\d{1,2})\s+([a-z]{3})[a-z]*\s+(\d{2,4})"
    r"(?:\s+(\d{1,2})\s*:\s*(\d{1,2})(?:\s*:\s*(\d{1,2}))?)?"
    r"(?:\s*([+-]\d{4})|\s+([a-z]{1,5}))?\s*",
    re.IGNORECASE | re.ASCII,
)
_MONTH: Final = {name.lower(): number for number, name in enumerate(MONTHS, 1)}
_ZONES: Final = {"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420}
"""Minutes east of UTC. The military letters mean nothing certain and count as UTC (RFC 5322 §4.3)."""

_EPOCH: Final = date(1970, 1, 1).toordinal()
_MAX_OCTETS: Final = 200
_MAX_ZONE: Final = 1439


def sent_date(value: bytes | None) -> MailDate | None:
    """The moment a raw Date field *value* names, or None if it names none."""
    if value is None:
        return None
    text = without_comments(unfold(value[:_MAX_OCTETS])).strip().decode("ascii", "replace")
    found = _USUAL.fullmatch(text)
    if found is None:
        return _unusual(text)
    day, month, year, hour, minute, second, offset, name = found.groups()
    number = _MONTH.get(month.lower())
    if number is None:
        return None
    zone = _offset(offset) if offset else _ZONES.get((name or "").upper(), 0)
    return _moment(_year(year), number, int(day), int(hour or 0), int(minute or 0), int(second or 0), zone)


def _offset(text: str) -> int:
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    return -minutes if text[0] == "-" else minutes


def _year(text: str) -> int:
    """RFC 5322 §4.3: two digits are 1950 to 2049, three count from 1900."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int, zone: int) -> MailDate | None:
    """RFC 5256 §2.2: an impossible zone counts as UTC, an impossible time as midnight, an impossible date as none."""
    if abs(zone) > _MAX_ZONE:
        zone = 0
    if hour > 23 or minute > 59 or second > 60:
        hour = minute = second = zone = 0
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    return MailDate(days * 86_400 + hour * 3600 + minute * 60 + min(second, 59) - zone * 60, zone)


def _unusual(text: str) -> MailDate | None:
    # Imported late: it brings in half of the standard library's mail, which hardly any message needs.
    from email.utils import parsedate_tz

    try:
        found = parsedate_tz(text)
    except (ValueError, IndexError, TypeError, OverflowError, AttributeError):
        # The standard library's reader trips over some dates no one would write in earnest.
        return None
    if found is None:
        return None
    year, month, day, hour, minute, second = found[:6]
    return _moment(year, month, day, hour, minute, second, int((found[9] or 0) / 60))
