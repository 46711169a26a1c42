"""Arrival: all or none, UIDs in order, uploads used up (RFC 9051 §6.3.12, RFC 3502)."""

from __future__ import annotations

import pytest
from tests.support.store import ALICE, House, Seen, check_account, contents, fill, mail, new, uids

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.mailbox_name import MailboxName
from restante.store.api import Account, Mailbox, Store
from restante.store.errors import LimitReached, MessageTooBig, NoSuchMailbox
from restante.store.model import NewMessage, StoreLimits, Upload


async def test_append(inbox: Mailbox, store: Store) -> None:
    before = await inbox.status()
    raw = mail("Hello", "World")
    done = await inbox.append([NewMessage(raw, MailDate(1_000, -90), FlagSet(["\\seen", "Note"]))])
    assert (done.uid_validity, done.uids) == (inbox.uid_validity, uids(1))
    assert done.modseq > before.modseq
    assert await contents(store, inbox) == [Seen(1, frozenset({"\\seen", "note"}), MailDate(1_000, -90), raw)]
    after = await inbox.status()
    assert (after.messages, after.unseen, after.size, after.recent) == (1, 0, len(raw), 1)
    assert (after.uid_next, after.modseq) == (2, done.modseq)


async def test_uids_come_in_the_order_given(inbox: Mailbox, store: Store) -> None:
    raws = [mail(f"n{n}") for n in (3, 1, 2)]
    first = await inbox.append([new(raw) for raw in raws])
    second = await inbox.append([new(mail("n4"))])
    assert (first.uids, second.uids) == (uids(1, 2, 3), uids(4))
    assert second.modseq > first.modseq
    assert [each.raw for each in await contents(store, inbox)] == [*raws, mail("n4")]
    index = await inbox.index()
    assert list(index.modseqs) == [first.modseq] * 3 + [second.modseq]


async def test_nothing_to_append(inbox: Mailbox) -> None:
    before = await inbox.status()
    done = await inbox.append([])
    assert (done.uids, done.modseq) == ((), before.modseq)
    assert await inbox.status() == before


async def test_equal_messages_are_messages_each(inbox: Mailbox) -> None:
    done = await inbox.append([new(mail("same")), new(mail("same"), "\\Seen")])
    assert len(set(done.uids)) == 2
    status = await inbox.status()
    assert (status.messages, status.unseen, status.size) == (2, 1, 2 * len(mail("same")))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b"\x00\xff\r\n\r\n\x00",
        b"Subject: =?x?q?=ff?=\r\n",
        b"a: b\n\nc",
        b"\r\n\r\n",
    ],
)
async def test_any_octets_are_kept_as_they_are(inbox: Mailbox, store: Store, raw: bytes) -> None:
    await inbox.append([new(raw)])
    assert [each.raw for each in await contents(store, inbox)] == [raw]


def upload(store: Store, raw: bytes) -> Upload:
    made = store.upload(len(raw))
    for at in range(0, len(raw), 7_000):
        made.write(raw[at : at + 7_000])
    assert made.size == len(raw)
    return made


@pytest.mark.parametrize("size", [10, 9_000, 300_000])
async def test_an_upload_is_a_message(inbox: Mailbox, store: Store, size: int) -> None:
    raw = mail("Up", "0123456789" * (size // 10))
    done = await inbox.append([NewMessage(upload(store, raw), MailDate(0)), new(mail("plain"))])
    assert done.uids == uids(1, 2)
    assert [each.raw for each in await contents(store, inbox)] == [raw, mail("plain")]


async def test_an_upload_may_be_discarded_at_any_time(inbox: Mailbox, store: Store) -> None:
    raw = mail("Up", "x" * 300_000)
    made = upload(store, raw)
    await inbox.append([NewMessage(made, MailDate(0))])
    made.discard()
    made.discard()
    assert [each.raw for each in await contents(store, inbox)] == [raw]
    upload(store, raw).discard()


def staged_files(house: House) -> set[str]:
    return {str(path) for path in house.path.rglob("*") if path.is_file() and path.stat().st_size >= 200_000}


async def test_uploads_are_used_up_when_refused(house: House) -> None:
    store = await house.open(StoreLimits(message=250_000))
    account = await store.create_account(ALICE)
    inbox = await account.mailbox(MailboxName("INBOX"))
    before = await inbox.status()
    fits, too_big = upload(store, mail("a", "x" * 240_000)), upload(store, mail("b", "x" * 250_000))
    with pytest.raises(MessageTooBig):
        await inbox.append([NewMessage(fits, MailDate(0)), NewMessage(too_big, MailDate(0))])
    assert await inbox.status() == before
    assert not staged_files(house)
    assert (await inbox.append([new()])).uids == uids(1)
    await check_account(account)


async def test_uploads_are_used_up_when_the_mailbox_is_gone(house: House, account: Account, store: Store) -> None:
    await account.create(MailboxName("Work"))
    work = await account.mailbox(MailboxName("Work"))
    await account.delete(MailboxName("Work"))
    made = upload(store, mail("a", "x" * 300_000))
    with pytest.raises(NoSuchMailbox):
        await work.append([NewMessage(made, MailDate(0))])
    assert not staged_files(house)


async def test_a_message_of_just_the_size_allowed(house: House) -> None:
    store = await house.open(StoreLimits(message=len(mail("fits"))))
    inbox = await (await store.create_account(ALICE)).mailbox(MailboxName("INBOX"))
    await inbox.append([new(mail("fits"))])
    with pytest.raises(MessageTooBig):
        await inbox.append([new(mail("fits!"))])
    assert (await inbox.status()).messages == 1


async def test_all_or_none(house: House) -> None:
    store = await house.open(StoreLimits(keywords=2))
    account = await store.create_account(ALICE)
    inbox = await account.mailbox(MailboxName("INBOX"))
    await fill(inbox, ("a",))
    before, changes = await inbox.status(), await inbox.changes_since((await inbox.status()).modseq)
    with pytest.raises(LimitReached):
        await inbox.append([new(), new(None, "b"), new(None, "c")])
    assert await inbox.status() == before
    assert await inbox.changes_since(before.modseq) == changes
    assert (await inbox.append([new(None, "b", "A")])).uids == uids(2)
    await check_account(account)


async def test_uids_go_on_after_the_last_was_expunged(inbox: Mailbox) -> None:
    await fill(inbox, (), ("\\Deleted",), ("\\Deleted",))
    await inbox.expunge()
    assert await fill(inbox, (), ()) == uids(4, 5)
    await inbox.expunge(deleted_only=False)
    assert (await inbox.status()).uid_next == 6
    assert await fill(inbox, ()) == uids(6)


async def test_recent_belongs_to_the_first_who_asks(inbox: Mailbox) -> None:
    await fill(inbox, (), ("\\Deleted",), ())
    assert (await inbox.status()).recent == 3
    assert await inbox.claim_recent() == 1
    assert (await inbox.status()).recent == 0
    assert await inbox.claim_recent() == 4
    await fill(inbox, ())
    await inbox.expunge()
    assert (await inbox.status()).recent == 1
    assert await inbox.claim_recent() == 4
    assert await inbox.claim_recent() == 5


async def test_claiming_recent_is_no_change(inbox: Mailbox) -> None:
    await fill(inbox, ())
    before = await inbox.status()
    await inbox.claim_recent()
    assert (await inbox.status()).modseq == before.modseq
