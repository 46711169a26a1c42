"""What was measured, as figures: samples, medians, ratios.

Strategy: a row keeps every sample, so that whoever reads the JSON may judge the spread; a table shows medians only.
Rule: a ratio is the other server's figure by Restante's: above 1, Restante takes less.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

TIME: Final = ("CPU", "wall")
"""What the two figures of a sample are where time is measured, both in seconds; the server's CPU comes first."""

MEMORY: Final = ("RSS", "PSS")
"""What they are where memory is measured, both in octets."""


Bars = tuple[float | None, float | None]

EVERY: Final[Bars] = (1.0, None)
"""What every row is to reach, if nothing else is said: no more CPU, or resident memory, than the other server."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Two figures taken together; *times* or *octets* as the row's *figures* say."""

    first: float
    second: float

    def each(self, times: int) -> Sample:
        """The share of one of *times* equal operations."""
        return Sample(self.first / times, self.second / times)


@dataclass(slots=True)
class Row:
    """One kind of work on all servers.

    Attributes:
        group: what the work is about.
        name: what was done.
        figures: what the figures are, :data:`TIME` or :data:`MEMORY`.
        bars: the ratio that each figure is to reach; none where there is no bar.
        samples: by the server's name.
        note: why it was not run, or what differs between the answers; empty if all is well.
    """

    group: str
    name: str
    figures: tuple[str, str] = TIME
    bars: Bars = EVERY
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    note: str = ""

    def medians(self, server: str) -> Sample | None:
        """The median of each figure, if there are any."""
        found = self.samples.get(server)
        return median(found) if found else None

    def json(self) -> dict[str, Json]:
        """All that is known of the row."""
        names = self.figures
        return {
            "group": self.group,
            "name": self.name,
            "note": self.note,
            "figures": list(names),
            "bars": list(self.bars),
            "samples": {
                server: {names[0]: [each.first for each in found], names[1]: [each.second for each in found]}
                for server, found in self.samples.items()
            },
        }


def row(found: dict[str, Json]) -> Row:
    """A row as :meth:`Row.json` wrote it. Raises KeyError, TypeError, ValueError for what is no such thing."""
    names, bars = _list(found["figures"]), _list(found["bars"])
    samples = {
        server: [
            Sample(_number(a), _number(b)) for a, b in zip(*(_list(each[str(name)]) for name in names), strict=True)
        ]
        for server, each in _table(found["samples"]).items()
        if isinstance(each, dict)
    }
    first, second = (None if bar is None else _number(bar) for bar in bars)
    return Row(
        str(found["group"]),
        str(found["name"]),
        MEMORY if tuple(names) == MEMORY else TIME,
        (first, second),
        samples,
        str(found["note"]),
    )


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _table(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


def _number(value: Json) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError(value)
    return value


def median(samples: Sequence[Sample]) -> Sample:
    """The median of each figure by itself. Raises ValueError if there are none."""
    if not samples:
        raise ValueError("no samples")
    return Sample(statistics.median(s.first for s in samples), statistics.median(s.second for s in samples))


def ratio(ours: float, theirs: float) -> float | None:
    """Theirs by ours, above 1 where ours is less; none where one is too small to divide by."""
    return theirs / ours if ours > 0 and theirs > 0 else None
