"""Dates as mail keeps them: a moment and the zone it was written in (RFC 9051 §2.3.3, §9: date-time).

SEARCH BEFORE, ON and SINCE disregard time and zone (RFC 9051 §6.4.4), that is, they compare the date *as written*; so the
zone is kept, not folded away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True, order=True)
class MailDate:
    """A moment with its zone.

    Attributes:
        epoch: seconds since 1970-01-01T00:00:00Z.
        zone: minutes east of UTC, -1439 to 1439.
    """

    epoch: int
    zone: int = 0

    @classmethod
    def of(cls, moment: datetime) -> MailDate:
        """From an aware *moment*; a naive one is taken as UTC."""
        offset = moment.utcoffset()
        if offset is None:
            return cls(int(moment.replace(tzinfo=UTC).timestamp()), 0)
        return cls(int(moment.timestamp()), int(offset.total_seconds() // 60))

    @property
    def day(self) -> int:
        """The calendar date as written, in days since 1970-01-01."""
        return (self.epoch + self.zone * 60) // _DAY

    def datetime(self) -> datetime:
        """As an aware :class:`datetime.datetime` in its own zone. Raises OverflowError outside years 1 to 9999."""
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.epoch)
        return moment.astimezone(timezone(timedelta(minutes=self.zone)))

    def wire(self) -> bytes:
        """``date-time`` without its quotes, 26 octets: ``17-Jul-1996 02:44:25 -0700`` (RFC 9051 §9)."""
        day, seconds = divmod(self.epoch + self.zone * 60, _DAY)
        minutes, second = divmod(seconds, 60)
        return b"%b %02d:%02d:%02d %b" % (_day_text(day), minutes // 60, minutes % 60, second, _zone_text(self.zone))


@lru_cache(maxsize=4096)
def _day_text(day: int) -> bytes:
    try:
        found = date.fromordinal(day + _EPOCH_ORDINAL)
    except (ValueError, OverflowError):
        found = date(1970, 1, 1)
    return f"{found.day:02d}-{MONTHS[found.month - 1]}-{found.year:04d}".encode()


@lru_cache(maxsize=4096)
def _zone_text(zone: int) -> bytes:
    hours, minutes = divmod(abs(zone), 60)
    return f"{'-' if zone < 0 else '+'}{hours:02d}{minutes:02d}".encode()


def day_of(calendar: date) -> int:
    """A calendar date in days since 1970-01-01, to compare with :attr:`MailDate.day`."""
    return calendar.toordinal() - _EPOCH_ORDINAL
