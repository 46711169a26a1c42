"""Header fields, and the sections made of them."""

from __future__ import annotations

import random

import pytest

from restante.mime.header import Selection, fields, first, raw_values, select, selection, unfold, values

HEADER = b"From x Mon Jan 1\r\nSubject: one\r\n two\r\nno field\r\nto : a@b\r\nTO:\tc@d\r\nX-Y:\r\nBad \xe4: z\r\n\xe4: 8\r\n\r\n"


def test_fields_and_their_offsets() -> None:
    found = fields(HEADER)
    assert [field.name for field in found] == [b"Subject", b"to", b"TO", b"X-Y", b"\xe4"]
    assert HEADER[found[0].start : found[0].end] == b"Subject: one\r\n two\r\n"
    assert found[0].value == b" one\r\n two"
    assert found[0].text == b"one two"
    assert found[3].text == b""


def test_first_and_all_values_in_any_case() -> None:
    found = fields(HEADER)
    assert first(found, b"To") == b"a@b"
    assert values(found, b"tO") == [b"a@b", b"c@d"]
    assert first(found, b"Cc") is None
    assert [name for name, _ in raw_values(HEADER)] == [field.name for field in found]


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b" a\r\n\tb ", b"a\tb"), (b"a\n b", b"a b"), (b"\0a\0b", b"ab"), (b"a\rb", b"ab"), (b"", b""), (b" \r\n ", b"")],
)
def test_unfold(raw: bytes, text: bytes) -> None:
    assert unfold(raw) == text


@pytest.mark.parametrize(
    ("names", "exclude", "wanted"),
    [
        ([b"SUBJECT"], False, b"Subject: one\r\n two\r\n\r\n"),
        ([b"to", b"x-y"], False, b"to : a@b\r\nTO:\tc@d\r\nX-Y:\r\n\r\n"),
        ([b"None"], False, b"\r\n"),
        ([], False, b"\r\n"),
        ([b"Subject", b"To"], True, b"X-Y:\r\n\xe4: 8\r\n\r\n"),
    ],
)
def test_header_fields_sections(names: list[bytes], exclude: bool, wanted: bytes) -> None:
    assert select(HEADER, names, exclude=exclude) == wanted


def test_a_header_without_its_last_line_end_or_blank_line() -> None:
    assert select(b"A: b", [b"a"]) == b"A: b\r\n\r\n"
    assert select(b"A: b\r\nC: d", [b"a"]) == b"A: b\r\n\r\n"
    assert select(b"A: b\n", [b"a"]) == b"A: b\n\r\n"
    assert select(b"", [], exclude=True) == b"\r\n"


def test_a_name_is_matched_whole() -> None:
    assert select(b"Subject-X: a\r\nX-Subject: b\r\nSubject: c\r\n\r\n", [b"subject"]) == b"Subject: c\r\n\r\n"


NAMES = (
    (b"subject", b"TO"),
    (b"To",),
    (b"X-Y", b"\xe4", b"to"),
    (b"no field", b"", b"a:b"),
    (b".*", b"t."),
    (b"subject",) * 20,
)


@pytest.mark.parametrize("names", NAMES, ids=str)
def test_many_headers_at_once_and_each_by_itself(names: tuple[bytes, ...]) -> None:
    chance = random.Random(5322)
    pieces = [
        *HEADER.splitlines(keepends=True),
        b"\r\n",
        b"\n",
        b" ",
        b"To",
        b":",
        b"Subject: last",
        b"\tfolded",
        b"To:\r",
    ]
    ended = [b"".join([*chance.choices(pieces, k=chance.randrange(12)), b"\n"]) for _ in range(400)]
    hostile = [b"".join(chance.choices([*pieces, b"\x00", b"\n\x00\n"], k=chance.randrange(9))) for _ in range(400)]
    chosen = Selection(names)
    for headers in (ended[:70], ended[70:], hostile[:200], [*ended[:9], hostile[0]], *([each] for each in hostile), []):
        wanted = [select(header, names) for header in headers]
        assert [found[1:] + b"\r\n" for found in chosen.of_all(headers)] == wanted
        assert [chosen.of(header) for header in headers] == wanted


def test_what_ends_one_header_never_moves_a_field_to_another() -> None:
    chosen = Selection([b"a"])
    for one in (b"A: 1", b"A: 1\n", b"B: 1\n\x00\n", b"\x00", b"A:\x00"):
        for next_one in (b"A: 2\n\x00\nA: 3\n", b"\x00\nA: 2\n", b" A: 2\n", b"", b"\n"):
            headers = [one, next_one, b"A: 4\r\n\r\n"] * 50
            assert [each[1:] + b"\r\n" for each in chosen.of_all(headers)] == [select(each, [b"a"]) for each in headers]


def test_who_asks_for_the_same_fields_again_shares_a_selection() -> None:
    assert selection((b"From", b"To")) is selection((b"From", b"To"))
    long = tuple(b"name-%d" % number for number in range(500))
    assert selection(long) is not selection(long)
    assert selection(long).of(b"Name-7: a\r\nB: c\r\n\r\n") == b"Name-7: a\r\n\r\n"
