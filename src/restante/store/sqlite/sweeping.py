"""What time allows to forget: old tombstones, contents no message has had for a grace period, files no row names.

Strategy: a thread with a connection of its own, as if it were another process; small transactions, so that nobody waits long
for the write lock.

The rule it protects: a content goes only when no message and no recent expunge refers to it, and its file only after the
content's row is gone for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import apsw

from restante.store.blobs.files import AccountBlobs
from restante.store.sqlite import fulltext

_BATCH: Final = 500
"""Expunged messages looked at in one transaction."""

_CHANGES: Final = 1000
"""Changes of a mailbox that stay listed; whoever was away for more looks at all messages."""

_PATIENCE: Final = 10_000
"""Milliseconds to wait for the write lock."""


@dataclass(frozen=True, slots=True)
class Ages:
    """Moments, in epoch seconds, before which things may go.

    Attributes:
        tombstones: expunges needed for resynchronisation no more.
        contents: expunges whose messages can be asked back no more.
    """

    tombstones: int
    contents: int


def sweep(connection: apsw.Connection, blobs: AccountBlobs, ages: Ages) -> None:
    """Forget what *ages* allow. Raises what the driver raises, OSError."""
    connection.set_busy_timeout(_PATIENCE)
    connection.pragma("synchronous", "FULL")
    _sweep_tombstones(connection, ages.tombstones)
    _sweep_changed(connection)
    while True:
        count, names = _sweep_contents(connection, ages.contents)
        blobs.delete(names)
        if count < _BATCH:
            break
    blobs.delete(_orphans(connection, blobs))
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


def _sweep_tombstones(connection: apsw.Connection, before: int) -> None:
    if connection.execute("SELECT 1 FROM tombstone WHERE epoch < ? LIMIT 1", (before,)).get is None:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "UPDATE mailbox SET swept_modseq = max(swept_modseq, old.modseq) FROM "
            "(SELECT mailbox, max(modseq) AS modseq FROM tombstone WHERE epoch < ?1 GROUP BY mailbox) old "
            "WHERE mailbox.id = old.mailbox",
            (before,),
        )
        connection.execute("DELETE FROM tombstone WHERE epoch < ?", (before,))
        connection.execute("COMMIT")
    finally:
        _undo(connection)


def _sweep_changed(connection: apsw.Connection) -> None:
    """Keep the list of each mailbox's changes as short as it is of use."""
    run = connection.execute
    long = run("SELECT mailbox FROM changed GROUP BY mailbox HAVING count(*) > ?", (_CHANGES,)).fetchall()
    if not long:
        return
    run("BEGIN IMMEDIATE")
    try:
        for (mailbox,) in long:
            newest = "SELECT modseq FROM changed WHERE mailbox = ?1 ORDER BY modseq DESC LIMIT 1 OFFSET ?2"
            run(
                f"UPDATE mailbox SET unlisted_modseq = ifnull(({newest}), unlisted_modseq) WHERE id = ?1",
                (mailbox, _CHANGES),
            )
            run(
                "DELETE FROM changed WHERE mailbox = ?1 AND modseq <= (SELECT unlisted_modseq FROM mailbox WHERE id = ?1)",
                (mailbox,),
            )
        run("COMMIT")
    finally:
        _undo(connection)


def _sweep_contents(connection: apsw.Connection, before: int) -> tuple[int, list[str]]:
    """One batch: how many expunges were looked at, and the blobs no row names any more."""
    run = connection.execute
    run("BEGIN IMMEDIATE")
    try:
        found = cast(
            "list[tuple[int, int]]",
            run("SELECT id, content FROM expunged WHERE epoch < ? ORDER BY id LIMIT ?", (before, _BATCH)).fetchall(),
        )
        connection.executemany("DELETE FROM expunged WHERE id = ?", ((each,) for each, _ in found))
        unused = [content for content in {content for _, content in found} if not _is_used(connection, content)]
        fulltext.forget(connection, unused)
        names = [name for content in unused for name in _drop(connection, content)]
        run("COMMIT")
    finally:
        _undo(connection)
    return len(found), names


def _is_used(connection: apsw.Connection, content: int) -> bool:
    """Whether anything refers to a content."""
    tables = ("message", "expunged")
    return any(connection.execute(f"SELECT 1 FROM {each} WHERE content = ?", (content,)).get for each in tables)


def _drop(connection: apsw.Connection, content: int) -> list[str]:
    """Delete a content; its blob's name, if it has one."""
    run = connection.execute
    for table in ("header", "body"):
        run(f"DELETE FROM {table} WHERE content = ?", (content,))
    blob: str | None = run("DELETE FROM content WHERE id = ? RETURNING blob", (content,)).get
    return [] if blob is None else [blob]


def _orphans(connection: apsw.Connection, blobs: AccountBlobs) -> list[str]:
    old = blobs.old()
    if not old:
        return []
    named = {name for (name,) in connection.execute("SELECT blob FROM content WHERE blob IS NOT NULL")}
    return [name for name in old if name not in named]


def _undo(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
