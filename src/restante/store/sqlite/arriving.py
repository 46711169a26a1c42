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
    _insert(tx, ledger, uids, arrivals)
    for arrival in arrivals:
        ledger.add(arrival.flags, arrival.summary.size)
    ledger.recent += len(arrivals)
    tx.write_changed(ledger, ((uids[0], uids[-1]),))
    modseq = ModSeq(ledger.modseq)
    change = ledger.change([Flagged(uid, arrival.flags, modseq) for uid, arrival in zip(uids, arrivals, strict=True)])
    return Done(Appended(UidValidity(ledger.uid_validity), tuple(uids), modseq), (change,))


def _insert(tx: Transaction, ledger: Ledger, uids: Sequence[Uid], arrivals: Sequence[Arrival]) -> None:
    """All rows, a table at a time: a statement begins once, and a table's pages lie together."""
    many = tx.connection.executemany
    first: int = tx.connection.execute("SELECT ifnull(max(id), 0) + 1 FROM content").get
    numbered = list(enumerate(arrivals, first))
    many(
        "INSERT INTO content (id, size, sent_day, email_id, thread_id, blob, sort_keys, envelope, body, bodystructure, parts, "
        "preview) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(content, *_content(arrival)) for content, arrival in numbered],
    )
    many("INSERT INTO header VALUES (?, ?)", [(content, arrival.header) for content, arrival in numbered])
    many(
        "INSERT INTO body VALUES (?, ?)",
        [(content, arrival.body) for content, arrival in numbered if arrival.body is not None],
    )
    many("INSERT INTO unindexed VALUES (?, 1)", [(content,) for content, _ in numbered])
    many(
        "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                ledger.id, uid, tx.flagset(arrival.flags), ledger.modseq, content, arrival.summary.size,
                arrival.date.epoch, arrival.date.zone, tx.now,
            )
            for uid, (content, arrival) in zip(uids, numbered, strict=True)
        ],
    )  # fmt: skip


def _content(arrival: Arrival) -> tuple[int | str | bytes | None, ...]:
    summary = arrival.summary
    keys = summary.sort_keys
    return (
        summary.size, _sent_day(keys), arrival.email_id, thread_id(keys, arrival.email_id), arrival.blob, pack_sort_keys(keys),
        summary.envelope, summary.body, summary.bodystructure, summary.parts, _tidy(summary.preview),
    )  # fmt: skip


def pack_sort_keys(keys: SortKeys) -> bytes:
    """Sort keys for their row; octets that are no text in any charset, which no one can compare by, become U+FFFD."""
    try:
        return _pack(keys)
    except UnicodeEncodeError:
        return _pack([_text(value) for value in keys])


def _tidy(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _text(value: object) -> object:
    if isinstance(value, str):
        return _tidy(value)
    if isinstance(value, tuple):
        return tuple(map(_text, value))
    return value


def _sent_day(keys: SortKeys) -> int | None:
    return None if keys.sent is None else (keys.sent + keys.sent_zone * 60) // _DAY
