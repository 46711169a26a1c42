"""Anything at all, fed to the wire: no exception, bounded memory, and time in proportion (RFC 9051 §9)."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.feeding import Sinks, chunks, connection, events, reader

from restante.imap.extensions.all import ALL
from restante.imap.filtering import NO_REFERENCES, read_filter
from restante.imap.protocol.connection import Connection, WireLimits
from restante.imap.protocol.events import Event, Request
from restante.imap.registry import Registry
from restante.imap.wire.errors import BadSyntax, TooBig
from restante.imap.wire.reader import Reader
from restante.model.mailbox_name import BadMailboxName
from restante.store.model import StoreFeature

RULES: list[Callable[[Reader], object]] = [
    Reader.tag,
    Reader.atom,
    Reader.astring,
    Reader.string,
    Reader.nstring,
    Reader.nstring8,
    Reader.quoted,
    Reader.literal,
    Reader.message_literal,
    Reader.number,
    Reader.number64,
    Reader.nz_number,
    Reader.mod_sequence_value,
    Reader.mod_sequence_valzer,
    Reader.word,
    Reader.peek_word,
    Reader.mailbox,
    Reader.list_mailbox,
    Reader.message_set,
    Reader.uid_set,
    Reader.flag,
    Reader.flag_list,
    Reader.flags_bare,
    Reader.date,
    Reader.date_time,
    Reader.header_list,
    Reader.charset,
    Reader.base64,
    Reader.initial_response,
    Reader.text_rest,
    Reader.sp,
    Reader.end,
]
TABLES = Registry(ALL, frozenset(StoreFeature))
LIMITS = WireLimits(line=200, literal_in_memory=50, command=1000, discard=10_000)
ALPHABET = b'aA1 ()[]{}<>~+-*,:$%&"\\\r\n\x00\xc3\xa9./='


def _latin(text: str) -> bytes:
    return text.encode("latin-1")


def _held(event: Event) -> int:
    if not isinstance(event, Request):
        return 0
    return (
        event.reader.position + len(event.reader.raw_remaining()) + sum(len(lit.data or b"") for lit in event.literals)
    )


@given(st.lists(st.binary(max_size=300) | st.text(alphabet=ALPHABET.decode("latin-1")).map(_latin)))
def test_anything_becomes_events_within_bounds(pieces: list[bytes]) -> None:
    c = connection(LIMITS, Sinks())
    for piece in pieces:
        for event in events([piece], c):
            assert _held(event) <= LIMITS.command + LIMITS.line
        assert c.pending <= max(LIMITS.line + 1, LIMITS.literal_in_memory)


@given(st.binary(max_size=60) | st.text(alphabet=ALPHABET.decode("latin-1"), max_size=60).map(_latin))
def test_every_rule_reads_or_says_why(octets: bytes) -> None:
    for rule in RULES:
        with contextlib.suppress(BadSyntax, BadMailboxName, TooBig):
            rule(Reader([octets]))


@given(st.binary(max_size=60) | st.text(alphabet=ALPHABET.decode("latin-1"), max_size=60).map(_latin))
def test_anything_kept_as_a_filter_is_a_search_or_says_why_not(octets: bytes) -> None:
    for value in (octets, b"SUBJECT " + octets, b"SUBJECT {3}\r\n" + octets, b"OR SEEN (" + octets + b")"):
        with contextlib.suppress(BadSyntax, TooBig):
            read_filter(value, TABLES, NO_REFERENCES)


def test_mutated_dialogues() -> None:
    rng = random.Random(9051)
    seed = (
        b'a LOGIN mila {6+}\r\nsecret\r\nb UID FETCH 1:*,5 (FLAGS BODY.PEEK[1.2]<0.5>)\r\nc APPEND "x" (\\Seen) '
        b'"17-Jul-1996 02:44:25 -0700" ~{60+}\r\n'
        + b"m" * 60
        + b"\r\nd LIST (SUBSCRIBED) {1}\r\n% RETURN (STATUS (UIDNEXT))\r\n"
    )
    for _ in range(400):
        data = bytearray(seed)
        for _ in range(rng.randrange(1, 12)):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(3)] = bytes(rng.choices(ALPHABET, k=rng.randrange(3)))
        for event in events(chunks(bytes(data), rng.choice((1, 5, 1000))), connection(LIMITS, Sinks())):
            if isinstance(event, Request):
                _read_all(event)


def _read_all(event: Request) -> None:
    for rule in RULES:
        with contextlib.suppress(BadSyntax, BadMailboxName, TooBig):
            rule(event.reader)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "octets",
    [
        b'"' + b"\\" * 60_000,
        b'"' + b'\\"' * 30_000,
        b'"' + b"a" * 60_000,
        b"(" * 60_000,
        b"()" * 30_000,
        b"{" * 60_000,
        b"{1" * 30_000,
        b"1," * 30_000,
        b"1:" * 30_000,
        b"9" * 60_000,
        b"&" * 60_000,
        b"&AOk-" * 12_000,
        b"A" * 60_001,
        b"a " * 30_000,
        b'"' + "e\u0301\u0323".encode() * 12_000 + b'"',
        b'"' + "\u0301\u0323".encode() * 15_000 + b'"',
    ],
    ids=lambda octets: repr(octets[:10]),
)
def test_no_rule_takes_more_than_its_time(octets: bytes) -> None:
    for rule in RULES:
        with contextlib.suppress(BadSyntax, BadMailboxName, TooBig):
            rule(reader(octets))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "octets", [b"x" * 300_000, b"\n" * 100_000, b"{1+}\r\n" * 40_000, b"a X {60000+}\r\n" + b"m" * 200_000]
)
def test_octet_by_octet_is_linear(octets: bytes) -> None:
    c: Connection = connection()
    for at in range(len(octets)):
        c.receive(octets[at : at + 1])
        while c.next_event() is not None:
            pass
    assert c.pending <= 65_537


@pytest.mark.timeout(20)
def test_a_megabyte_of_pipelined_commands_is_linear() -> None:
    c = connection()
    c.receive(b"a NOOP\r\n" * 130_000)
    count = 0
    while c.next_event() is not None:
        count += 1
    assert count == 130_000
