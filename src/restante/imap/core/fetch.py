"""FETCH (RFC 9051 §6.4.5).

Strategy: one read of the store for each batch of messages, one write for each batch of responses. What needs only UIDs and
flags is answered from the shared index, without a read. Items go out in the order they were asked for; some clients rely on it.

The rule it protects: a message is never parsed here, and a large one never held whole unless it must be decoded.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Final, Self, cast

from restante.imap.client import Client
from restante.imap.content import Deferred, Octets, Streamed, without_nul
from restante.imap.core.fetch_items import FLAGS, MACROS, MODSEQ, UID
from restante.imap.errors import ConnectionLost, No
from restante.imap.fetching import Batch, Column, FetchContext, lines
from restante.imap.hooks import FetchAtt, FetchModification, Numbers, with_uid
from restante.imap.portion import portion
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader
from restante.mime.transfer import UnknownEncoding
from restante.model.flags import SEEN, FlagSet
from restante.model.ids import Uid
from restante.model.message_set import MessageSet
from restante.store.api import Blobs, MessageIndex
from restante.store.errors import Corrupt, StoreError, Unavailable
from restante.store.model import Field, FlagOp, FlagsUpdated, MessageRecord

_RAW_BATCH: Final = 32
"""Messages read at a time when their octets come along."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """``fetch = "FETCH" SP sequence-set SP items [fetch-modifiers]``, where items are a macro, one, or several in parentheses
    (RFC 9051 §9, RFC 4466 §6)."""

    messages: MessageSet
    items: tuple[FetchAtt, ...]
    modifications: Mapping[str, FetchModification] = field(default_factory=dict)

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the set, the items and the modifiers."""
        messages = r.sp().message_set()
        items = read_items(r.sp(), tables)
        return cls(messages, items, _modifications(r, tables) if r.take(b" ") else {})


def _modifications(r: Reader, tables: Registry) -> dict[str, FetchModification]:
    def modification(r: Reader) -> tuple[str, FetchModification]:
        known = tables.fetch_modifiers.get(r.peek_word())
        if known is None:
            raise r.expected("a FETCH modifier")
        r.word()
        return known.name, known.read(r, tables)

    found = r.list_of(modification)
    if len(dict(found)) < len(found):
        raise r.expected("each FETCH modifier once")
    return dict(found)


def read_items(r: Reader, tables: Registry) -> tuple[FetchAtt, ...]:
    """The items, a macro resolved into its own."""

    def item(r: Reader) -> FetchAtt:
        known = tables.fetch_items.get(r.peek_word())
        if known is None:
            raise r.expected("a FETCH item")
        r.word()
        return known.read(r, tables)

    macro = MACROS.get(r.peek_word())
    if macro is not None:
        r.word()
        return tuple(tables.fetch_items[name].read(r, tables) for name in macro)
    return r.list_of(item) if r.peek(b"(") else (item(r),)


async def fetch(cmd: Fetch, s: Selected) -> Done:
    """Send what was asked of each message that is still there."""
    asked = s.view.resolve(cmd.messages)
    items = _all_items(cmd, uid_only=s.view.style.uid_only)
    for name in (*(item.enables for item in items), *(one.enables for one in cmd.modifications.values())):
        s.session.turn_on(name)
    uids: Sequence[Uid] = asked
    for modification in sorted(cmd.modifications.values(), key=lambda one: not one.first):
        uids = await modification.narrow(uids, cmd.messages, s, cmd.modifications)
    uids = portion(s, uids)
    seen = await _mark_seen(items, s, uids)
    newly = frozenset(message.uid for message in seen.now) if seen else frozenset[Uid]()
    fields = reduce(or_, (item.fields for item in items), Field.NONE)
    batch = _RAW_BATCH if Field.RAW in fields else s.session.services.limits.batch
    sent = 0
    for start in range(0, len(uids), batch):
        some = uids[start : start + batch]
        if not fields and not newly:
            sent += await _send_from_index(s, some, items)
            continue
        records = await s.mailbox.messages(some, fields)
        sent += len(records)
        await _send(s, records, items, newly)
        # While the client takes its time over what it was sent, only that is kept for it.
        records.clear()
        await s.session.client.drain()
    if seen:
        # Only now: what a failure kept from being sent is told like anybody's change.
        s.view.already_told(seen)
    s.session.tally.fetched += sent
    if not cmd.messages.uid and sent < len(uids):
        # RFC 2180 §4.1.3: the others were sent; the client learns why these were not.
        raise No("Some of the messages are gone", "EXPUNGEISSUED")
    return DONE


def _all_items(cmd: Fetch, *, uid_only: bool) -> tuple[FetchAtt, ...]:
    """What was asked for, what modifiers add, and with every UID FETCH the UID (RFC 9051 §6.4.9).

    A UIDFETCH response begins with the UID, and has it as an item only when asked (RFC 9586 §3.3).
    """
    added = (item for modification in cmd.modifications.values() for item in modification.items)
    items = tuple(dict.fromkeys((*cmd.items, *added)))
    return (UID, *items) if cmd.messages.uid and UID not in items and not uid_only else items


async def _mark_seen(items: Sequence[FetchAtt], s: Selected, uids: Sequence[Uid]) -> FlagsUpdated | None:
    """Set ``\\Seen`` where fetching does (RFC 9051 §6.4.5); what that changed, of the messages it was new to."""
    if s.read_only or not any(item.sets_seen for item in items):
        return None
    index = await s.mailbox.index()
    unseen = [uid for uid in uids if (at := index.position(uid)) >= 0 and SEEN not in index.flags[at]]
    try:
        return await s.mailbox.update_flags(unseen, FlagOp.ADD, FlagSet([SEEN])) if unseen else None
    except Unavailable as error:
        # Nobody is kept from reading by a full disk.
        s.session.journal.trouble("not marked as seen", error)
        return None


async def _send_from_index(s: Selected, uids: Sequence[Uid], items: Sequence[FetchAtt]) -> int:
    """Answer with what the shared index holds; how many messages are still there."""
    batch = _from_index(await s.mailbox.index(), uids)
    _send_columns(s, batch, FetchContext(s.view, s.session.utf8), [item.column for item in items if item.column])
    await s.session.client.drain()
    return len(batch.uids)


def _from_index(index: MessageIndex, uids: Sequence[Uid]) -> Batch:
    """The columns of *uids*; a run of neighbours is a slice."""
    first = max(index.position(uids[0]), 0)
    end = first + len(uids)
    if index.uids[first:end] == array("I", uids):
        return Batch(uids, index.flags[first:end], index.modseqs[first:end])
    places = [at for uid in uids if (at := index.position(uid)) >= 0]
    return Batch(
        [index.uids[at] for at in places], [index.flags[at] for at in places], [index.modseqs[at] for at in places]
    )


def _send_columns(s: Selected, batch: Batch, context: FetchContext, columns: Sequence[Column]) -> None:
    s.session.client.write(b"".join(lines(batch, context, columns)))


async def _send(
    s: Selected, records: Sequence[MessageRecord], items: Sequence[FetchAtt], newly_seen: frozenset[Uid]
) -> None:
    """Render a batch and write it at once, but for messages that stream."""
    context = FetchContext(s.view, s.session.utf8)
    columns = [item.column for item in items if item.column is not None]
    if len(columns) == len(items) and not newly_seen:
        _send_columns(s, Batch.of(records), context, columns)
        return
    # What fetching changed is told like any change of flags (RFC 7162 §3.2.4).
    style = s.view.style
    change = (FLAGS,) if not style.modseq else (FLAGS, MODSEQ) if style.uid_only else (UID, FLAGS, MODSEQ)
    with_flags = tuple(dict.fromkeys((*items, *change)))
    out: list[bytes] = []
    try:
        for message in records:
            wanted = with_flags if message.uid in newly_seen else items
            pieces = [item.render(message, context) for item in wanted]
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


async def report(s: Selected, wanted: Mapping[Uid, tuple[FetchAtt, ...]]) -> None:
    """Send unasked what is *wanted* of each message (RFC 5465 §5.2); nothing here sets ``\\Seen``. Raises StoreError."""
    groups: dict[tuple[FetchAtt, ...], list[Uid]] = {}
    for uid, items in wanted.items():
        groups.setdefault(items, []).append(uid)
    for items, uids in groups.items():
        if not items:
            continue
        fields = reduce(or_, (item.fields for item in items), Field.NONE)
        for start in range(0, len(uids), _RAW_BATCH):
            for record in await s.mailbox.messages(uids[start : start + _RAW_BATCH], fields):
                await _report_one(s, record, items)


async def _report_one(s: Selected, record: MessageRecord, items: tuple[FetchAtt, ...]) -> None:
    try:
        await _send(s, [record], items, frozenset())
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


COMMANDS: Final = with_uid("FETCH", Fetch, fetch, state=Selected, numbers=Numbers.USES)
