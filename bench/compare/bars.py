"""What is to be reached: the bar of each row, and whether the run met it.

Strategy: a row carries its bars (:attr:`bench.compare.figures.Row.bars`), so that what it is to reach is written where the work
is. Rule: a row that failed, or whose answers differ, meets none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from bench.compare.figures import Json, Row, ratio

OURS, THEIRS = "Restante", "Dovecot"


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure of one row, and what it is to reach.

    Attributes:
        row: the row's name.
        figure: which figure, such as CPU.
        least: the ratio to reach.
        reached: the ratio of this run; none where it could not be measured.
        met: whether it is enough.
    """

    row: str
    figure: str
    least: float
    reached: float | None
    met: bool


def judged(rows: Sequence[Row]) -> list[Bar]:
    """All bars of *rows*, in order."""
    return [bar for row in rows for bar in _judged(row)]


def _judged(row: Row) -> Iterator[Bar]:
    ours, theirs = row.medians(OURS), row.medians(THEIRS)
    for at, (figure, least) in enumerate(zip(row.figures, row.bars, strict=True)):
        if least is None:
            continue
        reached = None
        if ours and theirs:
            pair = (ours.first, theirs.first) if at == 0 else (ours.second, theirs.second)
            reached = ratio(*pair)
        yield Bar(row.name, figure, least, reached, not row.note and reached is not None and reached >= least)


def summary(rows: Sequence[Row]) -> str:
    """Markdown: how many bars are met, the high ones one by one, and all that are missed, from the furthest."""
    found = judged(rows)
    plain, high = [b for b in found if b.least == 1], [b for b in found if b.least > 1]
    missed = sorted((b for b in plain if not b.met), key=lambda b: b.reached or 0)
    lines = [f"At least 1: {sum(b.met for b in plain)} of {len(plain)} met."]
    lines += [f"- missed: {_told(bar)}" for bar in missed]
    if high:
        lines += ["", f"Higher bars: {sum(b.met for b in high)} of {len(high)} met."]
        lines += [f"- {'met' if bar.met else 'missed'}: {_told(bar)}, at least {bar.least:g}" for bar in high]
    return "\n".join(lines)


def _told(bar: Bar) -> str:
    return f"{bar.row}: {'not measured' if bar.reached is None else f'{bar.reached:.2f}'} ({bar.figure})"


def document(rows: Sequence[Row]) -> list[Json]:
    """The bars as JSON."""
    return [{**asdict(bar)} for bar in judged(rows)]
