"""What a FETCH sends of its messages (RFC 9051 §7.5.2).

Strategy: one read of the store for each batch of messages, one write for each batch of responses. What needs only UIDs and
flags is answered from the shared index, without a read; what is kept ready, and headers and whole messages, is read and
written in columns; only what must be sought in a message or decoded is made message by message.

The rule it protects: a message is never parsed here, and a large one never held whole unless it must be decoded.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Final, cast

from restante.imap.client import Client
from restante.imap.content import Deferred, Octets, Streamed, without_nul
from restante.imap.core.fetch_items import FLAGS, MODSEQ, UID
from restante.imap.errors import ConnectionLost, No
from restante.imap.fetching import Column, FetchContext, filled, lines
from restante.imap.hooks import FetchAtt
from restante.imap.state import Selected
from restante.mime.transfer import UnknownEncoding
from restante.model.ids import ModSeq, Uid
from restante.store.api import Blobs, MessageIndex
from restante.store.errors import Corrupt, StoreError
from restante.store.model import Field, MessageColumns, MessageRecord

_RAW_BATCH: Final = 32
"""Messages read at a time when their octets come along."""

_INDEX_BATCH: Final = 2_000
"""Messages answered at a time from the index."""


class _Items:
    """What is sent of each message: the items asked for, and more of those whose flags fetching changed.

    Attributes:
        asked: the items asked for.
        changed: those and what tells of the change, like any change of flags (RFC 7162 §3.2.4).
        newly: the messages to which that happened.
        columns: of *asked*; None where not all have one.
        changed_columns: of *changed*, likewise.
        fields: what to read.
    """

    __slots__ = ("asked", "changed", "changed_columns", "columns", "context", "fields", "newly")

    def __init__(self, s: Selected, asked: tuple[FetchAtt, ...], newly: frozenset[Uid] = frozenset()) -> None:
        style = s.view.style
        change = (FLAGS,) if not style.modseq else (FLAGS, MODSEQ) if style.uid_only else (UID, FLAGS, MODSEQ)
        self.asked = asked
        self.changed = tuple(dict.fromkeys((*asked, *change))) if newly else asked
        self.newly = newly
        self.columns = _columns(self.asked)
        self.changed_columns = _columns(self.changed) if newly else self.columns
        self.fields = _fields(asked)
        self.context = FetchContext(s.view, s.session.utf8)


def _columns(items: Sequence[FetchAtt]) -> list[Column] | None:
    columns = [item.column for item in items]
    return None if None in columns else cast("list[Column]", columns)


def _fields(items: Sequence[FetchAtt]) -> Field:
    return reduce(or_, [item.fields for item in items], Field.NONE)


async def answer(s: Selected, uids: Sequence[Uid], asked: tuple[FetchAtt, ...], newly: frozenset[Uid]) -> int:
    """Send what was *asked* of each message, and the flags of *newly* seen ones; how many messages are still there.

    Raises No for what cannot be decoded, StoreError, ConnectionLost.
    """
    items, sent = _Items(s, asked, newly), 0
    for some in _cut(uids, _batch(s, items)):
        if items.columns is None:
            records = await s.mailbox.messages(some, items.fields)
            sent += len(records)
            await _send_records(s, records, items)
            # While the client takes its time over what it was sent, only that is kept for it.
            records.clear()
        else:
            sent += await _send_columns(s, some, items)
        await s.session.client.drain()
    return sent


def _batch(s: Selected, items: _Items) -> int:
    if not items.fields:
        return _INDEX_BATCH
    return _RAW_BATCH if Field.RAW in items.fields else s.session.services.limits.batch


def _cut(uids: Sequence[Uid], size: int) -> Iterator[Sequence[Uid]]:
    return (uids[start : start + size] for start in range(0, len(uids), size)) if len(uids) > size else iter((uids,))


async def _send_columns(s: Selected, uids: Sequence[Uid], items: _Items) -> int:
    found = await s.mailbox.columns(uids, items.fields) if items.fields else _from_index(await s.mailbox.index(), uids)
    assert items.columns is not None
    assert items.changed_columns is not None
    if not items.newly and not found.blobs:
        s.session.client.write(lines(found, items.context, items.columns))
        return len(found.uids)
    for (changed, apart), run in groupby(
        range(len(found.uids)), lambda at: (found.uids[at] in items.newly, _apart(found, at))
    ):
        first, *_, last = (*run,) * 2
        if apart:
            await _send_records(s, [found.record(at) for at in range(first, last + 1)], items)
        else:
            columns = items.changed_columns if changed else items.columns
            s.session.client.write(lines(found.part(first, last + 1), items.context, columns))
    return len(found.uids)


def _apart(found: MessageColumns, at: int) -> bool:
    """Whether a message is answered apart from its neighbours: its octets are elsewhere, or there are none."""
    return bool(found.blobs) and (found.blobs[at] is not None or not (found.headers[at] or found.texts[at]))


def _from_index(index: MessageIndex, uids: Sequence[Uid]) -> MessageColumns:
    """The columns of *uids*; a run of neighbours is a slice."""
    if not uids:
        return MessageColumns((), (), ())
    first = max(index.position(uids[0]), 0)
    end = first + len(uids)
    modseqs = cast("Sequence[ModSeq]", index.modseqs)
    if index.uids[first:end] == array("I", uids):
        return MessageColumns(uids, index.flags[first:end], modseqs[first:end])
    places = [at for uid in uids if (at := index.position(uid)) >= 0]
    return MessageColumns(
        [Uid(index.uids[at]) for at in places], [index.flags[at] for at in places], [modseqs[at] for at in places]
    )


async def _send_records(s: Selected, records: Sequence[MessageRecord], items: _Items) -> None:
    """Render message by message, and write all at once, but for messages that stream."""
    out: list[bytes] = []
    known = [_known(item, records, items.context) for item in items.changed]
    try:
        for at, message in enumerate(records):
            wanted = items.changed if message.uid in items.newly else items.asked
            pieces = [
                values[at] if values is not None else item.render(message, items.context)
                for item, values in zip(wanted, known, strict=False)
            ]
            if message.blob is None:
                out.append(b"%b(%b)\r\n" % (_start(s, message.uid), b" ".join(cast("list[bytes]", pieces))))
                continue
            s.session.client.write(b"".join(out))
            out.clear()
            await _stream(s, message.uid, pieces)
    except UnknownEncoding as error:
        raise No(str(error).capitalize(), "UNKNOWN-CTE") from error
    finally:
        s.session.client.write(b"".join(out))


def _known(item: FetchAtt, records: Sequence[MessageRecord], context: FetchContext) -> list[bytes] | None:
    """An item of all *records*, where it is a column without octets of its own."""
    column = item.column
    if column is None or column.octets is not None:
        return None
    return filled(column.template, column.values(MessageColumns.of(records), context))


async def report(s: Selected, wanted: Mapping[Uid, tuple[FetchAtt, ...]]) -> None:
    """Send unasked what is *wanted* of each message (RFC 5465 §5.2); nothing here sets ``\\Seen``. Raises StoreError."""
    groups: dict[tuple[FetchAtt, ...], list[Uid]] = {}
    for uid, items in wanted.items():
        groups.setdefault(items, []).append(uid)
    for items, uids in groups.items():
        if not items:
            continue
        for some in _cut(uids, _RAW_BATCH):
            for record in await s.mailbox.messages(some, _fields(items)):
                await _report_one(s, record, items)


async def _report_one(s: Selected, record: MessageRecord, items: tuple[FetchAtt, ...]) -> None:
    try:
        await _send_records(s, [record], _Items(s, items))
        await s.session.client.drain()
    except No as error:
        # What cannot be shown of one message is for the client to ask, and to be told why.
        s.session.journal.detail("new message not shown", text=error.text)


def _start(s: Selected, uid: Uid) -> bytes:
    if s.view.style.uid_only:
        return b"* %d UIDFETCH " % uid
    return b"* %d FETCH " % (s.view.seqnum(uid) or 0)


async def _stream(s: Selected, uid: Uid, pieces: Sequence[Octets]) -> None:
    """Write a response some of which is in the blob store, waiting for the client as it goes."""
    client, blobs = s.session.client, s.session.services.store.blobs
    # What can still be refused is made before the first octet leaves.
    made: list[bytes | Streamed] = []
    for piece in pieces:
        if isinstance(piece, Deferred):
            whole = b"".join([data async for data in blobs.open(piece.blob, piece.start, piece.length)])
            made.append(piece.make(whole))
        else:
            made.append(piece)
    await _require_whole(made, blobs)
    client.write(_start(s, uid))
    for number, piece in enumerate(made):
        client.write(b" " if number else b"(")
        if isinstance(piece, Streamed):
            await _stream_piece(piece, client, blobs)
        else:
            client.write(piece)
    client.write(b")\r\n")


async def _require_whole(pieces: Sequence[bytes | Streamed], blobs: Blobs) -> None:
    """Read the last octet that will be needed. Raises Corrupt, Unavailable: now that can still be answered."""
    streamed = [piece for piece in pieces if isinstance(piece, Streamed)]
    if streamed:
        last = max(streamed, key=lambda piece: piece.start + piece.length)
        if not [data async for data in blobs.open(last.blob, last.start + last.length - 1, 1)]:
            raise Corrupt("the message's text is not whole")


async def _stream_piece(piece: Streamed, client: Client, blobs: Blobs) -> None:
    """Write it as it is read. Raises ConnectionLost when it breaks off: nothing may follow half a literal."""
    client.write(piece.before)
    left = piece.length
    try:
        async for data in blobs.open(piece.blob, piece.start, piece.length):
            left -= len(data)
            client.write(without_nul(data))
            await client.drain()
    except StoreError as error:
        raise ConnectionLost("a message could not be read to its end") from error
    if left:
        raise ConnectionLost("a message was not whole")
