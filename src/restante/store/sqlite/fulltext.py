"""The tables of the index of text: which contents are in it, what of each, and which wait.

Strategy: ``header_words`` and ``body_words`` hold, for each sequence of three characters, the contents whose folded text has it
(FTS5's trigram tokenizer, without positions or the text itself); a table for each field that people search by holds
its folded texts. A content arrives into ``unindexed`` and moves into the other tables with its like, for an index is written in
batches at half the cost, and a seventh of the pages, of one message at a time.

The rule it protects: each content is either in the tables or in ``unindexed``, changed in one transaction; a search
proposes what the tables propose *and* all that is in ``unindexed``, so no state of the index can make it miss a message.
"""

from __future__ import annotations

import mmap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

import apsw

from restante.mime.scan import Raw
from restante.store.blobs.files import AccountBlobs
from restante.store.sqlite.transaction import Done, Transaction
from restante.store.words import EDITION, MessageWords

FIELDS: Final = ("from", "to", "cc", "bcc", "subject")
"""The fields that have tables: ``from_words`` and so on."""

SEPARATOR: Final = "\n"
"""Between the texts of one field in its table."""

BATCH: Final = 32
"""Contents indexed in one transaction, some 20 ms of work; so many wait at most, but while they come faster."""

_FTS_TABLES: Final = ("header_words", "body_words")
FIELD_TABLES: Final = tuple(f"{name}_words" for name in FIELDS)
"""The tables of :data:`FIELDS`: the folded texts of each content that has the field."""

TABLES: Final = (*_FTS_TABLES, *FIELD_TABLES)
"""All tables of the index but ``unindexed``."""

_TRIGRAMS: Final = 16
"""Sequences of a long needle that are looked up."""

_MOST: Final = 2 * 1024 * 1024
"""Characters of a content's text beyond which it is left out of the index."""

_MOST_AT_ONCE: Final = 256 * 1024
"""Octets of messages after which a batch is full."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A content's words; *texts* is None if it is to be left out."""

    content: int
    texts: tuple[str, str] | None
    fields: tuple[bytes | None, ...] = ()

    def rows(self) -> Iterator[tuple[str, str | bytes]]:
        """What each table has of it."""
        if self.texts is not None:
            yield from zip(_FTS_TABLES, self.texts, strict=True)
        yield from ((table, words) for table, words in zip(FIELD_TABLES, self.fields, strict=True) if words is not None)


def expression(needle: str, *, marks: bool = True) -> str | None:
    """What to ask ``header_words`` or ``body_words`` for a folded *needle*: a superset answers; None if they cannot help.

    Without *marks* nothing is asked that has a combining mark: folding puts marks in order, so it may part those of a needle that
    another comparison finds together.
    """
    if len(needle) < 3 or not _is_text(needle):
        return None
    known = indexable(needle)
    starts = range(0, len(known) - 2, max(1, (len(known) - 3) // _TRIGRAMS + 1))
    wanted = dict.fromkeys(known[at : at + 3] for at in (*starts, len(known) - 3))
    if not marks:
        wanted = dict.fromkeys(each for each in wanted if not any(map(unicodedata.combining, each)))
    return " AND ".join(['"' + each.replace('"', '""') + '"' for each in wanted]) or None


def _is_text(needle: str) -> bool:
    try:
        needle.encode()
    except UnicodeEncodeError:
        return False
    return True


def indexable(text: str) -> str:
    """*text* for FTS5: it would end at a NUL, and half a surrogate pair is no character."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def octets(texts: Iterable[str]) -> bytes:
    """*texts* as the fields' tables keep and compare them."""
    return SEPARATOR.join(dict.fromkeys(texts)).encode("utf-8", "surrogatepass")


def waiting(connection: apsw.Connection, limit: int) -> list[int]:
    """Some contents that wait to be indexed, ascending."""
    found = connection.execute("SELECT content FROM unindexed WHERE waits ORDER BY content LIMIT ?", (limit,))
    return [int(cast("int", row[0])) for row in found]


def entries(connection: apsw.Connection, contents: Sequence[int], blobs: AccountBlobs) -> list[Entry]:
    """The words of some of *contents*, from the first on; *blobs* has the large ones. Raises OSError."""
    found: list[Entry] = []
    size = 0
    for content in contents:
        row = connection.execute(
            "SELECT c.size, c.parts, c.blob, h.octets, b.octets FROM content c JOIN header h ON h.content = c.id "
            "LEFT JOIN body b ON b.content = c.id WHERE c.id = ?",
            (content,),
        ).fetchone()
        found.append(Entry(content, None) if row is None else _entry(content, cast("_Row", row), blobs))
        size += 0 if row is None else int(cast("int", row[0]))
        if size >= _MOST_AT_ONCE:
            break
    return found


_Row = tuple[int, bytes, str | None, bytes, bytes | None]


def _entry(content: int, row: _Row, blobs: AccountBlobs) -> Entry:
    _, parts, blob, header, body = row
    try:
        if blob is None:
            return _words(content, header + (body or b""), parts)
        with blobs.path(blob).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            return _words(content, raw, parts)
    except (FileNotFoundError, ValueError, LookupError, RecursionError):
        # What cannot be read is no reason to stop; whoever searches it hears of it.
        return Entry(content, None)


def _words(content: int, raw: Raw, parts: bytes) -> Entry:
    words = MessageWords(raw, parts)
    texts = words.header(), words.body()
    if sum(map(len, texts)) > _MOST:
        return Entry(content, None)
    found = (words.field(name) for name in FIELDS)
    return Entry(
        content, (indexable(texts[0]), indexable(texts[1])), tuple(octets(each) if each else None for each in found)
    )


def enter(tx: Transaction, batch: Sequence[Entry]) -> Done[int]:
    """Index those of *batch* that still wait. Their number is the answer."""
    run = tx.connection.execute
    count = 0
    for entry in batch:
        gone = run("DELETE FROM unindexed WHERE content = ? AND waits RETURNING content", (entry.content,)).get
        if gone is None:
            continue
        count += 1
        if entry.texts is None:
            run("INSERT INTO unindexed VALUES (?, 0)", (entry.content,))
            continue
        for table, words in entry.rows():
            run(f"INSERT INTO {table} (rowid, words) VALUES (?, ?)", (entry.content, words))
    return Done(count)


def forget(connection: apsw.Connection, content: int) -> None:
    """Take a content out of the index, in the open transaction."""
    if connection.execute("DELETE FROM unindexed WHERE content = ? RETURNING content", (content,)).get is not None:
        return
    for table in TABLES:
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (content,))


def start_over(connection: apsw.Connection) -> None:
    """Empty the index, in the open transaction: every content waits. The tables are made anew, should they be damaged."""
    for table in TABLES:
        made: str = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).get
        connection.execute(f"DROP TABLE {table}")
        connection.execute(made)
    connection.execute("DELETE FROM unindexed")
    connection.execute("INSERT INTO unindexed SELECT id, 1 FROM content")
    connection.execute("UPDATE index_state SET edition = ?", (EDITION,))


def is_current(connection: apsw.Connection) -> bool:
    """Whether the index holds words as this release makes them."""
    edition: str | None = connection.execute("SELECT edition FROM index_state").get
    return edition == EDITION


def renew(connection: apsw.Connection) -> bool:
    """Start over if the words were made by another release's rules. Whether a batch waits."""
    if not is_current(connection):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if not is_current(connection):
                start_over(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    return len(waiting(connection, BATCH)) == BATCH
