"""Messages in columns, for FETCH: what :func:`restante.store.sqlite.reading.messages` reads, at a fraction of its cost.

Strategy: a batch is one statement over just the tables and columns that are asked for, and its rows are turned about in one step.
The octets of messages are read without ``content``, whose pages are large and elsewhere; only a message without a text is looked
up there, since it is in a blob.

The rule it protects: all columns of a batch are of one moment, and equally long.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, cast

import apsw

from restante.store.batches import Row, until
from restante.store.errors import Corrupt
from restante.store.model import Field, MessageColumns
from restante.store.sqlite.flagsets import FlagSets
from restante.store.sqlite.reading import SOURCES, joins, modseq_of
from restante.store.sqlite.uids import octets_of, rows

_SOURCES: Final = tuple(
    # A blob's name is looked up afterwards, of those messages that have one.
    (fields, "m.content" if place == "c.blob" else place)
    for fields, place in SOURCES
    if fields is not Field.SORT
)
"""What :class:`MessageColumns` holds after the UIDs, in its order: for which fields it is read, and where it is."""

Column = Sequence[object]


class _Plan(NamedTuple):
    """What is read for some fields: the positions in :class:`MessageColumns`, where the columns are, and the joins.

    If *counted*, one column more, the last, holds the octets of those that may be of any length.
    """

    positions: tuple[int, ...]
    places: str
    joins: str
    counted: bool


@lru_cache(maxsize=256)
def _plan(asked: int, *, bounded: bool) -> _Plan:
    """By number: enums hash slowly."""
    read = {at: place for at, (fields, place) in enumerate(_SOURCES, 1) if fields.value & asked}
    places = ["m.uid", *read.values()]
    octets = octets_of(places) if bounded else ""
    return _Plan((0, *read), ", ".join([*places, octets] if octets else places), joins(places), bool(octets))


def columns(
    connection: apsw.Connection,
    sets: FlagSets,
    mailbox: int,
    uids: Sequence[int],
    fields: Field,
    blobs: str,
    octets: int | None = None,
) -> MessageColumns:
    """The *fields* of ascending *uids*, bounded in *octets*; *blobs* goes before each blob's name.

    Raises NoSuchMailbox, Corrupt.
    """
    plan = _plan(fields.value, bounded=octets is not None and len(uids) > 1)
    read: Iterable[Row] = rows(connection, plan.places, plan.joins, mailbox, uids)
    if octets is not None and plan.counted:
        read = until(read, octets)
    found = list(zip(*read, strict=True))
    values: list[Column] = [()] * len(MessageColumns._fields)
    for position, column in zip(plan.positions, found, strict=False):
        values[position] = column
    if not values[0]:
        # No messages, or no mailbox: it goes with all its messages in one step.
        modseq_of(connection, mailbox)
    if values[_FLAGS_AT]:
        values[_FLAGS_AT] = sets.of_all(connection, cast("Sequence[int]", values[_FLAGS_AT]))
    if values[_BLOBS_AT]:
        _find_blobs(connection, values, blobs)
    return MessageColumns._make(values)


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
