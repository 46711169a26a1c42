"""FETCH in columns says what FETCH message by message says, whatever the messages are."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.memory_client import MemoryConnection, world
from tests.support.sample_mail import mails

from restante.model.dates import MailDate
from restante.model.flags import NO_FLAGS, FlagSet
from restante.model.mailbox_name import INBOX
from restante.store.model import NewMessage
from restante.store.sqlite.store import SqliteStore

_APART = b" BINARY.SIZE[1] "
"""An item that has no column, so that all items of its FETCH are rendered for each message."""

_CHANCE = random.Random(9051)
_NAMES = (b"Subject", b"subject ", b"To", b"X-To", b"Cc", b"Received", b"Message-ID", b"no field", b"%d", b"")


def _octets(most: int) -> bytes:
    return bytes(_CHANCE.choice(b"ab %:\t\r\n\n\x00\xff=") for _ in range(_CHANCE.randrange(most)))


def _random_message() -> bytes:
    lines = [b"%b:%b\r\n" % (_CHANCE.choice(_NAMES), _octets(60)) for _ in range(_CHANCE.randrange(8))]
    return b"".join(lines) + _CHANCE.choice((b"", b"\r\n", b"\n")) + _octets(400)


MESSAGES = (
    *(mail.raw for mail in mails()),
    *(_random_message() for _ in range(60)),
    b"",
    b"\r\n",
    b"A: b",
    b"\r\n\x00",
    b"A: \x00\r\n\r\nb",
    b"Subject: too large for the rows\r\n\r\n" + b"0123456789\r\n" * 8_000,
)


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[MemoryConnection]:
    store = SqliteStore(tmp_path / "data")
    await store.open()
    made = await world(store)
    inbox = await (await store.account(made.account)).mailbox(INBOX)
    flags = (NO_FLAGS, FlagSet(["\\Seen"]), FlagSet(["$Junk", "\\Flagged"]))
    await inbox.append(
        [
            NewMessage(raw, MailDate(1_790_000_000 + 12_345 * at, (0, -210, 840)[at % 3]), flags[at % 3])
            for at, raw in enumerate(MESSAGES)
        ]
    )
    client = await made.login()
    await client.ok("SELECT INBOX (CONDSTORE)")
    yield client
    await made.close()


ITEMS = (
    b"UID FLAGS INTERNALDATE RFC822.SIZE",
    b"FLAGS ENVELOPE UID BODYSTRUCTURE BODY",
    b"PREVIEW EMAILID THREADID SAVEDATE MODSEQ",
    b"UID BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID)]",
    b"BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT RECEIVED)] FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)]<3.9> RFC822.HEADER",
    b'BODY.PEEK[HEADER.FIELDS ("no field" "%d" "")] BODY.PEEK[HEADER]<0.20>',
    b"UID BODY.PEEK[]",
    b"BODY.PEEK[] FLAGS BODY.PEEK[HEADER] BODY.PEEK[]<5.10>",
    b"RFC822.SIZE BODY.PEEK[] BODY.PEEK[HEADER] UID",
)


@pytest.mark.parametrize("items", ITEMS, ids=lambda items: items.decode())
async def test_columns_say_what_single_messages_say(connection: MemoryConnection, items: bytes) -> None:
    apart = [await connection.ok(b"FETCH %d (%b%b)" % (n, items, _APART.rstrip())) for n in range(1, len(MESSAGES) + 1)]
    wanted = b"".join(
        re.sub(rb" BINARY\.SIZE\[1\] (?:\d+|NIL)\)\r\nt\d+ OK [^\r]*\r\n\Z", b")\r\n", each) for each in apart
    )
    assert wanted.count(b"FETCH (") >= len(apart)
    for _ in range(3):
        # Names that are asked for often get a pattern of their own on the way.
        reply = await connection.ok(b"FETCH 1:* (%b)" % items)
        assert reply[: reply.rindex(b"\r\nt") + 2] == wanted
    some = await connection.ok(b"FETCH 2,9,40:44,65:66 (%b)" % items)
    assert all(line in wanted for line in some[: some.rindex(b"\r\nt")].split(b"\r\n* "))


async def test_only_messages_that_were_unseen_have_their_flags_told(connection: MemoryConnection) -> None:
    reply = await connection.ok(b"FETCH 1:4 (RFC822.HEADER BODY[])")
    told = [
        int(number)
        for number, rest in re.findall(rb"\* (\d+) FETCH \((.*?\))(?=\r\n(?:\*|t\d))", reply, re.DOTALL)
        if b" FLAGS (" in rest
    ]
    assert told == [1, 3, 4]
