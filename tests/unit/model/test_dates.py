"""Dates as the wire has them (RFC 9051 §9: date-time)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from restante.model.dates import MailDate, wires


@pytest.mark.parametrize("zone", [0, 60, -420, 330, -1, 1439, -1439])
def test_many_dates_at_once_in_every_zone(zone: int) -> None:
    epochs = [*range(-86_400 * 800, 4_000_000_000, 40_000_003), 0, -1, 951_868_799, 951_868_800]
    there = timezone(timedelta(minutes=zone))
    said = [datetime.fromtimestamp(epoch, UTC).astimezone(there).strftime("%d-%b-%Y %H:%M:%S %z") for epoch in epochs]
    assert wires(epochs, [zone] * len(epochs)) == [text.encode() for text in said]
    assert [MailDate(epoch, zone).wire() for epoch in epochs] == wires(epochs, [zone] * len(epochs))


def test_more_days_and_zones_than_are_remembered() -> None:
    epochs = [86_400 * day for day in range(40_000)]
    zones = [day % 2_879 - 1_439 for day in range(40_000)]
    assert wires(epochs, zones)[-1] == MailDate(epochs[-1], zones[-1]).wire() == b"07-Jul-2079 18:53:00 +1853"
