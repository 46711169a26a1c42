"""What a FETCH sends of its messages (RFC 9051 §7.5.2).

Strategy: one read of the store for each batch of messages, one write for each batch of responses. What needs only UIDs and
flags is answered from the shared index, without a read; what is kept ready, and headers and whole messages, is read and
written in columns; only what must be sought in a message or decoded is made message by message.

The rule it protects: a message is never parsed here, and a large one never held whole unless it must be decoded.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final, cast

from restante.imap.client import Client
from restante.imap.content import Deferred, Octets, Streamed, without_nul
from restante.imap.core.fetch_asked import Asked
from restante.imap.errors import ConnectionLost, No
from restante.imap.fetching import FetchContext, Form, filled
from restante.imap.hooks import FetchAtt
from restante.imap.state import Selected
from restante.mime.transfer import UnknownEncoding
from restante.model.ids import ModSeq, Uid
from restante.store.api import Blobs, MessageIndex
from restante.store.batches import done_with
from restante.store.errors import Corrupt, StoreError
from restante.store.model import MessageColumns, MessageRecord

_RAW_BATCH: Final = 32
"""Messages read at a time when their octets come along."""

_INDEX_BATCH: Final = 2_000
"""Messages answered at a time from the index."""


class _Answering:
    """What one FETCH sends: what was *asked*, and of the *newly* seen messages the flags as well."""

    __slots__ = ("asked", "changed", "context", "newly")

    def __init__(self, s: Selected, asked: Asked, newly: frozenset[Uid] = frozenset()) -> None:
        self.asked = asked
        self.newly = newly
        self.changed = asked.with_change(s.view.style) if newly else asked
        self.context = FetchContext(s.view, s.session.utf8)


async def answer(s: Selected, uids: Sequence[Uid], asked: Asked, newly: frozenset[Uid]) -> int:
    """Send what was *asked* of each message, and the flags of *newly* seen ones; how many messages are still there.

    Raises No for what cannot be decoded, StoreError, ConnectionLost.
    """
    what, size = _Answering(s, asked, newly), _batch(s, asked)
    at = sent = 0
    while at < len(uids):
        some = uids[at : at + size] if at or len(uids) > size else uids
        found = await (_send_each(s, some, what) if asked.form is None else _send_columns(s, some, what, asked.form))
        # While the client takes its time over what it was sent, only that is kept for it.
        await s.session.client.drain()
        sent += len(found)
        at += done_with(some, found)
    return sent


def _batch(s: Selected, asked: Asked) -> int:
    if asked.in_index:
        return _INDEX_BATCH
    return _RAW_BATCH if asked.octets else s.session.services.limits.batch


async def _send_each(s: Selected, uids: Sequence[Uid], what: _Answering) -> Sequence[Uid]:
    """Answer message by message, as many as one read holds; those that are still there."""
    records = await s.mailbox.messages(uids, what.asked.fields, what.asked.share)
    await _send_records(s, records, what)
    return [record.uid for record in records]


async def _send_columns(s: Selected, uids: Sequence[Uid], what: _Answering, form: Form) -> Sequence[Uid]:
    """Answer in columns, as many as one read holds; those that are still there."""
    asked = what.changed
    found = (
        _from_index(await s.mailbox.index(), uids)
        if asked.in_index
        else await s.mailbox.columns(uids, asked.fields, asked.share)
    )
    client, context = s.session.client, what.context
    if not what.newly and not (found.blobs and (any(found.blobs) or 0 in found.sizes)):
        client.write(form.write(found, context))
        return found.uids
    changed = what.changed.form or form
    kinds = [(uid in what.newly, _apart(found, at)) for at, uid in enumerate(found.uids)]
    for (new, apart), run in groupby(range(len(kinds)), kinds.__getitem__):
        places = [*run]
        if apart:
            await _send_records(s, [found.record(at) for at in places], what)
        else:
            client.write((changed if new else form).write(found.part(places[0], places[-1] + 1), context))
    return found.uids


def _apart(found: MessageColumns, at: int) -> bool:
    """Whether a message is answered apart from its neighbours: its octets are elsewhere, or there are none."""
    return bool(found.blobs) and (found.blobs[at] is not None or not (found.headers[at] or found.texts[at]))


def _from_index(index: MessageIndex, uids: Sequence[Uid]) -> MessageColumns:
    """The columns of *uids*; a run of neighbours is a slice."""
    if not uids:
        return MessageColumns(())
    first = max(index.position(uids[0]), 0)
    end = first + len(uids)
    modseqs = cast("Sequence[ModSeq]", index.modseqs)
    if index.uids[first:end] == array("I", uids):
        return MessageColumns(uids, index.flags[first:end], modseqs[first:end])
    places = [at for uid in uids if (at := index.position(uid)) >= 0]
    return MessageColumns(
        [Uid(index.uids[at]) for at in places], [index.flags[at] for at in places], [modseqs[at] for at in places]
    )


async def _send_records(s: Selected, records: Sequence[MessageRecord], what: _Answering) -> None:
    """Render message by message, and write all at once, but for messages that stream."""
    out: list[bytes] = []
    known = [_known(item, records, what.context) for item in what.changed.items]
    try:
        for at, message in enumerate(records):
            wanted = what.changed if message.uid in what.newly else what.asked
            pieces = [
                values[at] if values is not None else item.render(message, what.context)
                for item, values in zip(wanted.items, known, strict=False)
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
        asked, at = Asked(items), 0
        while at < len(uids):
            some = uids[at : at + _RAW_BATCH]
            records = await s.mailbox.messages(some, asked.fields, asked.share)
            for record in records:
                await _report_one(s, record, asked)
            at += done_with(some, [record.uid for record in records])


async def _report_one(s: Selected, record: MessageRecord, asked: Asked) -> None:
    try:
        await _send_records(s, [record], _Answering(s, asked))
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
