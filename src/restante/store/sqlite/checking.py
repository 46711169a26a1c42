"""Whether the index of text says of each message what the message says.

Strategy: SQLite checks the tables' own structure; then every content is read and decoded again, its fields compared whole, and
some of its sequences of characters looked up. Read transactions are short, so a server may work meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

import apsw

from restante.store.blobs.files import AccountBlobs
from restante.store.sqlite import attached, fields, fulltext
from restante.store.sqlite.reading import snapshot
from restante.store.text_index import Progress, TextIndexStatus

_MOST: Final = 20
"""Faults told of, and then no more are looked for."""

_BATCH: Final = 100
_SAMPLES: Final = 5
"""Places in each text that are looked up."""


def status(connection: apsw.Connection) -> TextIndexStatus:
    """How far the index is."""
    counts = connection.execute(
        "SELECT (SELECT count(*) FROM body_words_docsize), (SELECT count(*) FROM unindexed WHERE waits), "
        "(SELECT count(*) FROM unindexed WHERE NOT waits), (SELECT sum(pgsize) FROM dbstat WHERE aggregate = 1 AND "
        "(name GLOB '*_words_*' OR name GLOB 'field_*' OR name IN ('fields', 'unindexed', 'attached')))"
    ).fetchone()
    return TextIndexStatus(*cast("tuple[int, int, int, int]", counts))


def faults(
    connection: apsw.Connection, blobs: AccountBlobs, progress: Progress, with_attachments: str | None = None
) -> list[str]:
    """What is wrong with the index, at most a few of each kind; *with_attachments* names its edition if it should have theirs."""
    found: list[str] = []
    for each in _faults(connection, blobs, progress, with_attachments):
        found.append(each)
        if len(found) == _MOST:
            break
    return found


def _faults(
    connection: apsw.Connection, blobs: AccountBlobs, progress: Progress, with_attachments: str | None
) -> Iterator[str]:
    damaged = False
    for table in (*fulltext.TABLES, "attached", "unindexed"):
        for row in connection.execute(f"PRAGMA integrity_check({table})").fetchall():
            if row[0] != "ok":
                damaged = True
                yield f"{table}: {row[0]}"
    if not damaged:
        yield from _strays(connection)
        documents = with_attachments is not None and fulltext.is_current(connection, with_attachments)
        yield from _contents(connection, blobs, progress, documents=documents)


def _strays(connection: apsw.Connection) -> Iterator[str]:
    """What the index holds of contents that are gone."""
    for table, key in (
        ("header_words_docsize", "id"),
        ("body_words_docsize", "id"),
        ("fields", "content"),
        ("attached", "content"),
        ("unindexed", "content"),
    ):
        left = connection.execute(f"SELECT count(*) FROM {table} WHERE {key} NOT IN (SELECT id FROM content)").get
        if left:
            yield f"{table}: {left} of messages that are gone"
    wrong = fields.miscounted(connection)
    if wrong:
        yield f"{wrong} uses of fields' texts are not right"


def _contents(
    connection: apsw.Connection, blobs: AccountBlobs, progress: Progress, *, documents: bool
) -> Iterator[str]:
    def kept(content: int) -> str | None:
        return attached.kept(connection, content)

    total = int(cast("int", connection.execute("SELECT count(*) FROM content").get))
    last = done = 0
    while True:
        with snapshot(connection):
            found = connection.execute("SELECT id FROM content WHERE id > ? ORDER BY id LIMIT ?", (last, _BATCH))
            batch = fulltext.entries(connection, [int(cast("int", row[0])) for row in found], blobs, kept)
            wrong = [fault for entry in batch for fault in _content(connection, entry, documents=documents)]
        yield from wrong
        if not batch:
            break
        last, done = batch[-1].content, done + len(batch)
        progress(done, total)


def _content(connection: apsw.Connection, entry: fulltext.Entry, *, documents: bool) -> Iterator[str]:
    run = connection.execute
    if run("SELECT 1 FROM unindexed WHERE content = ?", (entry.content,)).get is not None:
        return
    indexed = run("SELECT 1 FROM body_words_docsize WHERE id = ?", (entry.content,)).get is not None
    if not indexed or entry.texts is None:
        yield f"content {entry.content} is neither indexed nor waiting"
    elif documents and entry.attached is None and attached.is_missing(connection, entry.content):
        yield f"content {entry.content}: the text of its attachments is missing"
    elif fields.of(connection, entry.content) != entry.fields:
        yield f"content {entry.content}: the fields are not the message's"
    else:
        for table, text in zip(("header_words", "body_words"), entry.texts, strict=True):
            if not all(_finds(connection, table, entry.content, sample) for sample in _samples(text)):
                yield f"content {entry.content}: {table} does not find what it should"


def _samples(text: str) -> Iterator[str]:
    step = max(1, len(text) // _SAMPLES)
    for at in range(0, len(text) - 2, step):
        yield text[at : at + 12]


def _finds(connection: apsw.Connection, table: str, content: int, sample: str) -> bool:
    asked = fulltext.expression(table, sample)
    if asked is None:
        return True
    found = connection.execute(f"SELECT 1 FROM {table} WHERE {table} MATCH ? AND rowid = ?", (asked, content))
    return found.get is not None
