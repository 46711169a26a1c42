"""Reading messages: the fields asked for, in UID order, whatever the engine keeps where."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.support.store import Clock, fill, mail, new, octets, uids

from restante.mime.encode import load
from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.model.mailbox_name import MailboxName
from restante.store.api import Account, Mailbox, Store
from restante.store.arrival import email_id, summarise, thread_id
from restante.store.batches import done_with
from restante.store.errors import NoSuchMailbox, Unavailable
from restante.store.model import Field, MessageRecord, NewMessage

RAW = mail("Re: Lunch", "At noon?", from_="Ann <ann@example.org>", message_id="<b@x>", references="<a@x>")
EVERYTHING = ~Field.NONE

COLUMNS = {
    Field.FLAGS: {"flags", "modseq"},
    Field.DATE: {"internal_epoch", "internal_zone"},
    Field.SIZE: {"size"},
    Field.ENVELOPE: {"envelope"},
    Field.BODY: {"body"},
    Field.BODYSTRUCTURE: {"bodystructure"},
    Field.PARTS: {"parts"},
    Field.HEADER: {"header"},
    Field.RAW: {"raw", "blob"},
    Field.SAVE_DATE: {"save_epoch"},
    Field.IDS: {"email_id", "thread_id"},
    Field.PREVIEW: {"preview"},
    Field.SORT: {"sort_keys"},
}


async def one(mailbox: Mailbox, fields: Field) -> MessageRecord:
    (record,) = await mailbox.messages(uids(1), fields)
    return record


async def test_every_field(inbox: Mailbox, store: Store, clock: Clock) -> None:
    done = await inbox.append([NewMessage(RAW, MailDate(1_000, 60))])
    record, summary = await one(inbox, EVERYTHING), summarise(RAW)
    assert (record.uid, record.flags.wire, record.modseq) == (1, b"", done.modseq)
    assert (record.internal_date, record.save_epoch) == (MailDate(1_000, 60), int(clock.now))
    assert (record.size, record.header) == (len(RAW), RAW[: RAW.index(b"\r\n\r\n") + 4])
    assert (record.envelope, record.body) == (summary.envelope, summary.body)
    assert (record.bodystructure, record.parts) == (summary.bodystructure, summary.parts)
    assert (record.preview, record.sort_keys) == (summary.preview, summary.sort_keys)
    assert (record.email_id, record.thread_id) == (email_id(RAW), thread_id(summary.sort_keys, email_id(RAW)))
    assert await octets(store, record) == RAW
    assert load(record.parts or b"").body_start == len(record.header or b"")


@pytest.mark.parametrize("field", list(COLUMNS), ids=lambda field: field.name)
async def test_what_was_asked_for_comes(inbox: Mailbox, field: Field) -> None:
    await inbox.append([new(RAW)])
    whole, record = (await one(inbox, EVERYTHING))._asdict(), (await one(inbox, field))._asdict()
    assert {name: record[name] for name in COLUMNS[field]} == {name: whole[name] for name in COLUMNS[field]}


@pytest.mark.parametrize("size", [0, 1_000, 9_999, 10_000, 50_000, 400_000])
async def test_messages_of_any_size(inbox: Mailbox, store: Store, size: int) -> None:
    raw = mail("Large", "0123456789" * (size // 10))
    await inbox.append([new(raw)])
    record = await one(inbox, Field.RAW | Field.HEADER | Field.SIZE)
    assert await octets(store, record) == raw
    assert (record.size, record.header) == (len(raw), b"Subject: Large\r\n\r\n")


async def test_part_of_a_blob(inbox: Mailbox, store: Store) -> None:
    raw = mail("Large", "0123456789" * 200_000)
    await inbox.append([new(raw)])
    blob = (await one(inbox, Field.RAW)).blob
    assert blob is not None
    for start, length in ((0, 10), (0, None), (500_000, 300_000), (len(raw) - 5, 100), (len(raw), None), (7, 0)):
        pieces = [piece async for piece in store.blobs.open(blob, start, length)]
        assert b"".join(pieces) == raw[start : None if length is None else start + length]
        assert all(len(piece) <= 1 << 20 for piece in pieces)


async def test_a_blob_that_is_not_there(store: Store) -> None:
    with pytest.raises(Unavailable):
        async for _ in store.blobs.open("M" + "0" * 40):
            pass


async def test_messages_come_in_uid_order_without_those_gone(inbox: Mailbox) -> None:
    await fill(inbox, (), (), (), ())
    await inbox.expunge(uids(2), deleted_only=False)
    assert [each.uid for each in await inbox.messages(uids(1, 2, 3, 4, 9), Field.NONE)] == [1, 3, 4]
    assert await inbox.messages((), EVERYTHING) == []
    assert await inbox.messages(uids(2, 77), EVERYTHING) == []


async def test_many_at_once(inbox: Mailbox) -> None:
    found = await fill(inbox, *[()] * 1_200)
    records = await inbox.messages(found, Field.SIZE | Field.HEADER)
    assert [each.uid for each in records] == list(found)
    assert [each.header for each in records[:2]] == [b"Subject: Number 1\r\n\r\n", b"Subject: Number 2\r\n\r\n"]


async def test_a_conversation_shares_its_thread(inbox: Mailbox) -> None:
    await inbox.append(
        [
            new(mail("Lunch", message_id="<a@x>")),
            new(RAW),
            new(mail("Re: Lunch", message_id="<c@x>", references="<a@x> <b@x>")),
            new(mail("Re: Lunch", message_id="<d@x>", in_reply_to="<a@x>")),
            new(mail("Lunch", message_id="<other@x>")),
        ]
    )
    records = await inbox.messages(uids(1, 2, 3, 4, 5), Field.IDS)
    assert len({each.thread_id for each in records[:4]}) == 1
    assert records[4].thread_id != records[0].thread_id
    assert len({each.email_id for each in records}) == 5


async def test_equal_octets_have_equal_ids(inbox: Mailbox) -> None:
    await inbox.append([new(RAW), new(RAW, "\\Seen", epoch=5)])
    first, second = await inbox.messages(uids(1, 2), Field.IDS)
    assert (first.email_id, first.thread_id) == (second.email_id, second.thread_id)


NAMES = {
    Field.FLAGS: {"flags": "flags", "modseqs": "modseq"},
    Field.DATE: {"internal_epochs": "internal_epoch", "internal_zones": "internal_zone"},
    Field.SIZE: {"sizes": "size"},
    Field.ENVELOPE: {"envelopes": "envelope"},
    Field.BODY: {"bodies": "body"},
    Field.BODYSTRUCTURE: {"bodystructures": "bodystructure"},
    Field.PARTS: {"parts": "parts"},
    Field.HEADER: {"headers": "header"},
    Field.SAVE_DATE: {"save_epochs": "save_epoch"},
    Field.IDS: {"email_ids": "email_id", "thread_ids": "thread_id"},
    Field.PREVIEW: {"previews": "preview"},
    Field.RAW: {"blobs": "blob"},
}
"""Columns and the record's fields they hold."""


@pytest.fixture
async def assorted(inbox: Mailbox) -> Mailbox:
    """Forty messages, some gone; with NULs, without a header, without a text, and too large for the rows."""
    raws = [mail(f"Number {number}", "text " * number) for number in range(36)]
    raws += [b"", b"Subject: nul \x00 here\r\n\r\n\x00", b"\r\nno header", mail("Large", "0123456789" * 2_000)]
    flags: tuple[list[str], ...] = ([], ["\\Seen"], ["$Junk", "\\Flagged"])
    await inbox.append(
        [NewMessage(raw, MailDate(1_000 + at, at - 20), FlagSet(flags[at % 3])) for at, raw in enumerate(raws)]
    )
    await inbox.expunge(uids(3, 4, 20), deleted_only=False)
    return inbox


SETS = {
    "one": [7],
    "all": range(1, 41),
    "neighbours": range(5, 19),
    "every other": range(1, 41, 2),
    "few of many": range(1, 41, 4),
    "scattered": [1, 12, 13, 14, 15, 16, 17, 30, 31, 40],
    "gone": [3, 4],
    "one gone, its neighbour not asked for": [1, 2, 3, 5, 6, 7, 8, 9, 10, 12],
    "none": [],
}


@pytest.mark.parametrize("wanted", SETS.values(), ids=SETS)
@pytest.mark.parametrize("field", [Field.NONE, *NAMES, ~Field.NONE & ~Field.SORT], ids=str)
async def test_columns_say_what_records_say(assorted: Mailbox, field: Field, wanted: Sequence[int]) -> None:
    asked = uids(*wanted)
    columns, records = await assorted.columns(asked, field), await assorted.messages(asked, field | Field.HEADER)
    assert list(columns.uids) == [record.uid for record in records]
    for name, of in ((name, of) for one, names in NAMES.items() if one in field for name, of in names.items()):
        assert list(getattr(columns, name)) == [getattr(record, of) for record in records], name
    if Field.RAW in field:
        octets = [header + text for header, text in zip(columns.headers, columns.texts, strict=True)]
        assert octets == [record.header if record.blob else record.raw for record in records]
    else:
        assert not columns.texts
        assert not columns.blobs


async def test_columns_of_a_deleted_mailbox(account: Account) -> None:
    await account.create(MailboxName("Work"))
    work = await account.mailbox(MailboxName("Work"))
    await fill(work, *[[]] * 20)
    await account.delete(MailboxName("Work"))
    for wanted in ([1], range(1, 21), range(1, 21, 4)):
        with pytest.raises(NoSuchMailbox):
            await work.columns(uids(*wanted), Field.ENVELOPE)


def _octets(record: MessageRecord) -> int:
    text = record.header if record.raw is None else record.raw
    return sum(map(len, filter(None, (record.envelope, record.body, record.bodystructure, record.parts, text))))


async def _in_columns(mailbox: Mailbox, asked: Sequence[Uid], field: Field, bound: int) -> list[MessageRecord]:
    columns = await mailbox.columns(asked, field, bound)
    return [columns.record(at) for at in range(len(columns.uids))]


@pytest.mark.parametrize("wanted", SETS.values(), ids=SETS)
@pytest.mark.parametrize("field", [Field.HEADER, Field.ENVELOPE | Field.PARTS, Field.RAW | Field.HEADER], ids=str)
@pytest.mark.parametrize("bound", [0, 300, 10_000, 100_000])
async def test_a_read_ends_beyond_its_octets_and_can_be_gone_on_with(
    assorted: Mailbox, field: Field, wanted: Sequence[int], bound: int
) -> None:
    whole = [record.uid for record in await assorted.messages(uids(*wanted), field)]
    for read in (type(assorted).messages, _in_columns):
        rest, found = uids(*wanted), list[Uid]()
        while rest:
            records = await read(assorted, rest, field, bound)
            assert sum(map(_octets, records[:-1])) <= bound
            found += [record.uid for record in records]
            rest = rest[done_with(rest, [record.uid for record in records]) :]
        assert found == whole


async def test_what_is_of_one_length_is_read_whatever_the_bound(assorted: Mailbox) -> None:
    assert len((await assorted.columns(uids(*range(1, 41)), Field.SIZE | Field.DATE | Field.FLAGS, 0)).uids) == 37


async def test_part_of_columns(assorted: Mailbox) -> None:
    columns = await assorted.columns(uids(*range(1, 41)), Field.SIZE | Field.ENVELOPE)
    part = columns.part(4, 9)
    assert list(part.sizes) == list(columns.sizes[4:9])
    assert list(part.envelopes) == list(columns.envelopes[4:9])
