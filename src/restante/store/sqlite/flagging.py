"""STORE and the claim on recent messages: the changes that need no fsync of their own.

Strategy: the messages' flag sets are numbers, so each distinct set is combined once and messages that end up with the set
they had are left alone, modseq included.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from restante.model.flags import FlagSet
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import UidSet
from restante.store.model import Flagged, FlagOp, FlagsUpdated
from restante.store.sqlite.transaction import Done, Ledger, Transaction
from restante.store.sqlite.uids import rows

Present = tuple[int, int, int]
"""A message as it is: UID, its flag set's number, modseq."""


def update_flags(
    tx: Transaction, mailbox: int, uids: Sequence[int], op: FlagOp, flags: FlagSet, unchanged_since: ModSeq | None
) -> Done[FlagsUpdated]:
    """Combine *flags* into ascending *uids*' own. Raises NoSuchMailbox, LimitReached."""
    ledger = tx.ledger(mailbox)
    present = cast("list[Present]", list(rows(tx.connection, "m.uid, m.flagset, m.modseq", "", mailbox, uids)))
    refused = UidSet() if unchanged_since is None else UidSet.of(uid for uid, _, at in present if at > unchanged_since)
    was = {number: tx.flags(number) for number in {row[1] for row in present}}
    then = {number: op.combine(now, flags) for number, now in was.items()}
    changing = [row for row in present if then[row[1]] is not was[row[1]] and not (refused and row[0] in refused)]
    if changing:
        _change(tx, ledger, changing, was, then)
    changed = {row[0] for row in changing}
    modseq = ModSeq(ledger.modseq)
    now = tuple(
        Flagged(Uid(uid), then[number], modseq) if uid in changed else Flagged(Uid(uid), was[number], ModSeq(at))
        for uid, number, at in present
    )
    updated = FlagsUpdated(now, tuple(ModSeq(at) for _, _, at in present), refused, modseq)
    if not changing:
        return Done(updated)
    flagged = now if len(changing) == len(now) else tuple(each for each in now if each.uid in changed)
    return Done(updated, (ledger.change(flagged),))


def _change(
    tx: Transaction, ledger: Ledger, changing: Sequence[Present], was: dict[int, FlagSet], then: dict[int, FlagSet]
) -> None:
    numbers = {row[1] for row in changing}
    tx.check_keywords(ledger.id, [then[number] for number in numbers])
    new = {number: tx.flagset(then[number]) for number in numbers}
    modseq = ledger.modseq = tx.next_modseq()
    tx.connection.executemany(
        "UPDATE message SET flagset = ?, modseq = ? WHERE mailbox = ? AND uid = ?",
        ((new[number], modseq, ledger.id, uid) for uid, number, _ in changing),
    )
    for _, number, _ in changing:
        ledger.count_flags(was[number], -1)
        ledger.count_flags(then[number])
    tx.write(ledger)


def claim_recent(tx: Transaction, mailbox: int) -> Done[Uid]:
    """Take the recent messages. Raises NoSuchMailbox."""
    ledger = tx.ledger(mailbox)
    first = Uid(ledger.recent_uid)
    ledger.recent_uid, ledger.recent = ledger.uid_next, 0
    tx.write(ledger)
    return Done(first)
