"""Messages in columns, for FETCH: what :func:`restante.store.sqlite.reading.messages` reads, at a fraction of its cost.

Strategy: numbers come as JSON arrays and short texts joined at NUL, one row for the whole batch, so that neither SQLite nor
Python handles a row for each message. A text that holds NUL itself shows in the count; such a batch is read row by row, as few
messages are. So are the octets of messages, which would be copied too often. They are read without ``content``, whose pages
are large and elsewhere; only a message without a text is looked up there, since it is in a blob.

The rule it protects: all columns of a batch are of one moment, and equally long.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import compress
from typing import Final, NamedTuple, cast

import apsw
import msgspec

from restante.store.errors import Corrupt
from restante.store.model import Field, MessageColumns
from restante.store.sqlite.flagsets import FlagSets
from restante.store.sqlite.reading import modseq_of
from restante.store.sqlite.uids import rows

_FEW: Final = 8
"""Messages up to which rows are cheaper."""

Column = Sequence[object]


class _Kind(NamedTuple):
    """How values are gathered into one, and taken apart again."""

    gather: str
    spread: Callable[[str | bytes], Column]


_numbers: Final = msgspec.json.Decoder(list[int]).decode


def _octets(joined: str | bytes) -> Column:
    return cast("bytes", joined).split(b"\x00")


def _texts(joined: str | bytes) -> Column:
    return cast("str", joined).split("\x00")


_NUMBER: Final = _Kind("json_group_array({})", _numbers)
_OCTETS: Final = _Kind("CAST(group_concat({}, x'00') AS BLOB)", _octets)
_TEXT: Final = _Kind("group_concat({}, char(0))", _texts)


class _Source(NamedTuple):
    """Where a column is: for which fields it is read, its name, its place, and its kind if it is gathered."""

    fields: Field
    name: str
    place: str
    kind: _Kind | None = None


_SOURCES: Final = (
    _Source(Field.FLAGS, "flags", "m.flagset", _NUMBER),
    _Source(Field.FLAGS, "modseqs", "m.modseq", _NUMBER),
    _Source(Field.SIZE, "sizes", "m.size", _NUMBER),
    _Source(Field.DATE, "internal_epochs", "m.internal_epoch", _NUMBER),
    _Source(Field.DATE, "internal_zones", "m.internal_zone", _NUMBER),
    _Source(Field.SAVE_DATE, "save_epochs", "m.save_epoch", _NUMBER),
    _Source(Field.ENVELOPE, "envelopes", "c.envelope", _OCTETS),
    _Source(Field.BODY, "bodies", "c.body", _OCTETS),
    _Source(Field.BODYSTRUCTURE, "bodystructures", "c.bodystructure", _OCTETS),
    _Source(Field.PARTS, "parts", "c.parts", _OCTETS),
    _Source(Field.IDS, "email_ids", "c.email_id", _TEXT),
    _Source(Field.IDS, "thread_ids", "c.thread_id", _TEXT),
    _Source(Field.PREVIEW, "previews", "c.preview", _TEXT),
    _Source(Field.HEADER | Field.RAW, "headers", "h.octets"),
    _Source(Field.RAW, "texts", "b.octets"),
    _Source(Field.RAW, "blobs", "m.content"),
)
_JOINS: Final = (
    ("c.", "JOIN content c ON c.id = m.content"),
    ("h.", "JOIN header h ON h.content = m.content"),
    ("b.", "LEFT JOIN body b ON b.content = m.content"),
)
_UIDS: Final = _Source(Field.NONE, "uids", "m.uid", _NUMBER)


class _Plan(NamedTuple):
    """What is read for some fields: the columns and their positions in :class:`MessageColumns`, where they are, the joins, and
    what gathers them, if all can be."""

    sources: tuple[_Source, ...]
    positions: tuple[int, ...]
    places: str
    joins: str
    gather: str


@lru_cache(maxsize=256)
def _plan(asked: int) -> _Plan:
    """By number: enums hash slowly."""
    sources = (_UIDS, *(source for source in _SOURCES if source.fields.value & asked))
    joins = " ".join(join for table, join in _JOINS if any(source.place.startswith(table) for source in sources))
    named = ", ".join(f"{source.place} AS {source.name}" for source in sources)
    gathered = [source.kind.gather.format(source.name) for source in sources if source.kind]
    gather = f"SELECT {', '.join(gathered)} FROM (SELECT {named}" if len(gathered) == len(sources) else ""
    positions = tuple(MessageColumns._fields.index(source.name) for source in sources)
    return _Plan(sources, positions, ", ".join(source.place for source in sources), joins, gather)


def columns(
    connection: apsw.Connection, sets: FlagSets, mailbox: int, uids: Sequence[int], fields: Field, blobs: str
) -> MessageColumns:
    """The *fields* of ascending *uids*; *blobs* goes before each blob's name. Raises NoSuchMailbox, Corrupt."""
    plan = _plan(fields.value)
    found = _gathered(connection, plan, mailbox, uids) if plan.gather and len(uids) > _FEW else None
    if found is None:
        found = list(zip(*rows(connection, plan.places, plan.joins, mailbox, uids), strict=True))
    if not found:
        # No messages, or no mailbox: it goes with all its messages in one step.
        modseq_of(connection, mailbox)
        return MessageColumns(())
    values: list[Column] = [()] * len(MessageColumns._fields)
    for position, column in zip(plan.positions, found, strict=True):
        values[position] = column
    if values[_FLAGS_AT]:
        values[_FLAGS_AT] = sets.of_all(connection, cast("Sequence[int]", values[_FLAGS_AT]))
    if values[_BLOBS_AT]:
        _find_blobs(connection, values, blobs)
    return MessageColumns._make(values)


def _gathered(connection: apsw.Connection, plan: _Plan, mailbox: int, uids: Sequence[int]) -> list[Column] | None:
    """The columns by one row; none for no messages, and None where a text cannot be told from its neighbour."""
    row = connection.execute(*_statement(plan, mailbox, uids)).fetchone()
    first, *others = cast("tuple[str | bytes | None, ...]", row)
    present = _numbers(first or "[]")
    if not present:
        return []
    found: list[Column] = [present]
    for source, joined in zip(plan.sources[1:], others, strict=True):
        assert source.kind is not None
        column = source.kind.spread(joined) if joined is not None else ()
        if len(column) != len(present):
            return None
        found.append(column)
    return found if present == uids else _sifted(found, uids)


def _statement(plan: _Plan, mailbox: int, uids: Sequence[int]) -> tuple[str, tuple[object, ...]]:
    """As :func:`restante.store.sqlite.uids.rows` has it: one range, or each UID sought."""
    low, high = uids[0], uids[-1]
    if high - low + 1 > 2 * len(uids):
        wanted = "carray(?) wanted CROSS JOIN message m ON m.mailbox = ? AND m.uid = wanted.value"
        return f"{plan.gather} FROM {wanted} {plan.joins})", (apsw.carray(array("q", uids)), mailbox)
    where = "m.mailbox = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid"
    return f"{plan.gather} FROM message m {plan.joins} WHERE {where})", (mailbox, low, high)


def _sifted(found: list[Column], uids: Sequence[int]) -> list[Column]:
    """Without the messages between *uids* that were not asked for."""
    wanted = frozenset(uids)
    mask = [uid in wanted for uid in found[0]]
    return found if all(mask) else [list(compress(column, mask)) for column in found]


def _find_blobs(connection: apsw.Connection, values: list[Column], blobs: str) -> None:
    """What has no text is in a blob."""
    contents, texts = values[_BLOBS_AT], values[_TEXTS_AT]
    if None not in texts:
        values[_BLOBS_AT] = [None] * len(texts)
        return
    without = [cast("int", content) for content, text in zip(contents, texts, strict=True) if text is None]
    found = connection.execute(
        "SELECT id, blob FROM content WHERE id IN carray(?) AND blob IS NOT NULL", (apsw.carray(array("q", without)),)
    ).fetchall()
    names = {content: f"{blobs}{name}" for content, name in found}
    if len(names) < len(set(without)):
        raise Corrupt("a message's text is missing")
    values[_BLOBS_AT] = [
        None if text is not None else names[content] for content, text in zip(contents, texts, strict=True)
    ]
    values[_TEXTS_AT] = [b"" if text is None else text for text in texts]


_FLAGS_AT, _TEXTS_AT, _BLOBS_AT = map(MessageColumns._fields.index, ("flags", "texts", "blobs"))
