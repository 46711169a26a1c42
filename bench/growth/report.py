"""Growth as tables to read: what things cost at each size, and how that grows."""

from __future__ import annotations

from collections.abc import Sequence

from bench.compare.bars import OURS, THEIRS
from bench.compare.figures import TIME, Row
from bench.compare.report import octets, seconds
from bench.growth.curves import Axis, Curve, Point, last, verdict
from bench.growth.curves import whole as fitted

AXES: tuple[Axis, ...] = ("messages", "accounts")


MEANING = (
    "Server CPU of one operation, or resident memory. The exponent is that of the power of the size that fits best: 0 is flat,\n"
    "1 is linear; the last column judges the last step alone."
)


def line(size: int, row: Row) -> str:
    """A row at one size, while the run goes on."""
    write = seconds if row.figures == TIME else octets
    costs = [
        f"{server} {write(cost.first)} {write(cost.second)}" for server in row.samples if (cost := row.medians(server))
    ]
    return f"{size:>9,} {row.group}  {row.name}:  {',  '.join(costs)}  {row.note}"


def whole(curves: Sequence[Curve]) -> str:
    """Everything that is printed of a run."""
    parts = [f"{table(axis, curves)}\n" for axis in AXES if any(curve.axis == axis for curve in curves)]
    notes = [f"- {curve.name}, {note}" for curve in curves for note in curve.notes]
    return "\n".join([f"{MEANING}\n", *parts, *notes])


def table(axis: Axis, curves: Sequence[Curve]) -> str:
    """What is done to each size of one axis: the first figure (CPU, or RSS), and how it grows."""
    some = [curve for curve in curves if curve.axis == axis]
    sizes = sorted({point.size for curve in some for points in curve.points.values() for point in points})
    head = ["", "", *(f"{size:,}" for size in sizes), "exponent", "last step", ""]
    lines = [head, ["---", "---", *["---:"] * (len(sizes) + 2), "---"]]
    for curve in some:
        servers = [server for server in (OURS, THEIRS) if server in curve.points]
        for server in servers:
            name = curve.name if server == servers[0] else ""
            lines.append([name, server, *_costs(curve, server, sizes), *_growth(curve, curve.points[server])])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _costs(curve: Curve, server: str, sizes: Sequence[int]) -> list[str]:
    write = seconds if curve.figures == TIME else octets
    costs = [curve.at(server, size) for size in sizes]
    return ["" if cost is None else write(cost.first) for cost in costs]


def _growth(curve: Curve, points: Sequence[Point]) -> list[str]:
    exponents = [fitted(points), last(points)]
    return [*("" if each is None else f"{each:.2f}" for each in exponents), verdict(curve.expected, points)]
