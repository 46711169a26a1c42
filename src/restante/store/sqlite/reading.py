"""What is read of a mailbox: its index, what changed since a modseq, and the columns of messages.

Strategy: a batch of messages is one query over just the tables that hold what was asked for; the row is the record but for
the few columns that are turned into values here. Statements are made once for each set of fields.

The rule it protects: several statements that must agree run in one read transaction.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, NamedTuple, cast

import apsw
import msgspec

from restante.model.flags import FlagSet
from restante.model.ids import ModSeq, Uid, UidValidity
from restante.model.mailbox_name import MailboxName
from restante.model.message_set import UidSet
from restante.store.batches import Row, until
from restante.store.columns import Columns, SortRow
from restante.store.errors import Corrupt, NoSuchMailbox
from restante.store.model import Changes, Field, Flagged, MessageRecord
from restante.store.sqlite import snapshots
from restante.store.sqlite.arriving import unpack_sort_keys
from restante.store.sqlite.flagsets import FlagSets
from restante.store.sqlite.index import SqliteIndex
from restante.store.sqlite.uids import octets_of, rows

_SPANS: Final = 1000
"""Spans of changes beyond which a mailbox is read as a whole."""

_numbers: Final = msgspec.json.Decoder(list[int]).decode


@contextmanager
def snapshot(connection: apsw.Connection) -> Iterator[None]:
    """All reads within see one moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("END")


def modseq_of(connection: apsw.Connection, mailbox: int) -> int:
    """A mailbox's modseq. Raises NoSuchMailbox."""
    found: int | None = connection.execute("SELECT modseq FROM mailbox WHERE id = ?", (mailbox,)).get
    if found is None:
        raise NoSuchMailbox("the mailbox was deleted")
    return found


def kept_index(connection: apsw.Connection, sets: FlagSets, mailbox: int) -> SqliteIndex | None:
    """A mailbox's index as it was kept, not far behind, or None if there is none."""
    with snapshot(connection):
        return snapshots.load(connection, sets, mailbox)


def load_index(
    connection: apsw.Connection, sets: FlagSets, mailbox: int
) -> tuple[SqliteIndex, snapshots.Columns | None]:
    """A mailbox's index, in one pass, and what to keep of it. Raises NoSuchMailbox.

    The columns come as JSON, which is a third of the cost of 50,000 rows, and most of it while other threads may run.
    """
    with snapshot(connection):
        modseq, uid_next, _ = _heads(connection, mailbox)
        columns = connection.execute(
            "SELECT json_group_array(uid), json_group_array(flagset), json_group_array(modseq) FROM "
            "(SELECT uid, flagset, modseq FROM message WHERE mailbox = ? ORDER BY uid)",
            (mailbox,),
        ).fetchone()
        by_number = sets.load(connection)
    uids, numbers, modseqs = map(_numbers, cast("tuple[str, str, str]", columns))
    index = SqliteIndex(array("I", uids), _flags(by_number, numbers), array("Q", modseqs), modseq, uid_next)
    return index, snapshots.columns(index, array("I", numbers))


def _flags(by_number: dict[int, FlagSet], numbers: Sequence[int]) -> list[FlagSet]:
    try:
        return list(map(by_number.__getitem__, numbers))
    except KeyError as error:
        raise Corrupt("a message's flags are missing") from error


def _heads(connection: apsw.Connection, mailbox: int) -> tuple[ModSeq, Uid, int]:
    row = connection.execute("SELECT modseq, uid_next, swept_modseq FROM mailbox WHERE id = ?", (mailbox,)).fetchone()
    if row is None:
        raise NoSuchMailbox("the mailbox was deleted")
    modseq, uid_next, swept = cast("tuple[int, int, int]", row)
    return ModSeq(modseq), Uid(uid_next), swept


class Heads(NamedTuple):
    """Where a mailbox stands; messages from *recent_uid* on are recent."""

    number: int
    uid_validity: UidValidity
    modseq: ModSeq
    uid_next: Uid
    recent_uid: Uid


def heads(connection: apsw.Connection, mailbox: int) -> Heads:
    """Where a mailbox stands. Raises NoSuchMailbox."""
    return _found(connection, "id", mailbox, "the mailbox was deleted")


def heads_of(connection: apsw.Connection, name: MailboxName) -> Heads:
    """Where the mailbox *name* stands. Raises NoSuchMailbox."""
    return _found(connection, "name", name, "there is no such mailbox")


def _found(connection: apsw.Connection, key: str, value: int | str, otherwise: str) -> Heads:
    asked = f"SELECT id, uid_validity, modseq, uid_next, recent_uid FROM mailbox WHERE {key} = ?"
    row = connection.execute(asked, (value,)).fetchone()
    if row is None:
        raise NoSuchMailbox(otherwise)
    return Heads(*cast("Heads", row))


def changes_since(connection: apsw.Connection, sets: FlagSets, mailbox: int, modseq: int) -> Changes:
    """What happened in a mailbox after *modseq*. Raises NoSuchMailbox.

    Nothing, mostly, since each command asks; so the snapshot, which costs more than that answer, comes second.
    """
    now, uid_next, _ = _heads(connection, mailbox)
    if modseq >= now:
        return Changes(now, (), UidSet(), uid_next)
    with snapshot(connection):
        now, uid_next, swept = _heads(connection, mailbox)
        changed = [row for row in _candidates(connection, mailbox, modseq) if cast("int", row[2]) > modseq]
        gone = connection.execute(
            "SELECT low, high FROM tombstone WHERE mailbox = ? AND modseq > ?", (mailbox, modseq)
        ).fetchall()
        flagged = tuple(
            Flagged(Uid(uid), sets.of(connection, number), ModSeq(at))
            for uid, number, at in cast("list[tuple[int, int, int]]", changed)
        )
    vanished = UidSet(cast("list[tuple[int, int]]", gone))
    return Changes(now, flagged, vanished, uid_next, complete=modseq >= swept)


def _candidates(connection: apsw.Connection, mailbox: int, modseq: int) -> Iterator[Row]:
    """UID, flag set and modseq of all messages that may have changed after *modseq*, by UID."""
    unlisted, messages = cast(
        "tuple[int, int]",
        connection.execute("SELECT unlisted_modseq, messages FROM mailbox WHERE id = ?", (mailbox,)).fetchone(),
    )
    if modseq >= unlisted:
        found = connection.execute(
            "SELECT low, high FROM changed WHERE mailbox = ? AND modseq > ? LIMIT ?", (mailbox, modseq, _SPANS)
        ).fetchall()
        spans = UidSet(cast("list[tuple[int, int]]", found))
        if len(found) < _SPANS and len(spans) <= messages:
            return rows(connection, "m.uid, m.flagset, m.modseq", "", mailbox, list(spans))
    return connection.execute("SELECT uid, flagset, modseq FROM message WHERE mailbox = ? ORDER BY uid", (mailbox,))


def sort_columns(connection: apsw.Connection, mailbox: int, after: int) -> Columns:
    """What SORT and THREAD compare, of the messages with UIDs beyond *after*, in one pass."""
    found = connection.execute(
        "SELECT m.uid, m.internal_epoch, m.size, c.sort_keys FROM message m JOIN content c ON c.id = m.content "
        "WHERE m.mailbox = ? AND m.uid > ? ORDER BY m.uid",
        (mailbox, after),
    )
    rows = cast("Iterator[tuple[int, int, int, bytes]]", found)
    return Columns(SortRow(uid, arrival, size, unpack_sort_keys(keys)) for uid, arrival, size, keys in rows)


SOURCES: Final = (
    (Field.FLAGS, "m.flagset"),
    (Field.FLAGS, "m.modseq"),
    (Field.SIZE, "m.size"),
    (Field.DATE, "m.internal_epoch"),
    (Field.DATE, "m.internal_zone"),
    (Field.SAVE_DATE, "m.save_epoch"),
    (Field.ENVELOPE, "c.envelope"),
    (Field.BODY, "c.body"),
    (Field.BODYSTRUCTURE, "c.bodystructure"),
    (Field.PARTS, "c.parts"),
    (Field.HEADER | Field.RAW, "h.octets"),
    (Field.RAW, "b.octets"),
    (Field.RAW, "c.blob"),
    (Field.IDS, "c.email_id"),
    (Field.IDS, "c.thread_id"),
    (Field.PREVIEW, "c.preview"),
    (Field.SORT, "c.sort_keys"),
)
"""What a :class:`MessageRecord` holds after the UID, in its order: for which fields it is read, and where it is."""

_JOINS: Final = (
    ("c.", "JOIN content c ON c.id = m.content"),
    ("h.", "JOIN header h ON h.content = m.content"),
    ("b.", "LEFT JOIN body b ON b.content = m.content"),
)

_SORT, _RAW, _HEADER = Field.SORT.value, Field.RAW.value, Field.HEADER.value
_HEADER_AT, _RAW_AT, _BLOB_AT, _SORT_AT, _COUNTED_AT = 11, 12, 13, 17, 18


def joins(places: Iterable[str]) -> str:
    """What has to be joined to ``message m`` for columns at *places*."""
    tables = {place[:2] for place in places}
    return " ".join(join for table, join in _JOINS if table in tables)


@lru_cache(maxsize=256)
def _plan(asked: int) -> tuple[str, str, bool]:
    """The columns and joins that read the fields *asked*, and whether a row needs finishing. By number: enums hash slowly.

    After a record's columns comes the count of its octets.
    """
    fields = Field(asked) | Field.FLAGS
    places = ["m.uid", *(place if fields & when else _nothing(place) for when, place in SOURCES)]
    columns = ", ".join([*places, octets_of(places) or "0"])
    return columns, joins(places), bool(fields & (Field.HEADER | Field.RAW | Field.SORT))


def _nothing(place: str) -> str:
    """What is read instead of a column that is not asked for."""
    return "0" if place.startswith("m.") else "NULL"


def messages(
    connection: apsw.Connection,
    sets: FlagSets,
    mailbox: int,
    uids: Sequence[int],
    fields: Field,
    blobs: str,
    octets: int | None = None,
) -> list[MessageRecord]:
    """The *fields* of ascending *uids*, bounded in *octets*; *blobs* goes before each blob's name.

    Raises NoSuchMailbox, Corrupt.
    """
    modseq_of(connection, mailbox)
    columns, joined, unfinished = _plan(fields.value)
    read = rows(connection, columns, joined, mailbox, uids)
    found = list(read) if octets is None else until(read, octets)
    known = sets.known() if all(row[1] in sets.known() for row in found) else sets.load(connection)
    make = MessageRecord._make
    try:
        if not unfinished:
            return [make((row[0], known[cast("int", row[1])], *row[2:_COUNTED_AT])) for row in found]
        asked = fields.value
        return [make(_finished(row, known, asked, blobs)) for row in found]
    except KeyError as error:
        raise Corrupt("a message's flags are missing") from error


def _finished(row: Row, known: dict[int, FlagSet], asked: int, blobs: str) -> list[object]:
    """A row with what the columns hold made into values."""
    record: list[object] = list(row[:_COUNTED_AT])
    record[1] = known[cast("int", row[1])]
    if asked & _SORT:
        record[_SORT_AT] = unpack_sort_keys(cast("bytes", row[_SORT_AT]))
    if asked & _RAW:
        _join_raw(record, blobs)
    if not asked & _HEADER:
        record[_HEADER_AT] = None
    return record


def _join_raw(record: list[object], blobs: str) -> None:
    if record[_BLOB_AT] is not None:
        record[_BLOB_AT] = f"{blobs}{record[_BLOB_AT]}"
    elif record[_RAW_AT] is None:
        raise Corrupt("a message's text is missing")
    else:
        record[_RAW_AT] = cast("bytes", record[_HEADER_AT]) + cast("bytes", record[_RAW_AT])
