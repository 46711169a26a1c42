"""Two characters are found in the index of three wherever they stand in a text."""

from __future__ import annotations

import random
from collections.abc import Iterator

import apsw
import pytest

from restante.store.sqlite import fulltext, pairs
from restante.store.sqlite.schema import migrate

LETTERS = ["a", "b", "\n", '"', "*", "\U0010ffff", "\ud7ff", "\ue000", "会", "議", "😀", "\u0301"]


@pytest.fixture
def connection() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    migrate(connection)
    yield connection
    connection.close()


def found_with(connection: apsw.Connection, pair: str, most: int, table: str = fulltext.BODY) -> list[int] | None:
    return pairs.contents_with(connection, table, fulltext.formed(table, pair), most)


def fill(connection: apsw.Connection, texts: list[str]) -> None:
    for content, text in enumerate(texts):
        formed = fulltext.formed(fulltext.BODY, text)
        connection.execute("INSERT INTO body_words (rowid, words) VALUES (?, ?)", (content, formed))


@pytest.mark.parametrize("seed", range(4))
def test_every_text_with_two_characters_is_proposed(seed: int, connection: apsw.Connection) -> None:
    chance = random.Random(seed)
    texts = ["".join(chance.choices(LETTERS, k=chance.randrange(seed + 4))) for _ in range(80)]
    fill(connection, texts)
    looked_up = 0
    for first in LETTERS:
        for second in LETTERS:
            found = found_with(connection, first + second, 1_000)
            if found is not None:
                looked_up += 1
                short = {content for content, text in enumerate(texts) if len(text) < 3}
                assert {*found} == short | {content for content, text in enumerate(texts) if first + second in text}
    assert looked_up == len(LETTERS) * (len(LETTERS) - 1)


def test_what_is_everywhere_is_not_looked_up(connection: apsw.Connection) -> None:
    fill(connection, ["the meeting", "the hotel", "a theme"])
    assert found_with(connection, "th", 3) is None
    assert found_with(connection, "ho", 3) == [1]
    assert found_with(connection, "ho", 3, fulltext.HEADER) is None


def test_many_scripts_are_not_tried(connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_FIRSTS", 4)
    fill(connection, ["abcabc", "c会議"])
    assert found_with(connection, "会議", 9) == [1]
    connection.execute("INSERT INTO body_words (rowid, words) VALUES (7, '日本語の')")
    assert found_with(connection, "会議", 9) is None


@pytest.mark.parametrize(
    ("needle", "marks", "pair"),
    [("会 議", True, "会議"), ("会議", False, "会議"), ("議\u0301", True, "議\u0301"), ("議\u0301", False, None)]
    + [(each, True, None) for each in ("a", " a ", "abc", "a\ud800")],
)
def test_what_is_a_pair(needle: str, marks: bool, pair: str | None) -> None:
    assert fulltext.pair(fulltext.BODY, needle, marks=marks) == pair
