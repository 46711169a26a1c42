"""Expunge: memberships go, tombstones come, and what was removed is remembered until it is swept.

Strategy: the messages to go are read once, grouped into ranges, and each range is one statement of each kind. An index that is at
hand says which are flagged deleted, so that EXPUNGE need not read a large mailbox for the sake of a few; the mailbox's own count
says whether these are all.

The rule it protects: no content is dropped here. A message expunged can be asked for by its content until the grace period
has passed.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import cast

import apsw

from restante.model.ids import ModSeq
from restante.model.message_set import UidSet
from restante.store.model import Expunged
from restante.store.sqlite.transaction import Done, Ledger, Transaction
from restante.store.sqlite.uids import rows

Gone = tuple[int, int, int]
"""A message to remove: UID, number of its flag set, size in octets."""


def expunge(
    tx: Transaction,
    mailbox: int,
    uids: Sequence[int] | None,
    *,
    deleted_only: bool,
    marked: Sequence[int] | None = None,
) -> Done[Expunged]:
    """Remove messages; *marked* are thought to be all that are flagged deleted. Raises NoSuchMailbox."""
    ledger = tx.ledger(mailbox)
    going = [] if deleted_only and not ledger.deleted else list(_going(tx, ledger, uids, deleted_only, marked))
    if not going:
        return Done(Expunged(UidSet(), ModSeq(ledger.modseq)))
    gone = UidSet.of(uid for uid, _, _ in going)
    remember(tx, mailbox, gone)
    modseq = ledger.modseq = tx.next_modseq()
    remove(tx, ledger, going, gone)
    tx.write(ledger)
    return Done(Expunged(gone, modseq), (ledger.change(vanished=gone),))


def _going(
    tx: Transaction, ledger: Ledger, uids: Sequence[int] | None, deleted_only: bool, marked: Sequence[int] | None
) -> Iterable[Gone]:
    if uids is None and deleted_only:
        return _marked(tx, ledger, marked or ())
    if uids is None:
        all_of_it = "SELECT uid, flagset, size FROM message WHERE mailbox = ? ORDER BY uid"
        return cast("Iterable[Gone]", tx.connection.execute(all_of_it, (ledger.id,)))
    found = _among(tx, ledger, uids)
    return _deleted(found, _deleted_sets(tx)) if deleted_only else found


def _among(tx: Transaction, ledger: Ledger, uids: Sequence[int]) -> Iterable[Gone]:
    return cast("Iterable[Gone]", rows(tx.connection, "m.uid, m.flagset, m.size", "", ledger.id, uids))


def _deleted(found: Iterable[Gone], sets: frozenset[int]) -> list[Gone]:
    return [row for row in found if row[1] in sets]


def _deleted_sets(tx: Transaction) -> frozenset[int]:
    sets = tx.sets.load(tx.connection)
    return frozenset(number for number, flags in sets.items() if "\\deleted" in flags.keys)


def _marked(tx: Transaction, ledger: Ledger, marked: Sequence[int]) -> Sequence[Gone]:
    """All messages that are flagged deleted: those of *marked*, if there are no others."""
    sets = _deleted_sets(tx)
    found = _deleted(_among(tx, ledger, marked), sets)
    if len(found) == ledger.deleted:
        return found
    everywhere = "SELECT uid, flagset, size FROM message WHERE mailbox = ? AND flagset IN carray(?) ORDER BY uid"
    return cast("list[Gone]", tx.connection.execute(everywhere, (ledger.id, apsw.carray(array("q", sets)))).fetchall())


def remember(tx: Transaction, mailbox: int, gone: UidSet) -> None:
    """Keep what is needed to find the removed messages' contents again; before they are removed."""
    tx.connection.executemany(
        "INSERT INTO expunged (epoch, mailbox, uid, flagset, content, internal_epoch, internal_zone, save_epoch) "
        "SELECT ?, mailbox, uid, flagset, content, internal_epoch, internal_zone, save_epoch FROM message "
        "WHERE mailbox = ? AND uid BETWEEN ? AND ?",
        ((tx.now, mailbox, low, high) for low, high in gone.ranges),
    )


def remove(tx: Transaction, ledger: Ledger, going: Sequence[Gone], gone: UidSet) -> None:
    """Take *going*, whose UIDs are *gone*, out of a mailbox whose new modseq is set."""
    for uid, number, size in going:
        ledger.add(tx.flags(number), size, -1)
        if uid >= ledger.recent_uid:
            ledger.recent -= 1
    mailbox, modseq = ledger.id, ledger.modseq
    tx.connection.executemany(
        "DELETE FROM message WHERE mailbox = ? AND uid BETWEEN ? AND ?",
        ((mailbox, low, high) for low, high in gone.ranges),
    )
    tx.connection.executemany(
        "INSERT INTO tombstone VALUES (?, ?, ?, ?, ?)",
        ((mailbox, modseq, low, high, tx.now) for low, high in gone.ranges),
    )
