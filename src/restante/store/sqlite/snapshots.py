"""A large mailbox's index as it once was, so that opening it reads what has changed since and not every row.

Strategy: when an index was read from its rows, its columns are kept as three strings of octets beside them. Opening the mailbox
again, after a restart say, takes those and applies the changes after their modseq, as for any index that is behind. One that is
too far behind is not used, and the next reading of the rows replaces it.

The rule it protects: a snapshot is a copy and never the truth. It is used only where everything since is still known.
"""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from typing import Final, cast

import apsw

from restante.model.flags import FlagSet
from restante.model.ids import ModSeq, Uid
from restante.store.sqlite.flagsets import FlagSets
from restante.store.sqlite.index import Coded, SqliteIndex
from restante.store.sqlite.transaction import Done, Transaction

LEAST: Final = 2_000
"""Messages from which on a snapshot is worth its 16 octets each."""

_FEW: Final = 500
_SHARE: Final = 16
"""Changes since that are applied to a snapshot: so many, or one message in so many; beyond, the rows are read."""

_CHANGES: Final = 1000
"""Changes that are listed, at most, to be sure of that."""


@dataclass(frozen=True, slots=True)
class Columns:
    """An index's columns in octets, little-endian: UIDs and flag sets' numbers of 4 octets, modseqs of 8."""

    modseq: int
    uid_next: int
    uids: bytes
    flagsets: bytes
    modseqs: bytes


def columns(index: SqliteIndex, numbers: array[int]) -> Columns | None:
    """*index*, whose flag sets have those *numbers*, for :func:`write`; None where it is too small to matter."""
    if len(index.uids) < LEAST:
        return None
    return Columns(index.modseq, index.uid_next, _octets(index.uids), _octets(numbers), _octets(index.modseqs))


def write(tx: Transaction, mailbox: int, new: Columns) -> Done[None]:
    """Keep *new*, unless the mailbox is gone."""
    tx.connection.execute(
        "INSERT OR REPLACE INTO index_snapshot SELECT id, ?, ?, ?, ?, ? FROM mailbox WHERE id = ?",
        (new.modseq, new.uid_next, new.uids, new.flagsets, new.modseqs, mailbox),
    )
    return Done(None)


def load(connection: apsw.Connection, sets: FlagSets, mailbox: int) -> SqliteIndex | None:
    """The index as it was kept, if what has changed since is known and little; in a read transaction."""
    row = connection.execute(
        "SELECT s.modseq, s.uid_next, s.uids, s.flagsets, s.modseqs FROM index_snapshot s "
        "JOIN mailbox m ON m.id = s.mailbox WHERE s.mailbox = ? AND s.modseq >= max(m.swept_modseq, m.unlisted_modseq)",
        (mailbox,),
    ).fetchone()
    if row is None:
        return None
    kept = Columns(*cast("tuple[int, int, bytes, bytes, bytes]", row))
    if not _is_near(connection, mailbox, kept):
        return None
    flags = _flags(sets.load(connection), kept.flagsets)
    if flags is None:
        return None
    return SqliteIndex(
        _numbers("I", kept.uids), flags, _numbers("Q", kept.modseqs), ModSeq(kept.modseq), Uid(kept.uid_next)
    )


def _is_near(connection: apsw.Connection, mailbox: int, kept: Columns) -> bool:
    most = max(_FEW, len(kept.uids) // 4 // _SHARE)
    changed, changes = cast(
        "tuple[int, int]",
        connection.execute(
            "SELECT ifnull(sum(high - low + 1), 0), count(*) FROM "
            "(SELECT low, high FROM changed WHERE mailbox = ? AND modseq > ? LIMIT ?)",
            (mailbox, kept.modseq, _CHANGES),
        ).fetchone(),
    )
    return changed < most and changes < _CHANGES


def _flags(by_number: dict[int, FlagSet], numbers: bytes) -> list[FlagSet] | Coded | None:
    """The flag sets of these *numbers*, None if one is not known; most accounts' fit in the first octet of each."""
    nothing = bytes(len(numbers) // 4)
    if any(numbers[at::4] != nothing for at in (1, 2, 3)):
        try:
            return list(map(by_number.__getitem__, _numbers("I", numbers)))
        except KeyError:
            return None
    firsts, table = numbers[::4], bytearray(256)
    used = [number for number in by_number if number < len(table) and number in firsts]
    if firsts.translate(None, bytes(used)):
        return None
    for code, number in enumerate(used):
        table[number] = code
    return Coded(bytearray(firsts.translate(table)), [by_number[number] for number in used])


def _octets(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()


def _numbers(kind: str, octets: bytes) -> array[int]:
    values = array(kind, octets)
    if sys.byteorder == "big":
        values.byteswap()
    return values
