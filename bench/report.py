"""``python -m bench.report docs/benchmarks.md``: puts what was measured into the page, and draws how costs grow.

``--run`` and ``--growth`` name what ``python -m bench.compare --json`` and ``python -m bench.growth --json`` wrote.
Strategy: the page has blocks between two comments, ``<!-- measured: NAME -->`` and ``<!-- end -->``; their text is replaced, all
else is prose and stays. Rule: only blocks whose file is given are touched.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from bench.compare import bars, figures
from bench.compare import report as comparison
from bench.compare.bars import OURS, THEIRS
from bench.compare.figures import TIME, Json, Row
from bench.compare.report import seconds
from bench.growth import curves as growing
from bench.growth import report as growth
from bench.growth.curves import Axis, Curve

from bench import plot

_BLOCK: Final = re.compile(r"(<!-- measured: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)

_JSON: Final = re.compile(r" --json \S+")
"""Where somebody kept the figures is of no interest to others."""

SHOWN: Final[dict[Axis, tuple[str, ...]]] = {
    "messages": (
        "FETCH FLAGS of all", "SORT (REVERSE DATE)", "SEARCH BODY, a rare word", "EXPUNGE of 10", "APPEND of one", "STORE of one",
        "SELECT",
    ),
    "accounts": (
        "start to greeting", "login, the first since the start", "delivery to one", "login again", "LIST",
    ),
}  # fmt: skip
"""The rows that are drawn."""

_TITLES: Final[dict[Axis, str]] = {
    "messages": f"Server CPU by messages in the mailbox ({OURS}; dashed: {THEIRS})",
    "accounts": f"Server CPU by number of accounts ({OURS}; dashed: {THEIRS})",
}


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """*page* with the text of its *blocks* replaced. Raises ValueError if it lacks one of them."""
    if lacking := blocks.keys() - {match[2] for match in _BLOCK.finditer(page)}:
        raise ValueError(f"the page has no block {', '.join(sorted(lacking))}")

    def text(match: re.Match[str]) -> str:
        return f"{match[1]}{blocks[match[2]].strip()}\n{match[3]}" if match[2] in blocks else match[0]

    return _BLOCK.sub(text, page)


def run_blocks(run: Mapping[str, Json]) -> dict[str, str]:
    """The blocks of a comparison: where it ran, its tables, its bars."""
    rows = _rows(run)
    facts = {
        **_machine(run),
        "mail": f"{run['messages']:,} messages in one INBOX, and many mailboxes of another account",
        "took": f"{run['seconds']:.0f} s",
    }
    return {
        "about": _facts(facts),
        "tables": f"{comparison.MEANING}\n\n{comparison.tables(rows)}\n{comparison.score(rows)}.",
        "bars": bars.summary(rows),
    }


def growth_blocks(run: Mapping[str, Json]) -> dict[str, str]:
    """The blocks of growth: where it ran, and its tables."""
    facts = {**_machine(run), "took": f"{run['seconds']:.0f} s"}
    return {"growth-about": _facts(facts), "growth": growth.whole(_curves(run))}


def picture(run: Mapping[str, Json]) -> str:
    """Growth, drawn: the first figure of the rows of :data:`SHOWN`."""
    curves = [curve for curve in _curves(run) if curve.name in SHOWN[curve.axis] and curve.figures == TIME]
    panels = [
        plot.Panel(
            _TITLES[axis],
            [line for curve in curves if curve.axis == axis for line in _lines(curve)],
            lambda size: f"{size:,.0f}",
            lambda time: seconds(time) if time >= 1e-6 else f"{time * 1e6:g} µs",
        )
        for axis in SHOWN
        if any(curve.axis == axis for curve in curves)
    ]
    return plot.svg(panels, "How costs grow with the messages of a mailbox and with the number of accounts")


def _lines(curve: Curve) -> list[plot.Line]:
    return [
        plot.Line(curve.name, [(p.size, p.cost.first) for p in points if p.cost.first > 0], thin=server != OURS)
        for server, points in curve.points.items()
    ]


def _rows(run: Mapping[str, Json]) -> list[Row]:
    return [figures.row(each) for each in _list(run["rows"]) if isinstance(each, dict)]


def _curves(run: Mapping[str, Json]) -> list[Curve]:
    return [growing.curve(each) for each in _list(run["curves"]) if isinstance(each, dict)]


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _machine(run: Mapping[str, Json]) -> dict[str, str]:
    match run:
        case {"machine": dict(machine), "versions": dict(versions), "revision": str(revision), "command": str(command)}:
            return {
                "date": str(machine["date"]),
                "command": f"`{_JSON.sub('', command)}`",
                **{server: str(version) for server, version in versions.items()},
                "commit": f"`{revision}`",
                "machine": f"{machine['processor']}, {machine['memory']}, {machine['system']}",
                "load": str(machine["load"]),
            }
    raise ValueError("the file does not say where it was measured")


def _facts(facts: Mapping[str, str]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in facts.items())])


def main(line: Sequence[str] | None = None) -> int:
    """Rewrites the page, and draws the picture beside it."""
    parser = argparse.ArgumentParser("python -m bench.report", description="Put what was measured into a page.")
    parser.add_argument("page", type=Path, help="the page, such as docs/benchmarks.md")
    parser.add_argument("--run", type=Path, metavar="FILE", help="the JSON of bench.compare")
    parser.add_argument(
        "--growth", type=Path, metavar="FILE", help="the JSON of bench.growth; images/growth.svg is drawn"
    )
    given = parser.parse_args(line)
    blocks: dict[str, str] = {}
    if given.run:
        blocks |= run_blocks(json.loads(given.run.read_text()))
    if given.growth:
        found = json.loads(given.growth.read_text())
        blocks |= growth_blocks(found)
        image = given.page.parent / "images" / "growth.svg"
        image.parent.mkdir(exist_ok=True)
        image.write_text(picture(found))
    given.page.write_text(filled(given.page.read_text(), blocks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
