"""The run as tables to read (Markdown, so that they can be kept) and as JSON to compute with."""

from __future__ import annotations

from collections.abc import Sequence

from bench.compare import bars
from bench.compare.bars import OURS, THEIRS
from bench.compare.figures import TIME, Json, Row, ratio

MEANING = f"Ratios are {THEIRS} by {OURS}: above 1, {OURS} takes less."


def tables(rows: Sequence[Row]) -> str:
    """All rows: times first, then memory, then what is to be said of single rows."""
    times = [row for row in rows if row.figures == TIME]
    memory = [row for row in rows if row.figures != TIME]
    parts = [table(times)] if times else []
    parts += [table(memory)] if memory else []
    notes = [f"- {row.name}: {row.note}" for row in rows if row.note]
    return "\n\n".join([*parts, "\n".join(notes)] if notes else parts) + "\n"


def table(rows: Sequence[Row]) -> str:
    """One table; all rows have the same figures."""
    first, second = rows[0].figures
    head = [
        "",
        *(f"{first} {name}" for name in (OURS, THEIRS)),
        "ratio",
        *(f"{second} {name}" for name in (OURS, THEIRS)),
        "ratio",
    ]
    lines = [head, ["---", *["---:"] * 6]]
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            lines.append([f"**{group}**", *[""] * 6])
        lines.append(cells(row))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cells(row: Row) -> list[str]:
    """The cells of a row; empty where nothing was measured."""
    name = row.name + (" (see below)" if row.note else "")
    ours, theirs = row.medians(OURS), row.medians(THEIRS)
    if ours is None or theirs is None:
        return [name, *[""] * 6]
    write = seconds if row.figures == TIME else octets
    return [
        name,
        *(write(ours.first), write(theirs.first), quotient(ours.first, theirs.first)),
        *(write(ours.second), write(theirs.second), quotient(ours.second, theirs.second)),
    ]


def seconds(value: float) -> str:
    """A time, three figures and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}" if abs(value) < 1000 else f"{value:.0f} s"
    return f"{value * 1e6:.3g} µs"


def octets(value: float) -> str:
    """A size in KiB or MiB."""
    return f"{value / 2**20:.1f} MiB" if abs(value) >= 2**20 else f"{value / 1024:.0f} KiB"


def quotient(ours: float, theirs: float) -> str:
    """A ratio: two figures, three from a hundred on."""
    found = ratio(ours, theirs)
    if found is None:
        return "–"
    return f"{found:.2f}" if found < 1 else f"{found:.1f}" if found < 100 else f"{found:.0f}"


def score(rows: Sequence[Row]) -> str:
    """In how many rows Restante takes less, by each figure."""
    times = [row for row in rows if row.figures == TIME]
    pairs = [(ours, theirs) for row in times if (ours := row.medians(OURS)) and (theirs := row.medians(THEIRS))]
    first = sum(ours.first <= theirs.first for ours, theirs in pairs)
    second = sum(ours.second <= theirs.second for ours, theirs in pairs)
    return "; ".join(
        f"{figure}: {OURS} takes less in {count} of {len(pairs)} rows"
        for figure, count in zip(TIME, (first, second), strict=True)
    )


def whole(rows: Sequence[Row]) -> str:
    """Everything that is printed of a run: what ratios mean, the tables, the score, the bars."""
    return "\n".join([MEANING + "\n", tables(rows), score(rows) + ".\n", bars.summary(rows)])


def document(about: dict[str, Json], rows: Sequence[Row]) -> dict[str, Json]:
    """What goes into the JSON file."""
    return {**about, "rows": [row.json() for row in rows], "bars": bars.document(rows)}
