"""LMTP over loopback: RFC 2033 to the letter, by hand and by an independent client."""

import asyncio
import contextlib
import re
import smtplib
import socket
import stat
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import pytest
from tests.support.lmtp import Notes, Site, account_of, listening, people, talking
from tests.support.store import Engine, House, engines

from restante.delivery.draft import DraftLimits
from restante.delivery.filter import Arrival, DetailFilter, Placement
from restante.delivery.session import SessionLimits
from restante.model.flags import FLAGGED, FlagSet
from restante.model.ids import AccountId
from restante.model.mailbox_name import MailboxName
from restante.server.lmtp import LmtpLimits
from restante.store.api import Account
from restante.store.directory import Recipient
from restante.store.errors import (
    Corrupt,
    LimitReached,
    MessageTooBig,
    NoSuchAccount,
    OverQuota,
    StoreError,
    Unavailable,
)
from restante.store.memory import MemoryStore
from restante.store.memory.mailbox import MemoryMailbox
from restante.store.memory_directory import MemoryDirectory
from restante.store.model import Hint, NewMessage, Upload

T = TypeVar("T")

MAIL = b"Subject: Lunch\r\n\r\nAt noon?\r\n"
TRACE = (
    "Return-Path: <ben@example.com>\r\nDelivered-To: {to}\r\n"
    "Received: from mta.example ([127.0.0.1])\r\n\tby mail.example with LMTP id {id}\r\n"
    "\tfor <{to}>; Mon, 21 Sep 2026 14:13:20 +0000\r\n"
)


def copy(to: str, message: bytes = MAIL, id: str = "id1") -> bytes:  # noqa: A002
    return TRACE.format(to=to, id=id).encode() + message


def begin(*recipients: str, sender: str = "ben@example.com", options: str = "") -> bytes:
    lines = [f"MAIL FROM:<{sender}>{options}", *(f"RCPT TO:<{each}>" for each in recipients), "DATA", ""]
    return "\r\n".join(lines).encode()


@pytest.fixture
async def site() -> Site:
    site = Site()
    await people(site.store, site.directory, "anna", "ben", "cleo", mailboxes=("Lists", "INBOX/Work"))
    return site


# The letter of RFC 2033


async def test_a_reply_for_each_accepted_recipient_in_order(site: Site) -> None:
    async with listening(site) as at, talking(at.port) as talk:
        assert await talk.ask(begin("anna", "nobody", "ben", "anna"), 6) == [
            "250 2.1.0 Sender OK",
            "250 2.1.5 Recipient OK",
            "550 5.1.1 No such user here",
            "250 2.1.5 Recipient OK",
            "250 2.1.5 Recipient OK",
            "354 End data with <CR><LF>.<CR><LF>",
        ]
        assert await talk.ask(MAIL + b".\r\nQUIT\r\n", 4) == [
            "250 2.0.0 <anna> id1 Saved",
            "250 2.0.0 <ben> id1 Saved",
            "250 2.0.0 <anna> id1 Saved",
            "221 2.0.0 Goodbye",
        ]
        assert await talk.rest() == b""
    assert [each.raw for each in await site.mail("anna")] == [copy("anna")] * 2
    assert [(each.raw, each.internal.epoch) for each in await site.mail("ben")] == [(copy("ben"), int(site.clock.now))]


async def test_lhlo_and_nothing_else(site: Site) -> None:
    async with listening(site) as at, talking(at.port, greeted=False) as talk:
        assert await talk.ask(b"EHLO a\r\nHELO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<anna>\r\nDATA\r\n", 5) == [
            "500 5.5.1 This is LMTP; say LHLO",
            "500 5.5.1 This is LMTP; say LHLO",
            "503 5.5.1 Say hello first",
            "503 5.5.1 Say hello first",
            "503 5.5.1 Say hello first",
        ]
        (offers,) = await talk.ask(b"LHLO a\r\n")
        assert offers.splitlines() == [
            "250-mail.example", "250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250-8BITMIME", "250-SMTPUTF8",
            "250-CHUNKING", "250 SIZE 1000000",
        ]  # fmt: skip


async def test_order_and_little_commands(site: Site) -> None:
    async with listening(site) as at, talking(at.port) as talk:
        assert await talk.ask(b"RCPT TO:<anna>\r\nDATA\r\nNOOP\r\nVRFY anna\r\nHELP\r\nRSET\r\n", 6) == [
            "503 5.5.1 MAIL comes first",
            "503 5.5.1 MAIL comes first",
            "250 2.0.0 OK",
            "252 2.5.0 Not verified here; send mail and see",
            "214 2.0.0 LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT",
            "250 2.0.0 OK",
        ]
        assert await talk.ask(b"MAIL FROM:<>\r\nMAIL FROM:<>\r\nDATA\r\nRCPT TO:<nobody>\r\nDATA\r\n", 5) == [
            "250 2.1.0 Sender OK",
            "503 5.5.1 A transaction is open already; RSET ends it",
            "503 5.5.1 No valid recipients",
            "550 5.1.1 No such user here",
            "503 5.5.1 No valid recipients",
        ]
        assert await talk.ask(b"RSET\r\nRCPT TO:<anna>\r\n", 2) == ["250 2.0.0 OK", "503 5.5.1 MAIL comes first"]


async def test_a_session_of_many_messages_in_one_packet_after_another(site: Site) -> None:
    async with listening(site) as at, talking(at.port) as talk:
        assert (await talk.ask(begin("anna"), 3))[-1].startswith("354")
        assert (await talk.ask(b"one\r\n.\r\n" + begin("anna"), 4))[-1].startswith("354")
        assert await talk.ask(b"two\r\n.\r\nQUIT\r\n", 2) == ["250 2.0.0 <anna> id2 Saved", "221 2.0.0 Goodbye"]
        assert await talk.rest() == b""
    assert [each.raw for each in await site.mail("anna")] == [copy("anna", b"one\r\n"), copy("anna", b"two\r\n", "id2")]
    (event,) = site.notes.events
    assert event[0] == "session ended"
    assert {key: event[1][key] for key in ("client", "messages", "delivered", "refused", "failed", "bad", "reason")} == {
        "client": "mta.example", "messages": 2, "delivered": 2, "refused": 0, "failed": 0, "bad": 0, "reason": "quit",
    }  # fmt: skip


# BDAT (RFC 3030, RFC 2033 §4.3)


async def test_chunks(site: Site) -> None:
    async with listening(site) as at, talking(at.port) as talk:
        opening = b"MAIL FROM:<ben@example.com>\r\nRCPT TO:<anna>\r\nRCPT TO:<ben>\r\n"
        assert await talk.ask(opening + b"BDAT 16\r\nSubject: x\r\n\r\n.\r", 4) == [
            "250 2.1.0 Sender OK", "250 2.1.5 Recipient OK", "250 2.1.5 Recipient OK", "250 2.0.0 16 octets received",
        ]  # fmt: skip
        assert await talk.ask(b"DATA\r\nRCPT TO:<cleo>\r\nMAIL FROM:<>\r\nBDAT 3 LAST\r\n\n..NOOP\r\n", 6) == [
            "503 5.5.1 The content has begun; BDAT goes on with it, RSET ends it",
            "503 5.5.1 The content has begun; BDAT goes on with it, RSET ends it",
            "503 5.5.1 A transaction is open already; RSET ends it",
            "250 2.0.0 <anna> id1 Saved",
            "250 2.0.0 <ben> id1 Saved",
            "250 2.0.0 OK",
        ]
    assert [each.raw for each in await site.mail("ben")] == [copy("ben", b"Subject: x\r\n\r\n.\r\n..")]


async def test_chunks_that_have_no_place(site: Site) -> None:
    async with listening(site) as at, talking(at.port) as talk:
        assert await talk.ask(b"BDAT 6\r\nQUIT\r\nNOOP\r\n", 2) == ["503 5.5.1 MAIL comes first", "250 2.0.0 OK"]
        assert await talk.ask(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n") == ["250 2.0.0 OK"]
        assert await talk.ask(b"MAIL FROM:<>\r\nBDAT 2\r\nxxBDAT 2 LAST\r\nxxNOOP\r\n", 3) == [
            "250 2.1.0 Sender OK", "503 5.5.1 No valid recipients", "250 2.0.0 OK",
        ]  # fmt: skip
        assert await talk.ask(b"MAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 1\r\nxRSET\r\nMAIL FROM:<>\r\n", 5) == [
            "250 2.1.0 Sender OK", "250 2.1.5 Recipient OK", "250 2.0.0 1 octets received", "250 2.0.0 OK",
            "250 2.1.0 Sender OK",
        ]  # fmt: skip
        assert await talk.ask(b"BDAT x\r\nNOOP\r\n") == ["501 5.5.4 Syntax: BDAT size [LAST]"]
        assert await talk.rest() == b""
    assert await site.mail("anna") == []


async def test_chunks_over_the_limit(site: Site) -> None:
    site.draft = DraftLimits(message=10, memory=5)
    async with listening(site) as at, talking(at.port) as talk:
        stream = (
            b"MAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 8\r\n12345678BDAT 8\r\n12345678BDAT 1\r\nxBDAT 0 LAST\r\nNOOP\r\n"
        )
        assert (await talk.ask(stream, 7))[2:] == [
            "250 2.0.0 8 octets received",
            "552 5.3.4 Message too large for this system",
            "552 5.3.4 Message too large for this system",
            "552 5.3.4 <anna> Message too large for this system",
            "250 2.0.0 OK",
        ]
    assert await site.mail("anna") == []


# Smuggling, line ends, sizes


async def test_only_crlf_dot_crlf_ends_a_message(site: Site) -> None:
    smuggled = b"\n.\nMAIL FROM:<x@y>\r\n\r.\rRCPT TO:<ben>\r\n\n.\r\nDATA\r\n\r\n.\nx\r\n"
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna"), 3)
        assert await talk.ask(smuggled + b".\r\nNOOP\r\n", 2) == ["250 2.0.0 <anna> id1 Saved", "250 2.0.0 OK"]
    stored = b"\r\n.\r\nMAIL FROM:<x@y>\r\n\r.\rRCPT TO:<ben>\r\n\r\n.\r\nDATA\r\n\r\n\r\nx\r\n"
    assert [each.raw for each in await site.mail("anna")] == [copy("anna", stored)]
    assert await site.mail("ben") == []


async def test_size(site: Site) -> None:
    site.draft = DraftLimits(message=100, memory=50)
    async with listening(site) as at, talking(at.port) as talk:
        assert await talk.ask(b"MAIL FROM:<> SIZE=101\r\nMAIL FROM:<> SIZE=1 BODY=8BITMIME\r\nRSET\r\n", 3) == [
            "552 5.3.4 Message too large for this system", "250 2.1.0 Sender OK", "250 2.0.0 OK",
        ]  # fmt: skip
        await talk.ask(begin("anna", "ben"), 4)
        assert await talk.ask(b"x" * 200_000 + b"\r\n.\r\nNOOP\r\n", 3) == [
            "552 5.3.4 <anna> Message too large for this system",
            "552 5.3.4 <ben> Message too large for this system",
            "250 2.0.0 OK",
        ]
        await talk.ask(begin("anna"), 3)
        assert await talk.ask(b"x" * 98 + b"\r\n.\r\n") == ["250 2.0.0 <anna> id2 Saved"]
    assert len(await site.mail("anna")) == 1


@pytest.mark.parametrize("recipients", [("anna",), ("anna", "ben", "cleo", "anna")])
@pytest.mark.parametrize("size", [900, 1_000, 1_001, 400_000])
async def test_large_and_small_for_one_and_many(site: Site, recipients: Sequence[str], size: int) -> None:
    line = b"0123456789" * 7 + b"abcdefgh\r\n"
    message = (b"Return-Path: <old@x>\r\nReturn-Path:\r\n <older@x>\r\n\r\n" + line * (size // 80 + 1))[:size].rstrip(
        b"\r\n"
    )
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin(*recipients), len(recipients) + 2)
        replies = await talk.ask(message + b"\r\n.\r\n", len(recipients))
        assert replies == [f"250 2.0.0 <{each}> id1 Saved" for each in recipients]
    expected = message.partition(b"<older@x>\r\n")[2] + b"\r\n"
    for name in set(recipients):
        assert [each.raw for each in await site.mail(name)] == [copy(name, expected)] * recipients.count(name)


async def test_too_many_hops(site: Site) -> None:
    site.draft = DraftLimits(memory=10_000)
    async with listening(site) as at, talking(at.port) as talk:
        for count, reply in ((100, "554 5.4.6 <anna> Too many hops: this message goes in circles"), (99, None)):
            await talk.ask(begin("anna"), 3)
            header = b"Received: from a\r\n\tby b\r\n" * count
            (said,) = await talk.ask(header + b"\r\nReceived: x\r\n.\r\n")
            assert said == (reply or "250 2.0.0 <anna> id2 Saved")
    assert len(await site.mail("anna")) == 1


# Addresses


async def test_utf8(site: Site) -> None:
    await people(site.store, site.directory, "ünal")
    async with listening(site) as at, talking(at.port) as talk:
        refused = "MAIL FROM:<ü@x>\r\nMAIL FROM:<>\r\nRCPT TO:<ünal>\r\nRSET\r\n".encode()
        assert await talk.ask(refused, 4) == [
            "553 5.6.7 An address that is not ASCII needs SMTPUTF8",
            "250 2.1.0 Sender OK",
            "553 5.6.7 An address that is not ASCII needs SMTPUTF8",
            "250 2.0.0 OK",
        ]
        await talk.ask(begin("Ünal@EXAMPLE.org", sender="ü@x", options=" SMTPUTF8"), 3)
        assert await talk.ask(MAIL + b".\r\n") == ["250 2.0.0 <Ünal@EXAMPLE.org> id1 Saved"]
    (seen,) = await site.mail("ünal")
    assert seen.raw.startswith("Return-Path: <ü@x>\r\nDelivered-To: Ünal@EXAMPLE.org\r\n".encode())
    assert b"with UTF8LMTP id id1\r\n" in seen.raw


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("anna", "INBOX"),
        ("anna+Lists@example.org", "Lists"),
        ("anna+lists", "Lists"),
        ("<@a:anna+LISTS>", "Lists"),
        ("anna+work", "INBOX/Work"),
        ("anna+inbox/work", "INBOX/Work"),
        ("anna+inbox", "INBOX"),
        ("anna+none", "INBOX"),
        ("anna+a//b", "INBOX"),
        ("anna+..", "INBOX"),
    ],
)
async def test_detail(site: Site, address: str, mailbox: str) -> None:
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin(address.strip("<>")), 3)
        (reply,) = await talk.ask(MAIL + b".\r\n")
        assert reply.startswith("250 2.0.0 ")
    assert len(await site.mail("anna", mailbox)) == 1


async def test_detail_may_create(site: Site) -> None:
    site.filter = DetailFilter(create=True)
    async with listening(site) as at, talking(at.port) as talk:
        for address in ("anna+New/Below", "anna+new/below"):
            await talk.ask(begin(address), 3)
            await talk.ask(MAIL + b".\r\n")
    assert len(await site.mail("anna", "New/Below")) == 2
    assert "New/Below" in await (await account_of(site.store, site.directory, "anna")).subscriptions()


async def test_disabled_accounts_receive(site: Site) -> None:
    record = await site.directory.get("anna")
    assert record is not None
    await site.directory.set_disabled(record.id, disabled=True)
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna"), 3)
        assert await talk.ask(MAIL + b".\r\n") == ["250 2.0.0 <anna> id1 Saved"]


async def test_recipients_are_limited(site: Site) -> None:
    site.limits = LmtpLimits(session=SessionLimits(recipients=2))
    async with listening(site) as at, talking(at.port) as talk:
        assert (await talk.ask(begin("anna", "nobody", "ben", "cleo"), 6))[1:5] == [
            "250 2.1.5 Recipient OK",
            "550 5.1.1 No such user here",
            "250 2.1.5 Recipient OK",
            "452 4.5.3 Too many recipients; send the rest in another transaction",
        ]
        assert len(await talk.ask(MAIL + b".\r\n", 2)) == 2


# Failures


class Failing(MemoryDirectory):
    error: Exception = Unavailable("the directory cannot be read")

    async def resolve(self, address: str, rules: object = None) -> Recipient | None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (Unavailable("disk"), "451 4.3.0 Cannot do this just now; try again later"),
        (KeyError("bug"), "451 4.3.0 Internal error (ref bug1); try again later"),
    ],
)
async def test_a_directory_that_fails(error: Exception, reply: str) -> None:
    directory = Failing()
    directory.error = error
    site = Site(directory=directory)
    async with listening(site) as at, talking(at.port) as talk:
        assert await talk.ask(b"MAIL FROM:<>\r\nRCPT TO:<anna>\r\n", 2) == ["250 2.1.0 Sender OK", reply]
    assert (len(site.notes.troubles), len(site.notes.bugs)) == ((1, 0) if isinstance(error, StoreError) else (0, 1))


def failing(monkeypatch: pytest.MonkeyPatch, wrong: Callable[[bytes], Exception | None]) -> None:
    """Has appends fail for the messages that *wrong* has an error for."""
    append = MemoryMailbox.append

    async def fail(self: MemoryMailbox, messages: Sequence[NewMessage]) -> object:
        raw = messages[0].raw
        error = wrong(raw if isinstance(raw, bytes) else b"")
        if error is not None:
            raise error
        return await append(self, messages)

    monkeypatch.setattr(MemoryMailbox, "append", fail)


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (OverQuota("full"), "452 4.2.2 <ben> Mailbox is full"),
        (Unavailable("disk"), "451 4.3.0 <ben> Cannot do this just now; try again later"),
        (Corrupt("damaged"), "451 4.3.0 <ben> Cannot do this just now; try again later"),
        (MessageTooBig("big"), "552 5.2.3 <ben> Message too large for this mailbox"),
        (NoSuchAccount("gone"), "451 4.2.0 <ben> Mailbox is not ready; try again later"),
        (OSError(28, "no space"), "451 4.3.0 <ben> Cannot do this just now; try again later"),
        (ZeroDivisionError(), "451 4.3.0 <ben> Internal error (ref bug1); try again later"),
    ],
)
async def test_one_failure_is_one_recipients(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, reply: str
) -> None:
    failing(monkeypatch, lambda raw: error if b"Delivered-To: ben\r\n" in raw else None)
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna", "ben", "cleo"), 5)
        assert await talk.ask(MAIL + b".\r\n", 3) == [
            "250 2.0.0 <anna> id1 Saved", reply, "250 2.0.0 <cleo> id1 Saved",
        ]  # fmt: skip
    assert [len(await site.mail(name)) for name in ("anna", "ben", "cleo")] == [1, 0, 1]
    assert site.notes.events[0][1]["failed"] == 1


async def test_quota_may_refuse_for_good(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, lambda raw: OverQuota("full"))
    deliverer = site.deliverer
    monkeypatch.setattr(site, "deliverer", lambda: replace(deliverer(), quota_is_permanent=True))
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna"), 3)
        assert await talk.ask(MAIL + b".\r\n") == ["552 5.2.2 <anna> Mailbox is full"]


class FullDisk(MemoryStore):
    """Takes no more than so many octets of an upload."""

    room = 10_000

    def upload(self, size: int) -> Upload:  # type: ignore[override]  # what the contract says
        upload = super().upload(size)
        write, room = upload.write, self.room

        class Tight:
            size = 0

            def write(self, data: bytes) -> None:
                self.size += len(data)
                if self.size > room:
                    raise OSError(28, "No space left on device")
                write(data)

            def discard(self) -> None:
                upload.discard()

        return Tight()


@pytest.mark.parametrize("recipients", [("anna",), ("anna", "ben")])
async def test_a_full_disk_loses_nothing_but_time(recipients: Sequence[str]) -> None:
    site = Site(store=FullDisk())
    await people(site.store, site.directory, "anna", "ben")
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin(*recipients), len(recipients) + 2)
        replies = await talk.ask(b"x" * 300_000 + b"\r\n.\r\n", len(recipients))
        assert replies == [f"451 4.3.0 <{each}> Cannot do this just now; try again later" for each in recipients]
        assert await talk.ask(b"NOOP\r\n") == ["250 2.0.0 OK"]
    assert site.notes.troubles
    assert not site.notes.bugs


# Side by side


async def test_accounts_do_not_wait_for_each_other(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, arrived = asyncio.Event(), asyncio.Event()
    running: list[AccountId] = []
    most = 0

    class Gated(DetailFilter):
        async def route(self, arrival: Arrival, account: Account) -> Sequence[Placement]:
            nonlocal most
            assert account.id not in running, "one account's messages come one after the other"
            running.append(account.id)
            most = max(most, len(running))
            if len(running) == 3:
                arrived.set()
            await gate.wait()
            running.remove(account.id)
            return await super().route(arrival, account)

    site.filter = Gated()
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna", "anna", "ben", "cleo"), 6)
        await talk.say(MAIL + b".\r\n")
        await asyncio.wait_for(arrived.wait(), 10)
        gate.set()
        assert [(await talk.hear())[:12] for _ in range(4)] == [
            "250 2.0.0 <a",
            "250 2.0.0 <a",
            "250 2.0.0 <b",
            "250 2.0.0 <c",
        ]
    assert most == 3


async def test_replies_leave_as_soon_as_they_can(site: Site) -> None:
    gate = asyncio.Event()

    class Slow(DetailFilter):
        async def route(self, arrival: Arrival, account: Account) -> Sequence[Placement]:
            if arrival.addressee.address == "ben":
                await gate.wait()
            return await super().route(arrival, account)

    site.filter = Slow()
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna", "ben"), 4)
        assert await talk.ask(MAIL + b".\r\n") == ["250 2.0.0 <anna> id1 Saved"]
        gate.set()
        assert await talk.hear() == "250 2.0.0 <ben> id1 Saved"


async def test_a_filter_may_place_it_in_several_mailboxes_or_none(site: Site) -> None:
    class Sorting:
        async def route(self, arrival: Arrival, account: Account) -> Sequence[Placement]:
            assert arrival.header == b"Subject: Lunch\r\n\r\n"
            assert arrival.size == len(MAIL)
            if arrival.addressee.address == "ben":
                return ()
            flagged = FlagSet([FLAGGED])
            return (Placement(flags=flagged), Placement(MailboxName("Lists")), Placement(MailboxName("Missing")))

    site.filter = Sorting()
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna", "ben"), 4)
        assert await talk.ask(MAIL + b".\r\n", 2) == ["250 2.0.0 <anna> id1 Saved", "250 2.0.0 <ben> id1 Discarded"]
    assert [each.flags for each in await site.mail("anna")] == [{"\\flagged"}]
    assert [(each.raw, each.flags) for each in await site.mail("anna", "Lists")] == [(copy("anna"), frozenset())]
    assert await site.mail("ben") == []


# Limits and ends


async def test_too_many_errors(site: Site) -> None:
    site.limits = LmtpLimits(session=SessionLimits(bad_commands=3))
    async with listening(site) as at, talking(at.port) as talk:
        assert await talk.ask(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"y" * 10_000 + b"\r\nNOOP\r\n", 4) == [
            "500 5.5.1 Command not recognized", "500 5.5.1 Command not recognized", "500 5.5.2 Line too long",
            "421 4.7.0 Too many errors",
        ]  # fmt: skip
        assert await talk.rest() == b""
    assert site.notes.events[0][1]["reason"] == "errors"


async def test_what_follows_a_refusal_in_the_pipeline_is_no_error(site: Site) -> None:
    site.limits = LmtpLimits(session=SessionLimits(bad_commands=2))
    async with listening(site) as at, talking(at.port) as talk:
        for _ in range(5):
            said = await talk.ask(begin("nobody") + b"RSET\r\n" + begin("anna", options=" SIZE=9999999"), 7)
            assert [each[:3] for each in said] == ["250", "550", "503", "250", "552", "503", "503"]
            await talk.ask(b"MAIL FROM:<>\r\nRCPT TO:<nobody>\r\nBDAT 4 LAST\r\nQUITRSET\r\n", 3)
        assert await talk.ask(b"NOOP\r\n") == ["250 2.0.0 OK"]


async def test_silence(site: Site) -> None:
    site.limits = LmtpLimits(silence=0.05)
    async with listening(site) as at, talking(at.port) as talk:
        assert await talk.hear() == "421 4.4.2 Too long without a word"
        assert await talk.rest() == b""


async def test_connections_are_limited(site: Site) -> None:
    site.limits = LmtpLimits(connections=1)
    async with listening(site) as at:
        async with talking(at.port):
            reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
            assert await reader.read() == b"421 4.3.2 Too many connections; try again later\r\n"
            writer.close()
            await writer.wait_closed()
        while at.server.connections:
            await asyncio.sleep(0)
        async with talking(at.port) as talk:
            assert await talk.ask(b"NOOP\r\n") == ["250 2.0.0 OK"]


async def test_a_message_broken_off_is_not_delivered(site: Site) -> None:
    async with listening(site) as at:
        async with talking(at.port) as talk:
            await talk.ask(begin("anna"), 3)
            await talk.say(b"x" * 5_000 + b"\r\n.\r")
        while at.server.connections:
            await asyncio.sleep(0)
    assert await site.mail("anna") == []


async def test_a_half_closed_connection_is_answered(site: Site) -> None:
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna"), 3)
        await talk.say(MAIL + b".\r\n")
        talk.writer.write_eof()
        assert await talk.rest() == b"250 2.0.0 <anna> id1 Saved\r\n"


async def test_stopping_finishes_what_is_being_acknowledged(site: Site) -> None:
    entered, gate = asyncio.Event(), asyncio.Event()

    class Slow(DetailFilter):
        async def route(self, arrival: Arrival, account: Account) -> Sequence[Placement]:
            entered.set()
            await gate.wait()
            return await super().route(arrival, account)

    site.filter = Slow()
    async with listening(site) as at, talking(at.port) as busy, talking(at.port) as idle, talking(at.port) as sending:
        await sending.ask(begin("anna"), 3)
        await sending.say(b"half a mess")
        await busy.ask(begin("anna", "ben"), 4)
        await busy.say(MAIL + b".\r\n")
        await asyncio.wait_for(entered.wait(), 10)
        stopping = asyncio.create_task(at.server.stop(10))
        for each in (idle, sending):
            assert await each.rest() == b"421 4.3.2 Shutting down; try again later\r\n"
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", at.port)
        gate.set()
        assert (await busy.rest()).decode().splitlines() == [
            "250 2.0.0 <anna> id1 Saved".replace("id1", "id2"), "250 2.0.0 <ben> id2 Saved",
            "421 4.3.2 Shutting down; try again later",
        ]  # fmt: skip
        await stopping
    assert (len(await site.mail("anna")), len(await site.mail("ben"))) == (1, 1)


async def test_stopping_does_not_wait_for_ever(site: Site) -> None:
    entered = asyncio.Event()

    class Stuck(DetailFilter):
        async def route(self, arrival: Arrival, account: Account) -> Sequence[Placement]:
            entered.set()
            await asyncio.Event().wait()
            raise AssertionError

    site.filter = Stuck()
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna", "ben"), 4)
        await talk.say(MAIL + b".\r\n")
        await asyncio.wait_for(entered.wait(), 10)
        await asyncio.wait_for(at.server.stop(0.01), 10)
        assert not at.server.connections
        with contextlib.suppress(ConnectionResetError):
            assert await talk.rest() == b""
    assert not site.notes.bugs


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


async def test_what_comes_while_the_client_is_slow_to_read_is_answered_once_it_has_read(site: Site) -> None:
    wire, connection = Wire(), site.server().connection()
    connection.connection_made(wire)
    connection.data_received(b"NOOP\r\n")
    assert wire.written.count(b"\r\n") == 2, "answered within the callback"
    connection.pause_writing()
    connection.data_received(b"NOOP\r\n")
    connection.data_received(b"QUIT\r\n")
    assert wire.written.count(b"\r\n") == 3
    connection.resume_writing()
    for _ in range(10):
        await asyncio.sleep(0)
    assert wire.written.count(b"\r\n") == 4
    assert wire.closed


async def test_a_client_that_reads_nothing_is_cut_off(site: Site) -> None:
    site.limits = LmtpLimits(write=0.05, session=SessionLimits(bad_commands=10**9))
    async with listening(site) as at, talking(at.port) as talk:
        transport = talk.writer.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        cast("asyncio.Transport", transport).pause_reading()

        async def flood() -> None:
            while True:
                await talk.say(b"HELP\r\n" * 10_000)

        with pytest.raises(ConnectionError):
            await asyncio.wait_for(flood(), 10)
    assert site.notes.events[0][1]["reason"] == "lost"


# Independent clients and engines


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
async def test_smtplib_delivers_to_every_engine(engine: Engine, tmp_path: Path) -> None:
    house = House(engine, tmp_path)
    site = Site(store=await house.open(), notes=Notes())
    await people(site.store, site.directory, "anna", "ben")
    large = "Subject: Large\r\n\r\n" + "".join(f".{n} dots and lines\r\n" for n in range(10_000))

    def send(port: int) -> object:
        with smtplib.LMTP("127.0.0.1", port, local_hostname="mta.example", timeout=10) as client:
            client.sendmail("ben@example.com", ["anna@example.org"], MAIL)
            client.sendmail("ben@example.com", ["anna@example.org"], large)
            # It reads one reply after the content, so the other is read by hand.
            refused = client.sendmail(
                "ben@example.com", ["anna@example.org", "no@example.org", "ben@example.org"], large
            )
            assert client.getreply() == (250, b"2.0.0 <ben@example.org> id3 Saved")
            return refused

    try:
        async with listening(site) as at:
            refused = await asyncio.to_thread(send, at.port)
        assert refused == {"no@example.org": (550, b"5.1.1 No such user here")}
        expected = [copy("anna@example.org"), *(copy("anna@example.org", large.encode(), f"id{n}") for n in (2, 3))]
        assert [each.raw for each in await site.mail("anna")] == expected
        assert [each.raw for each in await site.mail("ben")] == [copy("ben@example.org", large.encode(), "id3")]
        if engine.durable:
            site.store = await house.reopen()
            assert [each.raw for each in await site.mail("anna")] == expected
    finally:
        await house.close()


async def test_unix_socket(site: Site, tmp_path: Path) -> None:
    server = site.server()
    path = tmp_path / "lmtp"

    def send() -> None:
        with smtplib.LMTP(str(path), local_hostname="mta.example") as client:
            client.sendmail("ben@example.com", ["anna"], MAIL)

    await server.listen_unix(path, 0o620)
    assert stat.S_IMODE(path.stat().st_mode) == 0o620
    await asyncio.to_thread(send)
    await server.stop(5)
    assert not path.exists()
    (seen,) = await site.mail("anna")
    assert re.search(rb"Received: from mta.example\r\n\tby mail.example with LMTP id id1\r\n", seen.raw)


async def test_a_connection_made_elsewhere_after_the_stop_is_refused(site: Site) -> None:
    server = site.server()
    await server.stop(0)
    listener = await asyncio.get_running_loop().create_server(server.connection, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
    assert await reader.read() == b"421 4.3.2 Shutting down; try again later\r\n"
    writer.close()
    await writer.wait_closed()
    listener.close()


async def test_a_waiting_session_is_woken_before_the_reply(site: Site) -> None:
    woken: list[Hint] = []
    record = await site.directory.get("anna")
    assert record is not None
    end = site.store.hints.subscribe(record.id, woken.append)
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna"), 3)
        await talk.ask(MAIL + b".\r\n")
        assert len(woken) == 1
    end()


async def test_a_bug_ends_its_connection_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("restante.delivery.deliverer.Deliverer.draft", bug)
    async with listening(site) as at, talking(at.port) as other:
        async with talking(at.port) as talk:
            said = await talk.ask(begin("anna"), 3)
            assert said[2] == "421 4.3.0 Internal error (ref bug1); try again later"
            assert await talk.rest() == b""
        assert await other.ask(b"NOOP\r\n") == ["250 2.0.0 OK"]
    assert len(site.notes.bugs) == 1


async def test_a_filter_may_ask_for_a_mailbox_there_is_no_room_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(self: object, name: MailboxName, special_use: object = None) -> None:
        raise LimitReached("enough mailboxes")

    monkeypatch.setattr(type(await account_of(site.store, site.directory, "anna")), "create", full)
    site.filter = DetailFilter(create=True)
    async with listening(site) as at, talking(at.port) as talk:
        await talk.ask(begin("anna+new"), 3)
        assert await talk.ask(MAIL + b".\r\n") == ["250 2.0.0 <anna+new> id1 Saved"]
    assert len(await site.mail("anna")) == 1


async def test_a_client_that_left_hears_no_more(site: Site) -> None:
    entered, gate = asyncio.Event(), asyncio.Event()
    routed: list[str] = []

    class Slow(DetailFilter):
        async def route(self, arrival: Arrival, account: Account) -> Sequence[Placement]:
            routed.append(arrival.addressee.address)
            entered.set()
            await gate.wait()
            return await super().route(arrival, account)

    site.filter = Slow()
    site.limits = LmtpLimits(session=SessionLimits(at_once=1))
    async with listening(site) as at:
        async with talking(at.port) as talk:
            await talk.ask(begin("anna", "ben", "cleo"), 5)
            await talk.say(MAIL + b".\r\n")
            await asyncio.wait_for(entered.wait(), 10)
            (connection,) = at.server.connections
            # To close with no time to linger resets the connection.
            linger = struct.pack("ii", 1, 0)
            talk.writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            talk.writer.transport.abort()
        while not connection.gone:
            await asyncio.sleep(0)
        gate.set()
        while at.server.connections:
            await asyncio.sleep(0)
    assert routed == ["anna"]
    assert len(await site.mail("anna")) == 1
