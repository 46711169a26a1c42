"""Sets of UIDs as statements want them: one range where they are one, else an array bound by address.

Strategy: a range scan visits each row between, an array seeks each UID, which costs about twice as much a row; so a set at
least half full is read as a range and its strays are dropped.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import apsw

Row = tuple[int | float | str | bytes | None, ...]


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
