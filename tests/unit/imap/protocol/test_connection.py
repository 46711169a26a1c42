"""The dialogue as events: commands, literals welcome and refused, limits, and changes of mode between commands."""

from __future__ import annotations

import pytest
from tests.support.feeding import MemorySink, Sinks, chunks, connection, events, limit_of, picture

from restante.imap.protocol.connection import Connection, WireLimits
from restante.imap.protocol.events import (
    ContinuationWanted,
    Event,
    LiteralRefused,
    Malformed,
    Overflow,
    RawLine,
    Request,
)
from restante.imap.wire.fragments import Literal

SIZES = [1, 2, 3, 7, 64, 100_000]


def _request(event: Event | None) -> Request:
    assert isinstance(event, Request)
    return event


def _bad(event: Event | None) -> tuple[str | None, str]:
    assert isinstance(event, Malformed)
    return event.tag, str(event.error)


@pytest.mark.parametrize(
    ("line", "tag", "name", "uid", "rest"),
    [
        (b"a NOOP", "a", "NOOP", False, b""),
        (b"A1 noop ", "A1", "NOOP", False, b""),
        (b"1.12] Select INBOX", "1.12]", "SELECT", False, b" INBOX"),
        (b"a uid fetch 1 FLAGS", "a", "UID FETCH", True, b" 1 FLAGS"),
        (b"a UID Expunge 1:*", "a", "UID EXPUNGE", True, b" 1:*"),
        (b"a UID", "a", "UID", False, b""),
        (b"a UID  FETCH 1", "a", "UID", False, b"  FETCH 1"),
        (b"a UIDS FETCH", "a", "UIDS", False, b" FETCH"),
        (b"a XAPPLEPUSHSERVICE x", "a", "XAPPLEPUSHSERVICE", False, b" x"),
        (b"GET / HTTP/1.1", "GET", "/", False, b" HTTP/1.1"),
        (b"a NOOP\x00", "a", "NOOP", False, b"\x00"),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_a_command(line: bytes, tag: str, name: str, uid: bool, rest: bytes, size: int) -> None:
    first, second = events(chunks(line + b"\r\nb NOOP\r\n", size))
    request = _request(first)
    assert (request.tag, request.name, request.reader.uid) == (tag, name, uid)
    assert request.reader.raw_remaining() == rest
    assert request.literals == ()
    assert _request(second).tag == "b"


@pytest.mark.parametrize(
    ("line", "tag", "error"),
    [
        (b"", None, "expected a command at octet 0"),
        (b" ", None, "expected a command at octet 0"),
        (b" NOOP", None, "expected a tag at octet 0"),
        (b"+ NOOP", None, "expected a tag at octet 0"),
        (b"a+ NOOP", "a", "expected a space at octet 1"),
        (b"\x16\x03\x01", None, "expected a tag at octet 0"),
        (b"(x", None, "expected a tag at octet 0"),
        (b"x" * 129 + b" NOOP", None, "expected a tag of at most 128 octets at octet 0"),
        (b"a", "a", "expected a space at octet 1"),
        (b"a ", "a", "expected a space at octet 1"),
        (b"a  NOOP", "a", "expected a command at octet 2"),
        (b'a "NOOP"', "a", "expected a command at octet 2"),
        (b"a " + b"x" * 65, "a", "expected a command at octet 2"),
    ],
)
def test_what_is_no_command(line: bytes, tag: str | None, error: str) -> None:
    first, second = events([line + b"\r\nb NOOP\r\n"])
    assert _bad(first) == (tag, error)
    assert _request(second).tag == "b"


def test_one_event_at_a_time() -> None:
    c = connection()
    c.receive(b"a NOOP\r\nb NOOP\r\n")
    assert _request(c.next_event()).tag == "a"
    assert c.pending == len(b"b NOOP\r\n")
    assert _request(c.next_event()).tag == "b"
    assert c.next_event() is None
    assert c.pending == 0


def test_a_synchronising_literal_waits_for_its_welcome() -> None:
    c = connection()
    c.receive(b"a LOGIN {4}\r\n")
    assert c.next_event() == ContinuationWanted()
    assert c.next_event() is None
    c.receive(b"mila {3}\r\n")
    assert c.next_event() == ContinuationWanted()
    c.receive(b"p\r\n")
    assert c.next_event() is None
    c.receive(b"\r\n")
    request = _request(c.next_event())
    assert [literal.data for literal in request.literals] == [b"mila", b"p\r\n"]
    reader = request.reader.sp()
    assert reader.astring() == b"mila"
    assert reader.sp().astring() == b"p\r\n"
    reader.end()


@pytest.mark.parametrize("size", SIZES)
def test_bad_grammar_after_a_literal_stays_in_step(size: int) -> None:
    data = b"a LOGIN ((( {8+}\r\nx NOOP\r\n )))\r\nb NOOP\r\n"
    first, second = events(chunks(data, size))
    assert _request(first).name == "LOGIN"
    assert _request(second).tag == "b"


@pytest.mark.parametrize("size", SIZES)
def test_a_large_literal_goes_into_a_sink(size: int) -> None:
    sinks = Sinks()
    message = b"Subject: x\r\n\r\n" + b"{3+}\r\n" * 1000
    limits = WireLimits(literal_in_memory=100)
    data = b"a APPEND x {%d+}\r\n%b\r\nb NOOP\r\n" % (len(message), message)
    first, second = events(chunks(data, size), connection(limits, sinks))
    request = _request(first)
    (sink,) = sinks.made
    assert request.literals == (Literal(len(message), upload=sink),)
    assert bytes(sink.data) == message
    assert sink.discarded == 0
    assert request.reader.sp().mailbox() == "x"
    assert request.reader.sp().message_literal().upload is sink
    request.reader.end()
    request.discard()
    assert sink.discarded == 1
    assert _request(second).tag == "b"


def test_what_does_not_fit_in_the_commands_memory_goes_into_a_sink() -> None:
    sinks = Sinks()
    limits = WireLimits(command=6000, literal_in_memory=1000)
    literal = b" {900+}\r\n" + b"m" * 900
    (event,) = events([b"a APPEND x" + literal * 4 + b"\r\n"], connection(limits, sinks))
    request = _request(event)
    assert [literal.upload is not None for literal in request.literals] == [False, False, True, True]
    assert [len(sink.data) for sink in sinks.made] == [900, 900]


@pytest.mark.parametrize("size", [1, 50, 100_000])
@pytest.mark.parametrize("full_at", [0, 120])
def test_a_full_disk_fails_the_literal_and_keeps_the_framing(size: int, full_at: int) -> None:
    sinks = Sinks(full_at)
    data = b"a APPEND x {200+}\r\n" + b"m" * 200 + b" {3+}\r\nabc\r\nb NOOP\r\n"
    first, second = events(chunks(data, size), connection(WireLimits(literal_in_memory=100), sinks))
    assert _request(first).literals == (Literal(200, failed=True), Literal(3, data=b"abc"))
    assert sinks.made[0].discarded == 1
    assert _request(second).tag == "b"


def test_no_sink_to_be_had_fails_the_literal() -> None:
    def no_sink(size: int) -> MemorySink:
        raise OSError(size)

    c = Connection(WireLimits(literal_in_memory=1), no_sink, limit_of)
    (event,) = events([b"a APPEND x {3+}\r\nabc\r\n"], c)
    assert _request(event).literals == (Literal(3, failed=True),)


def test_a_synchronising_literal_over_the_limit_is_refused_at_once() -> None:
    first, second = events([b"a SELECT {4097}\r\n", b"b NOOP\r\n"])
    assert first == LiteralRefused("a", 4096, "SELECT")
    assert _request(second).tag == "b"


@pytest.mark.parametrize("size", SIZES)
def test_another_over_the_limit_is_thrown_away_first(size: int) -> None:
    data = b"a uid search {4097+}\r\n" + b"x NOOP\r\n" * 512 + b"y {8+}\r\nz NOOP\r\n tail\r\nb NOOP\r\n"
    first, second = events(chunks(data, size))
    assert first == LiteralRefused("a", 4096, "UID SEARCH")
    assert _request(second).tag == "b"


def test_a_refused_command_releases_its_sinks() -> None:
    sinks = Sinks()
    data = b"a APPEND x {200+}\r\n" + b"m" * 200 + b" {9999999}\r\nb NOOP\r\n"
    first, second = events([data], connection(WireLimits(literal_in_memory=100), sinks))
    assert isinstance(first, LiteralRefused)
    assert sinks.made[0].discarded == 1
    assert _request(second).tag == "b"


def test_a_refused_command_may_end_with_a_literal_that_waits() -> None:
    data = b"a SELECT {5000+}\r\n" + b"m" * 5000 + b" {3}\r\nb NOOP\r\n"
    first, second = events([data])
    assert isinstance(first, LiteralRefused)
    assert _request(second).tag == "b"


@pytest.mark.parametrize("announcement", [b"{5001+}", b"{99999999999999999999999999+}"])
def test_more_than_is_thrown_away_is_an_overflow(announcement: bytes) -> None:
    c = connection(WireLimits(discard=5000))
    assert events([b"a SELECT " + announcement + b"\r\nxxxx\r\nb NOOP\r\n"], c) == [
        Overflow("the command is too large")
    ]
    c.receive(b"c NOOP\r\n")
    assert c.next_event() is None
    assert c.pending == 0


def test_what_is_thrown_away_is_counted_per_command() -> None:
    c = connection(WireLimits(discard=9000))
    refused = b"a SELECT {5000+}\r\n" + b"m" * 5000
    assert [type(event) for event in events([(refused + b"\r\n") * 3], c)] == [LiteralRefused] * 3
    assert isinstance(events([refused + b" {5000+}\r\n"], c)[0], Overflow)


@pytest.mark.parametrize("size", SIZES)
def test_a_line_over_the_limit_is_thrown_away(size: int) -> None:
    limits = WireLimits(line=300)
    data = b"a SEARCH " + b"x" * 5000 + b"\r\n" + b"y" * 400 + b"\r\n" + b" " * 400 + b"\nb NOOP\r\n"
    first, second, third, fourth = events(chunks(data, size), connection(limits))
    assert _bad(first) == ("a", "expected a line of at most 300 octets")
    assert _bad(second) == (None, "expected a line of at most 300 octets")
    assert _bad(third) == (None, "expected a line of at most 300 octets")
    assert _request(fourth).tag == "b"


@pytest.mark.parametrize("size", SIZES)
def test_a_literal_behind_a_line_over_the_limit_is_thrown_away(size: int) -> None:
    data = b"a SEARCH " + b"x" * 500 + b" {8+}\r\nx NOOP\r\n\r\nb NOOP\r\n"
    first, second = events(chunks(data, size), connection(WireLimits(line=300)))
    assert _bad(first)[0] == "a"
    assert _request(second).tag == "b"


def test_a_waiting_literal_behind_a_line_over_the_limit_ends_it() -> None:
    first, second = events([b"a SEARCH " + b"x" * 500 + b" {8}\r\n", b"b NOOP\r\n"], connection(WireLimits(line=300)))
    assert _bad(first)[0] == "a"
    assert _request(second).tag == "b"


def test_a_waiting_literal_without_a_command_is_not_welcome() -> None:
    first, second, third = events([b"a {5}\r\n({5}\r\nb NOOP\r\n"])
    assert _bad(first) == ("a", "expected a command at octet 2")
    assert _bad(second) == (None, "expected a tag at octet 0")
    assert _request(third).tag == "b"


@pytest.mark.parametrize("size", SIZES)
def test_a_commands_lines_are_limited_together(size: int) -> None:
    data = b"a SEARCH" + (b" " + b"x" * 250 + b" {1+}\r\ny") * 20 + b"\r\nb NOOP\r\n"
    first, second = events(chunks(data, size), connection(WireLimits(line=300, command=2000)))
    assert _bad(first)[0] == "a"
    assert _request(second).tag == "b"


def test_a_commands_last_line_counts_too() -> None:
    data = b"a SEARCH {100+}\r\n" + b"y" * 100 + b" " + b"x" * 250 + b"\r\nb NOOP\r\n"
    first, second = events([data], connection(WireLimits(line=300, command=500)))
    assert _bad(first) == ("a", "expected a command of at most 500 octets")
    assert _request(second).tag == "b"


def test_a_commands_literals_are_counted() -> None:
    data = b"a SEARCH" + b" {0+}\r\n" * 5 + b"\r\nb NOOP\r\n"
    first, second = events([data], connection(WireLimits(literals=5)))
    assert len(_request(first).literals) == 5
    assert _request(second).tag == "b"
    first, second = events([data], connection(WireLimits(literals=4)))
    assert _bad(first) == ("a", "expected fewer or shorter literals")
    assert _request(second).tag == "b"


def test_the_arguments_limit_reaches_the_reader() -> None:
    for data in (b"a SEARCH 1\r\n", b"a SEARCH {0+}\r\n\r\n"):
        (event,) = events([data], connection(WireLimits(arguments=3)))
        assert _request(event).reader.arguments == 3


def test_a_trailing_space_ends_a_command_with_literals_too() -> None:
    (event,) = events([b"a SEARCH {0+}\r\n  \r\n"])
    reader = _request(event).reader.sp()
    assert reader.astring() == b""
    reader.end()


def test_a_raw_line() -> None:
    c = connection()
    c.receive(b"a AUTHENTICATE PLAIN\r\nAGEAYg== {3}\r\nb NOOP\r\n")
    _request(c.next_event())
    c.expect_line()
    assert c.next_event() == RawLine(b"AGEAYg== {3}")
    assert _request(c.next_event()).tag == "b"
    c.expect_line()
    assert c.next_event() is None
    c.receive(b"*\n")
    assert c.next_event() == RawLine(b"*")


def test_a_raw_line_over_the_limit() -> None:
    c = connection(WireLimits(line=10))
    c.expect_line()
    first, second = events([b"x" * 20, b"\r\nb NOOP\r\n"], c)
    assert _bad(first) == (None, "expected a line of at most 10 octets")
    assert _request(second).tag == "b"


def test_a_raw_line_can_be_given_back() -> None:
    c = connection()
    c.expect_line()
    c.receive(b"b LOGIN {3}\r\n")
    event = c.next_event()
    assert event == RawLine(b"b LOGIN {3}")
    c.unread(b"b LOGIN {3}")
    assert c.next_event() == ContinuationWanted()
    c.receive(b"abc\r\n")
    assert _request(c.next_event()).literals == (Literal(3, data=b"abc"),)


def test_what_came_before_tls_is_dropped() -> None:
    c = connection()
    c.receive(b"a STARTTLS\r\nb NOOP\r\nc NO")
    assert _request(c.next_event()).name == "STARTTLS"
    c.drop_buffered()
    assert c.pending == 0
    c.receive(b"d NOOP\r\n")
    assert _request(c.next_event()).tag == "d"


def test_what_came_behind_compress_is_taken() -> None:
    c = connection()
    c.receive(b"a COMPRESS DEFLATE\r\n\x00\n\xff")
    assert _request(c.next_event()).name == "COMPRESS"
    assert c.take_buffered() == b"\x00\n\xff"
    assert c.pending == 0
    c.receive(b"d NOOP\r\n")
    assert _request(c.next_event()).tag == "d"


def test_close_releases_what_was_arriving() -> None:
    sinks = Sinks()
    c = connection(WireLimits(literal_in_memory=100), sinks)
    data = b"a APPEND x {200+}\r\n" + b"m" * 200 + b" {200+}\r\nm"
    assert events([data], c) == []
    c.close()
    c.close()
    assert [sink.discarded for sink in sinks.made] == [1, 1]
    c.receive(b"b NOOP\r\n")
    assert c.next_event() is None
    c.expect_line()
    assert c.next_event() is None


def test_pictures_of_a_whole_dialogue_do_not_depend_on_chunks() -> None:
    data = (
        b"a LOGIN mila {6+}\r\nsecret\r\n\r\nb uid fetch 1:* (FLAGS)\r\nc APPEND x {70000+}\r\n"
        + b"m" * 70_000
        + b"\r\nd SELECT {5000}\r\ne NOOP\n"
    )
    whole = [picture(event) for event in events([data])]
    assert len(whole) == 6
    for size in SIZES:
        assert [picture(event) for event in events(chunks(data, size))] == whole
