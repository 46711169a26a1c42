"""Dates as mail keeps them: a moment and the zone it was written in (RFC 9051 §2.3.3, §9: date-time).

SEARCH BEFORE, ON and SINCE disregard time and zone (RFC 9051 §6.4.4), that is, they compare the date *as written*; so the
zone is kept, not folded away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, TypeVar

V = TypeVar("V")

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
        return wires([self.epoch], [self.zone])[0]


def wires(epochs: Iterable[int], zones: Iterable[int]) -> list[bytes]:
    """:meth:`MailDate.wire` of many at once, from tables: most mail of a mailbox shares its days and its zones."""
    return [
        _DAYS[(local := epoch + zone * 60) // _DAY] + _MINUTES[local % _DAY // 60] + _ENDS[zone][local % 60]
        for epoch, zone in zip(epochs, zones, strict=True)
    ]


class _Texts(dict[int, V]):
    """Texts by number, made when first asked for; *most* are kept."""

    __slots__ = ("_make", "_most")

    def __init__(self, make: Callable[[int], V], most: int) -> None:
        self._make = make
        self._most = most

    def __missing__(self, number: int) -> V:
        if len(self) >= self._most:
            self.clear()
        found = self[number] = self._make(number)
        return found


def _day_text(day: int) -> bytes:
    try:
        found = date.fromordinal(day + _EPOCH_ORDINAL)
    except (ValueError, OverflowError):
        found = date(1970, 1, 1)
    return f"{found.day:02d}-{MONTHS[found.month - 1]}-{found.year:04d} ".encode()


def _zone_texts(zone: int) -> tuple[bytes, ...]:
    """For each second of a minute what ends the text, zone included."""
    hours, minutes = divmod(abs(zone), 60)
    sign = "-" if zone < 0 else "+"
    return tuple(f"{second:02d} {sign}{hours:02d}{minutes:02d}".encode() for second in range(60))


_DAYS: Final = _Texts(_day_text, 16_384)
_MINUTES: Final = tuple(f"{minute // 60:02d}:{minute % 60:02d}:".encode() for minute in range(1440))
_ENDS: Final = _Texts(_zone_texts, 128)


def day_of(calendar: date) -> int:
    """A calendar date in days since 1970-01-01, to compare with :attr:`MailDate.day`."""
    return calendar.toordinal() - _EPOCH_ORDINAL
