"""COPY and MOVE: new memberships of the same contents, so that no message is written twice.

The rule it protects: in a move the copies appear and the originals vanish in one transaction under one modseq
(RFC 6851 §3.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from restante.model.ids import ModSeq, Uid, UidValidity
from restante.model.message_set import UidSet
from restante.store.model import Copied, Flagged
from restante.store.sqlite.removing import remove
from restante.store.sqlite.transaction import Done, Ledger, Transaction
from restante.store.sqlite.uids import rows

Original = tuple[int, int, int, int, int, int]
"""A message to copy: UID, flag set's number, size, content, INTERNALDATE's epoch and zone."""

_COLUMNS = "m.uid, m.flagset, m.size, m.content, m.internal_epoch, m.internal_zone"


def copy(tx: Transaction, source: int, uids: Sequence[int], target: int) -> Done[Copied]:
    """Copy ascending *uids*. Raises NoSuchMailbox, LimitReached."""
    tx.ledger(source)
    into = tx.ledger(target)
    originals = _originals(tx, source, uids)
    if not originals:
        return Done(_copied(into, (), range(0), into.modseq))
    into.modseq = tx.next_modseq()
    flagged = add(tx, into, originals)
    tx.write_changed(into, _span(flagged))
    return Done(_copied(into, originals, [each.uid for each in flagged], into.modseq), (into.change(flagged),))


def move(tx: Transaction, source: int, uids: Sequence[int], target: int) -> Done[Copied]:
    """Move ascending *uids*. Raises NoSuchMailbox, LimitReached."""
    out = tx.ledger(source)
    into = out if target == source else tx.ledger(target)
    originals = _originals(tx, source, uids)
    if not originals:
        return Done(_copied(into, (), range(0), out.modseq))
    return move_rows(tx, out, into, originals, tx.next_modseq())


def move_all(tx: Transaction, source: Ledger, target: Ledger, modseq: ModSeq) -> Done[Copied]:
    """Move every message: what renaming INBOX does (RFC 9051 §6.3.6)."""
    found = tx.connection.execute(
        f"SELECT {_COLUMNS} FROM message m WHERE mailbox = ? ORDER BY uid", (source.id,)
    ).fetchall()
    return move_rows(tx, source, target, cast("list[Original]", found), modseq)


def move_rows(
    tx: Transaction, out: Ledger, into: Ledger, originals: Sequence[Original], modseq: ModSeq
) -> Done[Copied]:
    """Move *originals* from *out* into *into*, which may be the same, under *modseq*."""
    out.modseq = into.modseq = modseq
    flagged = add(tx, into, originals)
    gone = UidSet.of(row[0] for row in originals)
    remove(tx, out, [row[:3] for row in originals], gone)
    tx.write_changed(into, _span(flagged))
    copied = _copied(into, originals, [each.uid for each in flagged], modseq)
    if out is into:
        return Done(copied, (into.change(flagged, gone),))
    tx.write(out)
    return Done(copied, (into.change(flagged), out.change(vanished=gone)))


def add(tx: Transaction, into: Ledger, originals: Sequence[Original]) -> list[Flagged]:
    """Give *originals* new memberships in a mailbox whose new modseq is set. Raises LimitReached."""
    sets = {number: tx.flags(number) for number in {row[1] for row in originals}}
    tx.check_keywords(into.id, sets.values())
    uids, modseq = into.take_uids(len(originals)), ModSeq(into.modseq)
    tx.connection.executemany(
        "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (into.id, uid, number, modseq, content, size, epoch, zone, tx.now)
            for uid, (_, number, size, content, epoch, zone) in zip(uids, originals, strict=True)
        ),
    )
    for _, number, size, *_rest in originals:
        into.add(sets[number], size)
    into.recent += len(originals)
    return [Flagged(Uid(uid), sets[row[1]], modseq) for uid, row in zip(uids, originals, strict=True)]


def _span(added: Sequence[Flagged]) -> Sequence[tuple[int, int]]:
    return ((added[0].uid, added[-1].uid),)


def _originals(tx: Transaction, source: int, uids: Sequence[int]) -> list[Original]:
    return cast("list[Original]", list(rows(tx.connection, _COLUMNS, "", source, uids)))


def _copied(into: Ledger, originals: Sequence[Original], uids: Sequence[int], modseq: int) -> Copied:
    return Copied(
        UidValidity(into.uid_validity),
        tuple(Uid(row[0]) for row in originals),
        tuple(map(Uid, uids)),
        ModSeq(modseq),
    )
