"""Sets of UIDs as statements want them: one range where they are one, else an array bound by address.

Strategy: a range scan visits each row between, an array seeks each UID, which costs about twice as much a row; so a set at
least half full is read as a range and its strays are dropped. A read that is bounded in octets has SQLite tell each message's,
which costs less than to measure what was read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import apsw

from restante.store.batches import Row

_ANY_LENGTH: Final = frozenset(("c.envelope", "c.body", "c.bodystructure", "c.parts", "h.octets", "b.octets"))
"""Columns whose values may be of any length."""


def rows(connection: apsw.Connection, columns: str, joins: str, mailbox: int, uids: Sequence[int]) -> Iterator[Row]:
    """Rows of the messages of ascending *uids*, in order; *columns* starts with ``m.uid``, *joins* extends ``message m``.

    A column may be of any type; the caller knows.
    """
    if not uids:
        return iter(())
    low, high = uids[0], uids[-1]
    if high - low + 1 > 2 * len(uids):
        # CROSS JOIN fixes the order: each UID is sought, never the mailbox scanned.
        return connection.execute(
            f"SELECT {columns} FROM carray(?) wanted CROSS JOIN message m ON m.mailbox = ? AND m.uid = wanted.value {joins}",
            (apsw.carray(array("q", uids)), mailbox),
        )
    if low == high:
        return connection.execute(
            f"SELECT {columns} FROM message m {joins} WHERE m.mailbox = ? AND m.uid = ?", (mailbox, low)
        )
    found = connection.execute(
        f"SELECT {columns} FROM message m {joins} WHERE m.mailbox = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid",
        (mailbox, low, high),
    )
    if high - low + 1 == len(uids):
        return found
    wanted = frozenset(uids)
    return (row for row in found if row[0] in wanted)


def octets_of(columns: Iterable[str]) -> str:
    """A column that counts the octets of those of *columns* that may be of any length; empty if none may."""
    lengths = [f"octet_length({column})" for column in columns if column in _ANY_LENGTH]
    return " + ".join([f"ifnull({each}, 0)" if "b.octets" in each else each for each in lengths])
