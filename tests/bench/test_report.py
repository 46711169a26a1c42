"""The page of benchmarks follows from what was measured, and its prose stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.compare.figures import MEMORY, Json, Row, Sample
from bench.growth.curves import Curve, Point

from bench import report

ABOUT: dict[str, Json] = {
    "machine": {"date": "today", "processor": "2 × Fast", "memory": "4 GiB", "system": "Linux", "load": "0.1"},
    "command": "python -m bench.compare --json somewhere/run.json --quick",
    "revision": "abc123",
    "versions": {"Restante": "1", "Dovecot": "2"},
    "messages": 5000,
    "seconds": 12.3,
}
RUN: dict[str, Json] = {
    **ABOUT,
    "rows": [
        Row("sessions", "NOOP", samples={"Restante": [Sample(1e-4, 1e-3)], "Dovecot": [Sample(2e-4, 1e-3)]}).json(),
        Row(
            "memory", "each", MEMORY, (5.0, None), {"Restante": [Sample(4096, 1)], "Dovecot": [Sample(8192, 1)]}
        ).json(),
    ],
}
GROWTH: dict[str, Json] = {
    **ABOUT,
    "curves": [
        Curve("messages", "SELECT", "flat", points={"Restante": [Point(1000, Sample(1e-3, 1)), Point(10_000, Sample(1e-3, 1))],
                                                    "Dovecot": [Point(1000, Sample(1e-4, 1))]}).json(),
        Curve("accounts", "LIST", "flat", points={"Restante": [Point(10, Sample(1e-3, 1)), Point(100, Sample(2e-2, 1))]}).json(),
        Curve("accounts", "not drawn", "flat", points={"Restante": [Point(10, Sample(1e-3, 1))]}).json(),
    ],
}  # fmt: skip
PAGE = """\
# Benchmarks
<!-- measured: about -->
<!-- end -->
Prose.
<!-- measured: tables -->
old
<!-- end -->
<!-- measured: bars -->
<!-- end -->
More prose.
<!-- measured: growth-about -->
<!-- end -->
<!-- measured: growth -->
older
<!-- end -->
"""


def files(directory: Path) -> tuple[Path, Path, Path]:
    page, run, growth = directory / "page.md", directory / "run.json", directory / "growth.json"
    page.write_text(PAGE)
    run.write_text(json.dumps(RUN))
    growth.write_text(json.dumps(GROWTH))
    return page, run, growth


def test_blocks_are_replaced_and_prose_stays(tmp_path: Path) -> None:
    page, run, growth = files(tmp_path)
    assert report.main([str(page), "--run", str(run), "--growth", str(growth)]) == 0
    text = page.read_text()
    assert text.startswith("# Benchmarks\n<!-- measured: about -->\n| | |\n| --- | --- |\n| date | today |\n")
    assert "| mail | 5,000 messages in one INBOX" in text
    assert "| command | `python -m bench.compare --quick` |" in text
    assert "\nProse.\n" in text
    assert "\nMore prose.\n" in text
    assert "old" not in text.replace("older", "")
    assert "| NOOP | 100 µs | 200 µs | 2.0 | 1 ms | 1 ms | 1.0 |" in text
    assert "- missed: each: 2.00 (RSS), at least 5" in text
    assert "| LIST | Restante | 1 ms | 20 ms | 1.30 | 1.30 | more than linear, not flat |" in text
    picture = (tmp_path / "images" / "growth.svg").read_text()
    assert picture.startswith("<svg ")
    assert "SELECT" in picture
    assert "not drawn" not in picture
    again = page.read_text()
    report.main([str(page), "--run", str(run), "--growth", str(growth)])
    assert page.read_text() == again


def test_what_is_not_given_is_left(tmp_path: Path) -> None:
    page, run, _ = files(tmp_path)
    report.main([str(page), "--run", str(run)])
    assert "<!-- measured: growth -->\nolder\n<!-- end -->" in page.read_text()
    assert not (tmp_path / "images").exists()


def test_a_page_without_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="no block tables"):
        report.filled("nothing", {"tables": "x"})


def test_the_page_of_the_docs_has_all_blocks() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md").read_text()
    blocks = {**report.run_blocks(RUN), **report.growth_blocks(GROWTH)}
    assert report.filled(page, blocks).count("<!-- measured: ") == len(blocks)
