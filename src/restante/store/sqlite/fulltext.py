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
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

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

MOST_AT_ONCE: Final = 256 * 1024
"""Octets of messages after which a batch is full."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A content's words; *texts* is None if it is to be left out; *attached* is what documents in it say, None without any."""

    content: int
    texts: tuple[str, str] | None
    fields: tuple[bytes | None, ...] = ()
    attached: str | None = None

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


class Message(NamedTuple):
    """What is read of a content to index it."""

    raw: Raw
    parts: bytes


@contextmanager
def opened(connection: apsw.Connection, content: int, blobs: AccountBlobs) -> Iterator[Message | None]:
    """A content's message; *blobs* has the large ones. None if it is gone or cannot be read. Raises OSError."""
    row = connection.execute(
        "SELECT c.parts, c.blob, h.octets, b.octets FROM content c JOIN header h ON h.content = c.id "
        "LEFT JOIN body b ON b.content = c.id WHERE c.id = ?",
        (content,),
    ).fetchone()
    if row is None:
        yield None
        return
    parts, blob, header, body = cast("tuple[bytes, str | None, bytes, bytes | None]", row)
    if blob is None:
        yield Message(header + (body or b""), parts)
        return
    try:
        with blobs.path(blob).open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (FileNotFoundError, ValueError):
        # What cannot be read is no reason to stop; whoever searches it hears of it.
        yield None
        return
    with mapped as raw:
        yield Message(raw, parts)


Texts = Callable[[int], str | None]
"""What documents in a content say, if there are any."""


def entries(
    connection: apsw.Connection, contents: Sequence[int], blobs: AccountBlobs, texts: Texts = lambda content: None
) -> list[Entry]:
    """The words of some of *contents*, from the first on. Raises OSError."""
    found: list[Entry] = []
    size = 0
    for content in contents:
        with opened(connection, content, blobs) as message:
            found.append(Entry(content, None) if message is None else _entry(content, message, texts(content)))
            size += 0 if message is None else len(message.raw)
        if size >= MOST_AT_ONCE:
            break
    return found


def _entry(content: int, message: Message, attached: str | None) -> Entry:
    try:
        words = MessageWords(message.raw, message.parts, attached=lambda raw, tree: attached or "")
        texts = words.header(), words.body()
    except (ValueError, LookupError, RecursionError):
        return Entry(content, None, (), attached)
    if sum(map(len, texts)) > _MOST:
        return Entry(content, None, (), attached)
    found = tuple(octets(each) if (each := words.field(name)) else None for name in FIELDS)
    return Entry(content, (indexable(texts[0]), indexable(texts[1])), found, attached)


def enter(tx: Transaction, batch: Sequence[Entry], edition: str = EDITION) -> Done[int]:
    """Index those of *batch* that still wait, if this is an index of that *edition*. Their number is the answer."""
    run = tx.connection.execute
    count = 0
    if not is_current(tx.connection, edition):
        return Done(count)
    for entry in batch:
        gone = run("DELETE FROM unindexed WHERE content = ? AND waits RETURNING content", (entry.content,)).get
        if gone is None:
            continue
        count += 1
        if entry.attached is not None:
            run("INSERT OR REPLACE INTO attached VALUES (?, ?)", (entry.content, _packed(entry.attached)))
        if entry.texts is None:
            run("INSERT INTO unindexed VALUES (?, 0)", (entry.content,))
            continue
        for table, words in entry.rows():
            run(f"INSERT INTO {table} (rowid, words) VALUES (?, ?)", (entry.content, words))
    return Done(count)


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"), zlib.Z_BEST_SPEED) if text else b""


def unpacked(packed: bytes) -> str:
    """The text of a row of ``attached``."""
    return zlib.decompress(packed).decode("utf-8", "surrogatepass") if packed else ""


def forget(connection: apsw.Connection, content: int) -> None:
    """Take a content out of the index, in the open transaction."""
    connection.execute("DELETE FROM attached WHERE content = ?", (content,))
    if connection.execute("DELETE FROM unindexed WHERE content = ? RETURNING content", (content,)).get is not None:
        return
    for table in TABLES:
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (content,))


def start_over(connection: apsw.Connection, edition: str = EDITION) -> None:
    """Empty the index, in the open transaction: every content waits, for words of that *edition*.

    The tables are made anew, should they be damaged.
    """
    for table in (*TABLES, "attached"):
        made: str = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).get
        connection.execute(f"DROP TABLE {table}")
        connection.execute(made)
    connection.execute("DELETE FROM unindexed")
    connection.execute("INSERT INTO unindexed SELECT id, 1 FROM content")
    connection.execute("UPDATE index_state SET edition = ?", (edition,))


def is_current(connection: apsw.Connection, edition: str = EDITION) -> bool:
    """Whether the index holds words of that *edition*."""
    found: str | None = connection.execute("SELECT edition FROM index_state").get
    return found == edition


def renew(connection: apsw.Connection, edition: str = EDITION) -> bool:
    """Start over if the words were made by other rules, or of other things. Whether a batch waits."""
    if not is_current(connection, edition):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if not is_current(connection, edition):
                start_over(connection, edition)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    return len(waiting(connection, BATCH)) == BATCH
