"""What was measured, as figures: samples, medians, ratios.

Strategy: a row keeps every sample, so that whoever reads the JSON may judge the spread; a table shows medians only.
Rule: a ratio is Restante's figure by the other server's: below 1 is better for Restante.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

TIME: Final = ("wall", "CPU")
"""What the two figures of a sample are where time is measured, both in seconds."""

MEMORY: Final = ("RSS", "PSS")
"""What they are where memory is measured, both in octets."""


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
        samples: by the server's name.
        note: why it was not run, or what differs between the answers; empty if all is well.
    """

    group: str
    name: str
    figures: tuple[str, str] = TIME
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
            "samples": {
                server: {names[0]: [each.first for each in found], names[1]: [each.second for each in found]}
                for server, found in self.samples.items()
            },
        }


def median(samples: Sequence[Sample]) -> Sample:
    """The median of each figure by itself. Raises ValueError if there are none."""
    if not samples:
        raise ValueError("no samples")
    return Sample(statistics.median(s.first for s in samples), statistics.median(s.second for s in samples))


def ratio(ours: float, theirs: float) -> float | None:
    """Ours by theirs; none where theirs is too small to divide by."""
    return ours / theirs if theirs > 0 else None
