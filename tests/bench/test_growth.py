"""The instrument that shows how costs grow: its mail, its exponents, its picture, and one small run of all of it."""

from __future__ import annotations

import itertools
import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from bench.compare.figures import MEMORY, Row, Sample
from bench.compare.side import Side
from bench.growth import __main__ as command
from bench.growth import curves, letters, report
from bench.growth.curves import Curve, Growth, Point
from bench.growth.filling import Filler

from bench import plot


def curve(expected: Growth, *costs: float, server: str = "Restante") -> Curve:
    points = [Point(10 ** (at + 1), Sample(cost, 2 * cost)) for at, cost in enumerate(costs)]
    return Curve("messages", "work", expected, points={server: points})


def test_letters_are_small_distinct_and_good_mail() -> None:
    some = [letters.letter(number) for number in range(1, 3_001)]
    assert len(set(some)) == 3_000
    assert all(1_000 < len(each) < 2_200 for each in some)
    found = message_from_bytes(some[2], policy=default)
    assert found["In-Reply-To"] == "<2@example.org>"
    assert found["Subject"] == f"Re: {message_from_bytes(some[1], policy=default)['Subject']}"
    assert not found.defects
    assert not found["Date"].defects


def test_the_rare_word_is_in_as_many_letters_however_many_there_are() -> None:
    with_it = [number for number in range(1, 5_001) if letters.RARE in letters.letter(number)]
    assert len(with_it) == letters.FOUND
    assert with_it[-1] <= 300


def test_letters_go_into_one_append() -> None:
    append = letters.multiappend([7, 8])
    assert append.startswith(b'APPEND INBOX (\\Seen) " 1-Jan-2020 ')
    assert append.endswith(letters.letter(8))


def test_exponents() -> None:
    assert curves.whole(curve("flat", 5, 5, 5).points["Restante"]) == pytest.approx(0)
    assert curves.whole(curve("flat", 1, 10, 100).points["Restante"]) == pytest.approx(1)
    assert curves.last(curve("flat", 1, 1, 100).points["Restante"]) == pytest.approx(2)
    assert curves.whole(curve("flat", 1).points["Restante"]) is None
    assert curves.whole(curve("flat", 0, 1).points["Restante"]) is None


@pytest.mark.parametrize(
    ("expected", "costs", "said"),
    [
        ("flat", (1, 1.1), "flat"),
        ("flat", (3, 1), "flat"),
        ("flat", (1, 9), "linear, not flat"),
        ("flat", (1, 3), "less than linear, not flat"),
        ("linear", (1, 1, 11), "linear"),
        ("linear", (1, 2), "less than linear"),
        ("linear", (1, 1), "flat"),
        ("linear", (1, 90), "more than linear, not linear"),
        ("linear", (1,), ""),
    ],
)
def test_verdicts(expected: Growth, costs: tuple[float, ...], said: str) -> None:
    assert curves.verdict(expected, curve(expected, *costs).points["Restante"]) == said


def test_a_curve_that_was_written_is_read_again() -> None:
    once = curve("linear", 1, 2, 3)
    once.add(10_000, Row("messages", "work", MEMORY, samples={"Dovecot": [Sample(5, 6)]}, note="slow"))
    assert once.notes == ["10,000 messages: slow"]
    assert curves.curve(json.loads(json.dumps(once.json()))) == once
    with pytest.raises(ValueError, match="not a curve"):
        curves.curve({**once.json(), "expected": "round"})
    with pytest.raises(ValueError, match="not a point"):
        curves.curve({**once.json(), "points": {"Restante": [[1, 2]]}})


def test_table_says_what_each_size_costs_and_how_that_grows() -> None:
    both = curve("flat", 0.001, 0.001, 0.01)
    both.points |= curve("flat", 0.002, 0.002, server="Dovecot").points
    lines = report.table("messages", [both]).splitlines()
    assert lines[0] == "|  |  | 10 | 100 | 1,000 | exponent | last step |  |"
    assert lines[2] == "| work | Restante | 1 ms | 1 ms | 10 ms | 0.50 | 1.00 | linear, not flat |"
    assert lines[3] == "|  | Dovecot | 2 ms | 2 ms |  | 0.00 | 0.00 | flat |"


def test_a_server_is_left_out_before_it_takes_too_long() -> None:
    filler = Filler(Side.__new__(Side), 100, lambda *_: None, lambda *_: None)
    assert filler.affords(10**6)
    filler.have, filler.spent, filler.pace = 1_000, 50.0, 0.001
    assert filler.affords(51_000)
    assert not filler.affords(52_000)


def test_picture_names_lines_apart_and_draws_each() -> None:
    lines = [plot.Line(f"<{at}>", [(10, 1.0), (1000, 2.0 + at / 100)]) for at in range(8)]
    lines.append(plot.Line("<0>", [(10, 1.0), (100, 30.0)], thin=True))
    picture = plot.svg([plot.Panel("a & b", lines, str, str)], "shown")
    heights = sorted(float(part.split('"')[0]) for part in picture.split(' y="')[1:] if "style=" in part.split(">")[0])
    assert len(heights) == 8
    assert all(after - before >= 14.9 for before, after in itertools.pairwise(heights))
    assert picture.count('class="line') == 9
    assert picture.count("thin") == 2
    assert "a &amp; b" in picture
    assert "&lt;0&gt;" in picture


def test_options() -> None:
    given = command.arguments(["--sizes", "100", "1000", "--accounts", "--servers", "Restante"])
    assert (given.sizes, given.accounts, given.servers) == ([100, 1000], [], ["Restante"])
    for bad in (["--sizes", "99"], ["--accounts", "1"], ["--rounds", "0"]):
        with pytest.raises(SystemExit):
            command.arguments(bad)


@pytest.mark.slow
def test_small_run_measures_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "growth.json"
    line = ["--sizes", "200", "--accounts", "5", "--servers", "Restante", "--rounds", "1", "--json", str(file)]
    assert command.main(line) == 0
    found = [curves.curve(each) for each in json.loads(file.read_text())["curves"]]
    assert all(each.at("Restante", 200 if each.axis == "messages" else 5) for each in found)
    assert {each.name for each in found} > {"SELECT", "SEARCH BODY, a rare word", "LIST", "delivery to one"}
    assert "| SELECT | Restante |" in capsys.readouterr().out
