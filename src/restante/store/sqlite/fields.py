"""The texts of the fields that people search by, each kept once: who writes, to whom, about what comes again and again.

Strategy: ``field_texts`` has each field's distinct folded texts, with how many contents have each; ``field_users`` has the
contents of each text, ``fields`` the texts of each content. A search compares one field's distinct texts, in C, and then looks
up who has those that fit.

The rule it protects: a text is there while a content has it, and no longer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final, cast

import apsw

NAMES: Final = ("from", "to", "cc", "bcc", "subject")
"""The fields that are kept so; the tables know each by its place here, so that none may ever move."""

SEPARATOR: Final = "\n"
"""Between the texts of one field of one message."""

TABLES: Final = ("field_texts", "field_users", "fields")
"""All tables of this module."""

COLUMNS: Final = tuple(f"{name}_text" for name in NAMES)
"""The columns of ``fields`` that say which text a content has; NULL where it has no such field."""

_DELETE: Final = f"DELETE FROM fields WHERE content = ? RETURNING {', '.join(COLUMNS)}"


def octets(texts: Iterable[str]) -> bytes:
    """*texts* as they are kept and compared."""
    return SEPARATOR.join(dict.fromkeys(texts)).encode("utf-8", "surrogatepass")


def enter(connection: apsw.Connection, contents: Sequence[tuple[int, Sequence[bytes | None]]]) -> None:
    """Keep what the fields of each of *contents* say, None where it has no such field, in the open transaction."""
    uses = Counter((field, each) for _, words in contents for field, each in enumerate(words) if each is not None)
    texts: dict[tuple[int, bytes | None], int] = {
        (field, words): _use(connection, field, words, count) for (field, words), count in uses.items()
    }
    numbered = [(content, *map(texts.get, enumerate(words))) for content, words in contents]
    rows = [row for row in numbered if row.count(None) < len(NAMES)]
    connection.executemany("INSERT INTO fields VALUES (?, ?, ?, ?, ?, ?)", rows)
    users = [(field, text, row[0]) for row in rows for field, text in enumerate(row[1:]) if text is not None]
    connection.executemany("INSERT INTO field_users VALUES (?, ?, ?)", users)


def _use(connection: apsw.Connection, field: int, words: bytes, count: int) -> int:
    """So many uses more of a text; its number."""
    digest, run = _digest(words), connection.execute
    known = run(
        "UPDATE field_texts SET uses = uses + ? WHERE field = ? AND digest = ? AND words = ? RETURNING text",
        (count, field, digest, words),
    ).get
    if known is None:
        known = run("SELECT ifnull(max(text), 0) + 1 FROM field_texts WHERE field = ?", (field,)).get
        run("INSERT INTO field_texts VALUES (?, ?, ?, ?, ?)", (field, known, count, digest, words))
    return int(cast("int", known))


def _digest(words: bytes) -> int:
    return int.from_bytes(blake2b(words, digest_size=8).digest(), signed=True)


def forget(connection: apsw.Connection, content: int) -> None:
    """Keep nothing of a content any more, in the open transaction."""
    held = connection.execute(_DELETE, (content,)).fetchone() or ()
    for field, text in enumerate(held):
        if text is None:
            continue
        run, key = connection.execute, (field, text)
        run("DELETE FROM field_users WHERE field = ? AND text = ? AND content = ?", (*key, content))
        if not run("UPDATE field_texts SET uses = uses - 1 WHERE field = ? AND text = ? RETURNING uses", key).get:
            run("DELETE FROM field_texts WHERE field = ? AND text = ?", key)


def of(connection: apsw.Connection, content: int) -> tuple[bytes | None, ...]:
    """What is kept of a content."""
    texts = ", ".join(
        f"(SELECT words FROM field_texts WHERE field = {field} AND text = {column})"
        for field, column in enumerate(COLUMNS)
    )
    found = connection.execute(f"SELECT {texts} FROM fields WHERE content = ?", (content,)).fetchone()
    return tuple(None for _ in NAMES) if found is None else cast("tuple[bytes | None, ...]", found)


def miscounted(connection: apsw.Connection) -> int:
    """How many texts have other uses than they say, or users that do not say so."""
    users = "SELECT count(*) FROM field_users u WHERE u.field = t.field AND u.text = t.text"
    wrong = connection.execute(f"SELECT count(*) FROM field_texts t WHERE uses != ({users})").get
    said = " UNION ALL ".join(
        f"SELECT {field}, {column}, content FROM fields WHERE {column} IS NOT NULL"
        for field, column in enumerate(COLUMNS)
    )
    apart = connection.execute(
        f"SELECT (SELECT count(*) FROM (SELECT * FROM field_users EXCEPT SELECT * FROM ({said}))) + "
        f"(SELECT count(*) FROM (SELECT * FROM ({said}) EXCEPT SELECT * FROM field_users))"
    ).get
    return int(cast("int", wrong)) + int(cast("int", apart))
