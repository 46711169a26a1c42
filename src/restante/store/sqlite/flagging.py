"""STORE and the claim on recent messages: the changes that need no fsync of their own.

Strategy: messages that end up with the set they had are left alone, modseq included. What is there is taken from the mailbox's
index, when that stands where the transaction finds the mailbox, and read otherwise; each distinct set is combined once, and a
run of neighbours is one statement.

The rule it protects: only messages asked for change, whatever lies between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import compress, repeat
from typing import Final, cast

from restante.model.flags import FlagSet
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import NO_UIDS, UidSet
from restante.store.model import Flagged, FlagOp, FlagsUpdated
from restante.store.sqlite.index import SqliteIndex
from restante.store.sqlite.transaction import Done, Ledger, Transaction
from restante.store.sqlite.uids import rows

_FEW_SETS: Final = 100
"""Sets that change at once up to which one statement takes a whole run of messages."""

_combined = lru_cache(maxsize=256)(FlagOp.combine)
"""The same few are asked for again and again, since most mailboxes have a few dozen sets."""

_flagged = partial(map, partial(tuple.__new__, Flagged))
"""Messages from (UID, flags, modseq), without a call of Python for each."""


@dataclass(frozen=True, slots=True)
class _Present:
    """Messages as they are, in columns; *run* if the mailbox has no others between the first and the last."""

    uids: Sequence[int]
    flags: Sequence[FlagSet]
    modseqs: Sequence[int]
    run: bool


def update_flags(
    tx: Transaction,
    mailbox: int,
    uids: Sequence[int],
    op: FlagOp,
    flags: FlagSet,
    unchanged_since: ModSeq | None,
    index: SqliteIndex | None = None,
) -> Done[FlagsUpdated]:
    """Combine *flags* into ascending *uids*' own. Raises NoSuchMailbox, LimitReached.

    The *index* is the mailbox's, if this runs where nobody changes it meanwhile.
    """
    ledger = tx.ledger(mailbox)
    if index is None or index.modseq != ledger.modseq:
        present = _from_rows(tx, mailbox, uids)
    elif len(uids) == 1:
        return _one(tx, ledger, index, Uid(uids[0]), op, flags, unchanged_since)
    else:
        present = _from_index(index, uids)
    then = {now: _combined(op, now, flags) for now in set(present.flags)}
    moving = {now: after for now, after in then.items() if after is not now}
    refused = _refused(present, unchanged_since)
    was = cast("tuple[ModSeq, ...]", tuple(present.modseqs))
    before = ModSeq(ledger.modseq)
    if not refused and len(moving) == len(then):
        flagged = now = _all(tx, ledger, present, moving)
    else:
        now, flagged = _some(tx, ledger, present, moving, refused)
    updated = FlagsUpdated(now, was, UidSet.of(refused) if refused else NO_UIDS, ModSeq(ledger.modseq), before)
    return Done(updated, (ledger.change(flagged),) if flagged else ())


def _one(
    tx: Transaction,
    ledger: Ledger,
    index: SqliteIndex,
    uid: Uid,
    op: FlagOp,
    flags: FlagSet,
    unchanged_since: ModSeq | None,
) -> Done[FlagsUpdated]:
    """As :func:`update_flags`, of a single message: what clients do most, without all that many take."""
    before, at = ModSeq(ledger.modseq), index.position(uid)
    if at < 0:
        return Done(FlagsUpdated((), (), NO_UIDS, before, before))
    now, was = index.flags[at], ModSeq(index.modseqs[at])
    after, refused = _combined(op, now, flags), unchanged_since is not None and was > unchanged_since
    if refused or after is now:
        there = Flagged(uid, now, was)
        return Done(FlagsUpdated((there,), (was,), UidSet.of((uid,)) if refused else NO_UIDS, before, before))
    flagged = (Flagged(uid, after, _change_one(tx, ledger, uid, now, after)),)
    return Done(FlagsUpdated(flagged, (was,), NO_UIDS, flagged[0].modseq, before), (ledger.change(flagged),))


def _change_one(tx: Transaction, ledger: Ledger, uid: Uid, now: FlagSet, after: FlagSet) -> ModSeq:
    """Move *uid* on; the modseq of that."""
    if not after.keys <= now.keys:
        tx.check_keywords(ledger.id, (after,))
    ledger.modseq = modseq = tx.next_modseq()
    _update_each(tx, ledger, ((uid, tx.flagset(after)),))
    ledger.count_flags(now, -1)
    ledger.count_flags(after)
    tx.write_changed(ledger, ((uid, uid),))
    return modseq


def _from_index(index: SqliteIndex, uids: Sequence[int]) -> _Present:
    found = index.positions(uids)
    if isinstance(found, range):
        run = slice(found.start, found.stop)
        return _Present(index.uids[run], index.flags[run], index.modseqs[run], run=True)
    uids, flags, modseqs = index.uids, index.flags, index.modseqs
    return _Present([uids[at] for at in found], [flags[at] for at in found], [modseqs[at] for at in found], run=False)


def _from_rows(tx: Transaction, mailbox: int, uids: Sequence[int]) -> _Present:
    found = rows(tx.connection, "m.uid, m.flagset, m.modseq", "", mailbox, uids)
    present = cast("list[tuple[int, int, int]]", list(found))
    sets = {number: tx.flags(number) for number in {row[1] for row in present}}
    return _Present(
        [row[0] for row in present], [sets[row[1]] for row in present], [row[2] for row in present], run=False
    )


def _refused(present: _Present, unchanged_since: ModSeq | None) -> Sequence[int]:
    if unchanged_since is None:
        return ()
    return [uid for uid, at in zip(present.uids, present.modseqs, strict=True) if at > unchanged_since]


def _all(tx: Transaction, ledger: Ledger, present: _Present, moving: dict[FlagSet, FlagSet]) -> tuple[Flagged, ...]:
    """Change all that is *present*."""
    if not present.uids:
        return ()
    _change(tx, ledger, present.uids, present.flags, moving, run=present.run)
    after = map(moving.__getitem__, present.flags)
    return tuple(_flagged(zip(present.uids, after, repeat(ModSeq(ledger.modseq)))))


def _some(
    tx: Transaction, ledger: Ledger, present: _Present, moving: dict[FlagSet, FlagSet], refused: Sequence[int]
) -> tuple[tuple[Flagged, ...], tuple[Flagged, ...]]:
    """Change those that have a set of *moving* and are not *refused*: all that is present now, and what changed."""
    apart = frozenset(refused)
    chosen = [flags in moving and uid not in apart for uid, flags in zip(present.uids, present.flags, strict=True)]
    uids = list(compress(present.uids, chosen))
    if uids:
        run = present.run and not refused
        _change(tx, ledger, uids, list(compress(present.flags, chosen)), moving, run=run)
    modseq = ModSeq(ledger.modseq)
    now = tuple(
        Flagged(Uid(uid), moving[flags], modseq) if moves else Flagged(Uid(uid), flags, ModSeq(at))
        for uid, flags, at, moves in zip(present.uids, present.flags, present.modseqs, chosen, strict=True)
    )
    return now, tuple(compress(now, chosen))


def _change(
    tx: Transaction,
    ledger: Ledger,
    uids: Sequence[int],
    flags: Sequence[FlagSet],
    moving: dict[FlagSet, FlagSet],
    *,
    run: bool,
) -> None:
    """Move *uids*, which have *flags*, on; with *run* none that has such flags and lies between them is to stay."""
    counts = Counter(flags) if len(moving) > 1 else dict.fromkeys(moving, len(flags))
    # The most frequent first, as they are compared one after the other.
    new = {now: moving[now] for now in sorted(counts, key=counts.__getitem__, reverse=True)}
    tx.check_keywords(ledger.id, [after for now, after in new.items() if not after.keys <= now.keys])
    ledger.modseq = tx.next_modseq()
    spans = ((uids[0], uids[-1]),) if run else UidSet.of(uids).ranges
    numbers = [(tx.flagset(now), tx.flagset(after)) for now, after in new.items()]
    if len(numbers) > _FEW_SETS:
        number = dict(zip(new, numbers, strict=True))
        _update_each(tx, ledger, ((uid, number[now][1]) for uid, now in zip(uids, flags, strict=True)))
    else:
        _update_runs(tx, ledger, spans, numbers)
    for now, count in counts.items():
        ledger.count_flags(now, -count)
        ledger.count_flags(new[now], count)
    tx.write_changed(ledger, spans)


def _update_each(tx: Transaction, ledger: Ledger, numbers: Iterable[tuple[int, int]]) -> None:
    tx.connection.executemany(
        "UPDATE message SET flagset = ?, modseq = ? WHERE mailbox = ? AND uid = ?",
        ((number, ledger.modseq, ledger.id, uid) for uid, number in numbers),
    )


def _update_runs(
    tx: Transaction, ledger: Ledger, spans: Sequence[tuple[int, int]], numbers: Sequence[tuple[int, int]]
) -> None:
    """In *spans*, give messages with the first set of each pair of *numbers* the second."""
    statement = _runs_statement(len(numbers))
    pairs = [each for pair in numbers for each in pair]
    olds = [old for old, _ in numbers]
    for low, high in spans:
        tx.connection.execute(statement, (*pairs, ledger.modseq, ledger.id, low, high, *olds))


@lru_cache(maxsize=_FEW_SETS)
def _runs_statement(sets: int) -> str:
    cases, sought = " ".join(["WHEN ? THEN ?"] * sets), ", ".join("?" * sets)
    return (
        f"UPDATE message SET flagset = CASE flagset {cases} END, modseq = ? "
        f"WHERE mailbox = ? AND uid BETWEEN ? AND ? AND flagset IN ({sought})"
    )


def claim_recent(tx: Transaction, mailbox: int) -> Done[Uid]:
    """Take the recent messages. Raises NoSuchMailbox."""
    ledger = tx.ledger(mailbox)
    first = Uid(ledger.recent_uid)
    ledger.recent_uid, ledger.recent = ledger.uid_next, 0
    tx.write(ledger)
    return Done(first)
