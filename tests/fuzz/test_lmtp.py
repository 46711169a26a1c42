"""Anything at all, fed to LMTP: no exception, bounded memory, and a reply where the client waits for one (RFC 2033)."""

from __future__ import annotations

import asyncio
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.lmtp import Notes, Site, people

from restante.delivery.draft import DraftLimits
from restante.delivery.session import LmtpSession, SessionLimits
from restante.server.lmtp import LmtpLimits
from restante.smtp.connection import Connection

LINES = st.sampled_from(
    [
        b"LHLO x", b"EHLO x", b"MAIL FROM:<>", b"MAIL FROM:<a@b> SIZE=9", b"MAIL FROM:<a@b> SMTPUTF8", b"RCPT TO:<anna>",
        b"RCPT TO:<anna+Lists>", b"RCPT TO:<ben@example.org>", b"RCPT TO:<no>", b"DATA", b"BDAT 5", b"BDAT 3 LAST",
        b"BDAT 0 LAST", b"BDAT x", b"RSET", b"NOOP", b"VRFY x", b"HELP", b".", b"..", b"", b"Received: x", b"Subject: y",
        b"x" * 50,
    ]
)  # fmt: skip
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""])
STREAMS = st.lists(st.one_of(st.tuples(LINES, ENDS), st.tuples(st.binary(max_size=20), ENDS)), max_size=60).map(
    lambda pairs: b"LHLO x\r\n" + b"".join(line + end for line, end in pairs)
)
REPLIES = re.compile(rb"(?:[2345][0-9][0-9]-[^\r\n]*\r\n)*[2345][0-9][0-9] [^\r\n]*\r\n")


class Ear:
    """The client's end, in memory."""

    gone = False

    def __init__(self) -> None:
        self.heard = bytearray()

    def write(self, data: bytes) -> None:
        self.heard += data

    async def flush(self) -> None:
        """Nothing waits."""


async def converse(stream: bytes, piece: int) -> tuple[bytes, Notes, list[list[bytes]]]:
    """What is said to *stream*, and the mail there is afterwards."""
    site = Site(draft=DraftLimits(message=200, memory=50, hops=3), limits=LmtpLimits(session=SessionLimits(2, 50, 2)))
    await people(site.store, site.directory, "anna", "ben", mailboxes=("Lists",))
    server, ear, wire = site.server(), Ear(), Connection(100)
    session = LmtpSession(server.services, ear, wire, site.notes)
    for at in range(0, len(stream), piece):
        wire.receive(stream[at : at + piece])
        while not session.over and (event := wire.next_event()) is not None:
            await session.handle(event)
        if session.over:
            break
        assert wire.pending <= 101 + piece
    session.end()
    await server.stop(0)
    found = [[each.raw for each in await site.mail("anna", box)] for box in ("INBOX", "Lists")]
    found.append([each.raw for each in await site.mail("ben")])
    assert session.tally.delivered == sum(map(len, found))
    return bytes(ear.heard), site.notes, found


@settings(max_examples=200, deadline=None)
@given(STREAMS, st.integers(1, 40))
def test_any_dialogue(stream: bytes, piece: int) -> None:
    said, notes, found = asyncio.run(converse(stream, piece))
    whole = asyncio.run(converse(stream, len(stream)))
    assert (said, found) == (whole[0], whole[2])
    assert REPLIES.sub(b"", said) == b""
    assert said.count(b"Saved") == sum(map(len, found))
    assert not notes.bugs
    for raw in (raw for box in found for raw in box):
        assert raw.count(b"\n") == raw.count(b"\r\n")
        assert raw.startswith(b"Return-Path: <")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2_000), st.integers(1, 100))
def test_any_octets(stream: bytes, piece: int) -> None:
    said, notes, found = asyncio.run(converse(stream, piece))
    assert REPLIES.sub(b"", said) == b""
    assert not notes.bugs
    assert sum(map(len, found)) == said.count(b"Saved")
