"""How a cost grows: what was measured at each size, and the exponent of the power that fits it.

Strategy: a straight line through the logarithms of sizes and costs, by least squares; its slope is the exponent: 0 is flat, 1
linear. Small sizes are mostly what a command costs in any case, so the last step alone, from the last size but one to the last,
has the say. Rule: what is expected stands with the work, and the verdict compares.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from bench.compare.figures import MEMORY, TIME, Json, Row, Sample

Axis = Literal["messages", "accounts"]
Growth = Literal["flat", "linear"]

Measured = tuple[Growth, Row]
"""A row at one size, and how its cost should grow, at most."""

LEVEL: Final = 0.25
"""An exponent below this is flat: a factor of less than 1.8 for ten times as much."""

STEEP: Final = 1.15
"""An exponent above this is more than linear: a factor of more than 14 for ten times as much."""


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured at one size: medians."""

    size: int
    cost: Sample


@dataclass(slots=True)
class Curve:
    """One kind of work at all sizes.

    Attributes:
        axis: what grows.
        name: what was done.
        expected: how its cost should grow, at most.
        figures: what the figures of a cost are.
        points: by server, in order of sizes.
        notes: what is to be said of single sizes.
    """

    axis: Axis
    name: str
    expected: Growth
    figures: tuple[str, str] = TIME
    points: dict[str, list[Point]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, size: int, row: Row) -> None:
        """Take over what *row* has, measured at *size*."""
        self.figures = row.figures
        if row.note:
            self.notes.append(f"{size:,} {self.axis}: {row.note}")
        for server in row.samples:
            if cost := row.medians(server):
                self.points.setdefault(server, []).append(Point(size, cost))

    def at(self, server: str, size: int) -> Sample | None:
        """What it cost at *size*, if that was measured."""
        return next((point.cost for point in self.points.get(server, ()) if point.size == size), None)

    def json(self) -> dict[str, Json]:
        """All that is known of it."""
        return {
            "axis": self.axis,
            "name": self.name,
            "expected": self.expected,
            "figures": list(self.figures),
            "points": {
                server: [[point.size, point.cost.first, point.cost.second] for point in points]
                for server, points in self.points.items()
            },
            "exponents": {
                server: {"all": whole(points), "last": last(points), "verdict": verdict(self.expected, points)}
                for server, points in self.points.items()
            },
            "notes": list(self.notes),
        }


def whole(points: Sequence[Point]) -> float | None:
    """The exponent that fits all *points* best; none for fewer than two sizes that cost anything."""
    logs = [(math.log(point.size), math.log(point.cost.first)) for point in points if point.cost.first > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    return statistics.linear_regression([x for x, _ in logs], [y for _, y in logs]).slope


def last(points: Sequence[Point]) -> float | None:
    """The exponent of the last step."""
    return whole(points[-2:])


def kind(exponent: float) -> str:
    """An exponent in words."""
    if exponent < LEVEL:
        return "flat"
    if exponent <= 1 - LEVEL:
        return "less than linear"
    return "linear" if exponent <= STEEP else "more than linear"


def verdict(expected: Growth, points: Sequence[Point]) -> str:
    """What the last step says, and whether that is more than *expected*; empty if there is too little to say so."""
    exponent = last(points)
    if exponent is None:
        return ""
    most = LEVEL if expected == "flat" else STEEP
    return kind(exponent) if exponent <= most else f"{kind(exponent)}, not {expected}"


def curve(found: dict[str, Json]) -> Curve:
    """A curve as :meth:`Curve.json` wrote it. Raises KeyError, TypeError, ValueError for what is no such thing."""
    match found:
        case {
            "axis": ("messages" | "accounts") as axis,
            "name": str(name),
            "expected": ("flat" | "linear") as expected,
            "figures": figures,
            "points": dict(servers),
            "notes": list(notes),
        }:
            points = {
                server: [_point(each) for each in points]
                for server, points in servers.items()
                if isinstance(points, list)
            }
            return Curve(
                axis, name, expected, MEMORY if figures == [*MEMORY] else TIME, points, [str(note) for note in notes]
            )
    raise ValueError(f"not a curve: {found}")


def _point(found: Json) -> Point:
    match found:
        case [int(size), int(first) | float(first), int(second) | float(second)]:
            return Point(size, Sample(first, second))
    raise ValueError(f"not a point: {found}")
