"""Texts of fields are kept once, counted, and gone with the last content that has them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import apsw
import pytest

from restante.store.sqlite import fields
from restante.store.sqlite.schema import migrate


@pytest.fixture
def connection() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    migrate(connection)
    yield connection
    connection.close()


def count(connection: apsw.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM field_texts").get)


def test_kept_once_and_let_go(connection: apsw.Connection) -> None:
    chance = random.Random(5)
    words = [None, b"", *(b"%d" % number for number in range(4))]
    held: dict[int, tuple[bytes | None, ...]] = {}
    for some in [chance.sample(range(30), 3) for _ in range(100)]:
        come = {each: tuple(chance.choice(words) for _ in fields.NAMES) for each in some if each not in held}
        fields.enter(connection, list(come.items()))
        for content in [each for each in some if each in held]:
            del held[content]
            fields.forget(connection, content)
        held |= come
        assert fields.miscounted(connection) == 0
    for content in range(30):
        assert fields.of(connection, content) == held.get(content, (None,) * 5)
    distinct = sum(len({each[at] for each in held.values()} - {None}) for at in range(5))
    assert count(connection) == distinct
    for content in held:
        fields.forget(connection, content)
    assert count(connection) == 0
    assert connection.execute("SELECT (SELECT count(*) FROM fields) + (SELECT count(*) FROM field_users)").get == 0


def test_texts_of_one_digest_stay_apart(connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "_digest", lambda words: 7)
    for content, words in enumerate((b"one", b"two", b"one")):
        fields.enter(connection, [(content, (words, None, None, None, None))])
    assert [fields.of(connection, content)[0] for content in range(3)] == [b"one", b"two", b"one"]
    assert connection.execute("SELECT uses FROM field_texts ORDER BY uses").fetchall() == [(1,), (2,)]


def test_what_is_miscounted_is_told(connection: apsw.Connection) -> None:
    fields.enter(connection, [(1, (b"one", None, None, None, b"two"))])
    connection.execute("UPDATE field_texts SET uses = 2 WHERE field = 4")
    assert fields.miscounted(connection) == 1
    connection.execute("UPDATE fields SET from_text = 7")
    assert fields.miscounted(connection) == 3
