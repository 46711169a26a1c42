"""APPEND and deliveries: messages worked out before the transaction, then a few rows each.

Strategy: everything that costs (parsing, hashing, files) happens in :func:`prepare`, before the write lock is taken; the
transaction itself only inserts. A message that is kept in a blob has its header in the rows all the same, since that is what
clients list by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from restante.mime.scan import ScanLimits
from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import EmailId, ModSeq, Uid, UidValidity
from restante.store.arrival import Octets, Summary, email_id, summarise, thread_id
from restante.store.model import Appended, Flagged, SortKeys
from restante.store.sqlite.transaction import Done, Ledger, Transaction

_DAY: Final = 86_400
_pack = msgspec.msgpack.Encoder().encode
unpack_sort_keys = msgspec.msgpack.Decoder(SortKeys).decode
"""Sort keys from their row."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message ready for its rows: *body* holds the octets after *header*, or *blob* names the whole message."""

    flags: FlagSet
    date: MailDate
    summary: Summary
    email_id: EmailId
    header: bytes
    body: bytes | None
    blob: str | None


def prepare(raw: Octets, flags: FlagSet, date: MailDate, limits: ScanLimits, blob: str | None = None) -> Arrival:
    """Work out a message's answers, as far as *limits* allow."""
    summary = summarise(raw, limits)
    end = summary.header_size
    return Arrival(
        flags, date, summary, email_id(raw), bytes(raw[:end]), None if blob is not None else bytes(raw[end:]), blob
    )


def append(tx: Transaction, mailbox: int, arrivals: Sequence[Arrival]) -> Done[Appended]:
    """Store *arrivals*, in order. Raises NoSuchMailbox, LimitReached."""
    ledger = tx.ledger(mailbox)
    if not arrivals:
        return Done(Appended(UidValidity(ledger.uid_validity), (), ModSeq(ledger.modseq)))
    tx.check_keywords(mailbox, {arrival.flags for arrival in arrivals})
    uids = [Uid(uid) for uid in ledger.take_uids(len(arrivals))]
    ledger.modseq = tx.next_modseq()
    for uid, arrival in zip(uids, arrivals, strict=True):
        _insert(tx, ledger, uid, arrival)
    ledger.recent += len(arrivals)
    tx.write_changed(ledger, ((uids[0], uids[-1]),))
    modseq = ModSeq(ledger.modseq)
    change = ledger.change([Flagged(uid, arrival.flags, modseq) for uid, arrival in zip(uids, arrivals, strict=True)])
    return Done(Appended(UidValidity(ledger.uid_validity), tuple(uids), modseq), (change,))


def _insert(tx: Transaction, ledger: Ledger, uid: Uid, arrival: Arrival) -> None:
    size = arrival.summary.size
    content = _insert_content(tx, arrival)
    tx.connection.execute(
        "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            ledger.id, uid, tx.flagset(arrival.flags), ledger.modseq, content, size,
            arrival.date.epoch, arrival.date.zone, tx.now,
        ),
    )  # fmt: skip
    ledger.add(arrival.flags, size)


def _insert_content(tx: Transaction, arrival: Arrival) -> int:
    summary, run = arrival.summary, tx.connection.execute
    run(
        "INSERT INTO content (size, sent_day, email_id, thread_id, blob, sort_keys, envelope, body, bodystructure, parts, "
        "preview) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            summary.size, _sent_day(summary.sort_keys), arrival.email_id,
            thread_id(summary.sort_keys, arrival.email_id), arrival.blob, pack_sort_keys(summary.sort_keys),
            summary.envelope, summary.body, summary.bodystructure, summary.parts, _text(summary.preview),
        ),
    )  # fmt: skip
    content = tx.connection.last_insert_rowid()
    run("INSERT INTO header VALUES (?, ?)", (content, arrival.header))
    if arrival.body is not None:
        run("INSERT INTO body VALUES (?, ?)", (content, arrival.body))
    run("INSERT INTO unindexed VALUES (?, 1)", (content,))
    return content


def pack_sort_keys(keys: SortKeys) -> bytes:
    """Sort keys for their row; octets that are no text in any charset, which no one can compare by, become U+FFFD."""
    try:
        return _pack(keys)
    except UnicodeEncodeError:
        return _pack([_text(value) for value in keys])


def _text(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, tuple):
        return tuple(map(_text, value))
    return value


def _sent_day(keys: SortKeys) -> int | None:
    return None if keys.sent is None else (keys.sent + keys.sent_zone * 60) // _DAY
