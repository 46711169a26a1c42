"""The tables of the index of text: which contents are in it, what of each, and which wait.

Strategy: ``header_words`` and ``body_words`` hold, for each sequence of three characters, the contents whose folded text has it
(FTS5's trigram tokenizer, without positions or the text itself), spaces left out: so the sequences reach from word to word, and
a phrase of common words proposes few. In headers, where much is random, characters that look or sound alike count as one, or
half the index would be of what nobody looks for. The fields that people search by are in :mod:`restante.store.sqlite.fields`.
A content arrives into ``unindexed`` and moves into the other tables with its like, for an index is written in
batches at half the cost, and a seventh of the pages, of one message at a time.

The rule it protects: each content is either in the tables or in ``unindexed``, changed in one transaction; a search
proposes what the tables propose *and* all that is in ``unindexed``, so no state of the index can make it miss a message.
"""

from __future__ import annotations

import mmap
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

import apsw

from restante.mime.scan import Raw
from restante.store.blobs.files import AccountBlobs
from restante.store.sqlite import fields
from restante.store.sqlite.transaction import Done, Transaction
from restante.store.words import EDITION, MessageWords

WORTHWHILE: Final = 128
"""Contents that wait for which a batch is begun."""

BATCH: Final = 256
"""Contents indexed in one transaction at most, some 80 ms of work. Of four times as many FTS5 writes a third of the pages
for each, since what many share it writes once."""

HEADER: Final = "header_words"
BODY: Final = "body_words"

TABLES: Final = (HEADER, BODY, *fields.TABLES)
"""All tables of the index but ``unindexed``."""

_TRIGRAMS: Final = 16
"""Sequences of a long needle that are looked up, about."""

_ENOUGH: Final = 4
"""Sequences of which no more need be usual ones."""

_MOST: Final = 2 * 1024 * 1024
"""Characters of a content's text beyond which it is left out of the index."""

MOST_AT_ONCE: Final = 2 * 1024 * 1024
"""Octets of messages after which a batch is full."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A content's words; *texts* is None if it is to be left out; *attached* is what documents in it say, None without any."""

    content: int
    texts: tuple[str, str] | None
    fields: tuple[bytes | None, ...] = ()
    attached: str | None = None


_ALIKE: Final = b"a4 bv8 ckq9 dt7 e3 fw gj6 iy l1 mn o0 s5 xz2 -+/=_"
"""Characters that count as one in headers, in groups."""

_SPREAD: Final = bytes((each * 13) & 127 for each in range(128)) + bytes(range(128, 256))
"""ASCII under other numbers. FTS5 finds a sequence in memory by a hash of its octets that has few values for letters as they
are numbered, so that each time two or three were compared. Of all odd factors this one has it find most of them at once, which
saves a quarter of the time.
"""

_ALIKE_AS_ONE: Final = bytes.maketrans(
    b"".join(group[1:] for group in _ALIKE.split()),
    b"".join(group[:1] * (len(group) - 1) for group in _ALIKE.split()),
)

_FORMS: Final = {HEADER: _ALIKE_AS_ONE.translate(_SPREAD), BODY: _SPREAD}


def formed(table: str, text: str) -> str:
    """Folded *text* as *table* has it, or a needle as it is looked up there: no text for people.

    FTS5 would end a text at a NUL, and half a surrogate pair is no character.
    """
    whole = text.replace("\0", "\ufffd") if "\0" in text else text
    return whole.encode("utf-8", "replace").translate(_FORMS[table], b" ").decode()


_NAMES: Final = (
    "received: from",
    "with esmtps id",
    "return-path: <",
    "delivered-to:",
    "message-id: <",
    "references: <",
    "in-reply-to: <",
    "subject: re:",
    "mime-version: 1.0",
    "content-type: text/plain; charset=utf-8",
    "content-type: multipart/alternative; boundary=",
    "content-transfer-encoding: quoted-printable",
    "dkim-signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=",
    "authentication-results:",
)
"""What nearly every header says."""

_USUAL: Final = {
    HEADER: frozenset(
        known[at : at + 3] for each in _NAMES if (known := formed(HEADER, each)) for at in range(len(known) - 2)
    ),
    BODY: frozenset[str](),
}
"""Sequences that most contents have: to pass over all of them costs more than it rules out."""


def expression(table: str, needle: str, *, marks: bool = True) -> str | None:
    """What to ask *table* for a folded *needle*: a superset answers; None if it cannot help.

    Without *marks* nothing is asked that has a combining mark: folding puts marks in order, so it may part those of a needle that
    another comparison finds together.
    """
    known = formed(table, needle)
    if len(known) < 3 or not _is_text(needle):
        return None
    wanted = _telling(table, list(dict.fromkeys(known[at : at + 3] for at in range(len(known) - 2))))
    if not marks:
        wanted = [each for each in wanted if not any(map(unicodedata.combining, each))]
    return " AND ".join(['"' + each.replace('"', '""') + '"' for each in wanted]) or None


def pair(table: str, needle: str, *, marks: bool = True) -> str | None:
    """A folded *needle* of two characters as *table* has it; None if it is not that. Without *marks* as :func:`expression`."""
    known = formed(table, needle)
    if len(known) != 2 or not _is_text(needle) or not (marks or not any(map(unicodedata.combining, known))):
        return None
    return known


def _telling(table: str, trigrams: list[str]) -> list[str]:
    """Those of *trigrams* to look up: some from all over the needle, and none that hardly tells one content from another."""
    rare = [each for each in trigrams if each not in _USUAL[table]]
    some = rare if len(rare) >= _ENOUGH else trigrams
    return [*dict.fromkeys((*some[:: (len(some) - 1) // _TRIGRAMS + 1], some[-1]))]


def _is_text(needle: str) -> bool:
    try:
        needle.encode()
    except UnicodeEncodeError:
        return False
    return True


def waiting(connection: apsw.Connection, limit: int) -> list[int]:
    """Some contents that wait to be indexed, ascending."""
    found = connection.execute("SELECT content FROM unindexed WHERE waits ORDER BY content LIMIT ?", (limit,))
    return [int(cast("int", row[0])) for row in found]


def fills_a_batch(connection: apsw.Connection) -> bool:
    """Whether so many wait that a batch is worth its transaction."""
    return len(waiting(connection, WORTHWHILE)) == WORTHWHILE


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
    found = tuple(fields.octets(each) if (each := words.field(name)) else None for name in fields.NAMES)
    return Entry(content, texts, found, attached)


def enter(tx: Transaction, batch: Sequence[Entry], edition: str = EDITION) -> Done[int]:
    """Index those of *batch* that still wait, if this is an index of that *edition*. Their number is the answer."""
    if not is_current(tx.connection, edition):
        return Done(0)
    taken = [entry for entry in batch if _take(tx.connection, entry)]
    fields.enter(tx.connection, [(entry.content, entry.fields) for entry in taken if entry.texts is not None])
    # The words last, with nothing between them: FTS5 writes what it holds in memory before any statement that could be undone
    # by itself, which a message at a time cost half of all there is to indexing.
    for table, place in ((HEADER, 0), (BODY, 1)):
        tx.connection.executemany(
            f"INSERT INTO {table} (rowid, words) VALUES (?, ?)",
            [(entry.content, formed(table, entry.texts[place])) for entry in taken if entry.texts is not None],
        )
    return Done(len(taken))


def _take(connection: apsw.Connection, entry: Entry) -> bool:
    """Enter a content but for its fields and words, if it still waits."""
    run = connection.execute
    gone = run("DELETE FROM unindexed WHERE content = ? AND waits RETURNING content", (entry.content,)).get
    if gone is None:
        return False
    if entry.attached is not None:
        run("INSERT OR REPLACE INTO attached VALUES (?, ?)", (entry.content, _packed(entry.attached)))
    if entry.texts is None:
        run("INSERT INTO unindexed VALUES (?, 0)", (entry.content,))
    return True


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"), zlib.Z_BEST_SPEED) if text else b""


def unpacked(packed: bytes) -> str:
    """The text of a row of ``attached``."""
    return zlib.decompress(packed).decode("utf-8", "surrogatepass") if packed else ""


def forget(connection: apsw.Connection, contents: Sequence[int]) -> None:
    """Take *contents* out of the index, in the open transaction."""
    indexed = [(content,) for content in contents if _leave(connection, content)]
    # The words last, for the reason they are entered last.
    for table in (HEADER, BODY):
        connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", indexed)


def _leave(connection: apsw.Connection, content: int) -> bool:
    """Take all of a content out but its words; whether there may be any."""
    connection.execute("DELETE FROM attached WHERE content = ?", (content,))
    if connection.execute("DELETE FROM unindexed WHERE content = ? RETURNING content", (content,)).get is not None:
        return False
    fields.forget(connection, content)
    return True


def start_over(connection: apsw.Connection, edition: str = EDITION) -> None:
    """Empty the index, in the open transaction: every content waits, for words of that *edition*.

    The tables are made anew, should they be damaged.
    """
    for table in (*TABLES, "attached"):
        _make_anew(connection, table)
    connection.execute("DELETE FROM unindexed")
    connection.execute("INSERT INTO unindexed SELECT id, 1 FROM content")
    connection.execute("UPDATE index_state SET edition = ?", (edition,))


def _make_anew(connection: apsw.Connection, table: str) -> None:
    """Empty *table*, with its indexes."""
    made = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC", (table,)
    ).fetchall()
    connection.execute(f"DROP TABLE {table}")
    for row in made:
        connection.execute(cast("str", row[0]))


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
    return fills_a_batch(connection)
