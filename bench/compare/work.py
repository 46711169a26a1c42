"""Work, and measuring it: one sample on one server, then on the other, turn about, and the answers compared.

Rule: what makes ready and what checks is never timed; CPU is taken from the first octet of a request until the server has
become quiet, so that what it puts off until after its answer counts as well.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.compare.client import Refused
from bench.compare.figures import EVERY, Bars, Row, Sample
from bench.compare.side import Side

LONG: Final = 1.5
"""Seconds of work beyond which a row is measured less often."""


def nothing(side: Side) -> None:
    """Nothing to make ready."""


@dataclass(frozen=True, slots=True)
class Work:
    """Something that servers do.

    Attributes:
        group: what it is about; ``--only`` chooses by it.
        name: what is done, as the table says it.
        run: does it, and returns the answers.
        finding: what the answers say, equal on all servers. Raises ValueError for an answer that will not do.
        before: makes ready, each time.
        times: how many operations *run* does.
        rounds: how often it is measured, at most.
        warm: whether it is done once before, unmeasured.
        needs: capabilities without which it is left out.
        bars: the ratios it is to reach.
    """

    group: str
    name: str
    run: Callable[[Side], bytes]
    finding: Callable[[bytes], object]
    before: Callable[[Side], None] = nothing
    times: int = 1
    rounds: int = 100
    warm: bool = True
    needs: tuple[str, ...] = ()
    bars: Bars = EVERY


def measured(work: Work, sides: Sequence[Side]) -> Row:
    """Do *work* on all *sides* in turn, several times."""
    row = Row(work.group, work.name, bars=work.bars)
    if lacking := [
        f"{side.name} has no {name}" for side in sides for name in work.needs if name not in side.capabilities()
    ]:
        row.note = "not run: " + ", ".join(lacking)
        return row
    try:
        _rounds(work, sides, row)
    except (Refused, TimeoutError, ValueError) as error:
        row.note = f"failed: {error}"
        for side in sides:
            side.hang_up()
    return row


def _rounds(work: Work, sides: Sequence[Side], row: Row) -> None:
    rounds = min(work.rounds, sides[0].scale.rounds)
    if work.warm and rounds > 1:
        for side in sides:
            _sample(work, side)
    spent = 0.0
    for turn in range(rounds):
        begun = time.perf_counter()
        found: list[tuple[str, object]] = []
        for side in sides if turn % 2 == 0 else sides[::-1]:
            sample, finding = _sample(work, side)
            row.samples.setdefault(side.name, []).append(sample.each(work.times))
            found.append((side.name, finding))
        _compare(found, row)
        spent += time.perf_counter() - begun
        if spent > 2 * LONG * len(sides) and turn >= 2:
            break


def _sample(work: Work, side: Side) -> tuple[Sample, object]:
    work.before(side)
    side.settle()
    gc.disable()
    cpu, begun = side.cpu(), time.perf_counter()
    answer = work.run(side)
    wall = time.perf_counter() - begun
    gc.enable()
    side.settle()
    return Sample(side.cpu() - cpu, wall), work.finding(answer)


def _compare(found: Sequence[tuple[str, object]], row: Row) -> None:
    if any(finding != found[0][1] for _, finding in found):
        row.note = "answers differ: " + ", ".join(f"{name} {brief(finding)}" for name, finding in found)


def brief(finding: object) -> str:
    """A finding in a few words."""
    if isinstance(finding, (tuple, list, frozenset)) and len(finding) > 4:
        return f"{len(finding)} items"
    text = repr(finding)
    return text if len(text) <= 60 else text[:57] + "..."
