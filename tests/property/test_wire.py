"""What the writer writes the reader reads, and chunks do not matter (RFC 9051 §9)."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.support.feeding import Sinks, connection, events, picture

from restante.imap.protocol.connection import Connection, WireLimits
from restante.imap.protocol.events import ContinuationWanted, Overflow, Request
from restante.imap.wire import utf7, writer
from restante.imap.wire.reader import Reader
from restante.model.dates import MailDate
from restante.model.mailbox_name import BadMailboxName, MailboxName, mailbox_name
from restante.model.message_set import MessageSet

STRINGS = st.binary(max_size=1100).map(lambda value: value.replace(b"\x00", b" "))
TEXTS = st.text(max_size=60)
NUMBERS = st.integers(0, 0xFFFF_FFFF)
SETS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20).map(lambda pairs: MessageSet(tuple(pairs)))


def _reader(wire: bytes) -> Reader:
    found = [event for event in events([b"t X " + wire + b")\r\n"]) if not isinstance(event, ContinuationWanted)]
    (event,) = found
    assert isinstance(event, Request)
    return event.reader.sp()


def _read(rule: Callable[[Reader], object], wire: bytes, *, utf8: bool = False) -> object:
    reader = _reader(wire)
    reader.utf8 = utf8
    value = rule(reader)
    assert reader.raw_remaining() == b")"
    return value


@given(STRINGS, st.booleans())
@example(b"\\", False)
@example(b'"{3}"', True)
def test_strings(value: bytes, utf8: bool) -> None:
    assert _read(Reader.string, writer.string(value, utf8=utf8)) == value
    assert _read(Reader.astring, writer.astring(value, utf8=utf8)) == value
    assert _read(Reader.nstring, writer.nstring(value, utf8=utf8)) == value
    assert _read(Reader.nstring, writer.nstring(None)) is None


@given(TEXTS, st.booleans())
@example("R&-D", True)
@example("&AOk-", True)
@example("&AOk", True)
@example("é&-", True)
@example("NIL", False)
def test_mailboxes(text: str, utf8: bool) -> None:
    name = _valid(text)
    assert _read(Reader.mailbox, writer.mailbox(name, utf8=utf8), utf8=utf8) == name


def _valid(text: str) -> MailboxName:
    try:
        return mailbox_name(text)
    except BadMailboxName:
        assume(False)
        raise


@given(TEXTS)
def test_utf7_of_text(text: str) -> None:
    wire = utf7.encode(text)
    assert wire.isascii()
    assert utf7.decode(wire) == text


@given(st.text(alphabet="&-+,/Aa9Okép ", max_size=20).map(str.encode))
def test_utf7_has_one_spelling(wire: bytes) -> None:
    try:
        text = utf7.decode(wire)
    except ValueError:
        return
    assert utf7.encode(text) == wire


@given(SETS)
def test_message_sets(messages: MessageSet) -> None:
    assert _read(Reader.message_set, writer.message_set(messages)) == messages


@given(st.integers(-2_000_000_000, 4_000_000_000), st.integers(-1439, 1439))
def test_dates(epoch: int, zone: int) -> None:
    moment = MailDate(epoch, zone)
    assert _read(Reader.date_time, b'"' + moment.wire() + b'"') == moment


PIECES = st.sampled_from(
    [
        b"a NOOP\r\n",
        b"b LOGIN {4}\r\nmila {3+}\r\na\r\n\r\n",
        b"c APPEND x {30+}\r\n" + b"{9+}\r\n" * 5 + b"\r\n",
        b"d SELECT {5000+}\r\n",
        b"e uid fetch 1:* (FLAGS)\n",
        b"x" * 150,
        b"{3}\r\n",
        b" {40+}\r\n",
        b"~{2+}\r\n",
        b"\r",
        b"\n",
        b"\r\n",
        b" ",
        b"+",
        b"\x00",
    ]
)
STREAMS = st.lists(PIECES | st.binary(max_size=8), max_size=12).map(b"".join)
LIMITS = WireLimits(line=120, literal_in_memory=20, command=400, discard=12_000)


def _small() -> Connection:
    return connection(LIMITS, Sinks())


@given(STREAMS, st.lists(st.integers(1, 60), max_size=30))
def test_chunks_do_not_matter(stream: bytes, sizes: list[int]) -> None:
    cut, at = [], 0
    for size in sizes:
        cut.append(stream[at : at + size])
        at += size
    cut.append(stream[at:])
    whole = [picture(event) for event in events([stream], _small())]
    assert [picture(event) for event in events(cut, _small())] == whole
    assert [picture(event) for event in events([stream[i : i + 1] for i in range(len(stream))], _small())] == whole


@given(STREAMS)
def test_the_next_command_is_found_whatever_came_before(stream: bytes) -> None:
    c = _small()
    if any(isinstance(event, Overflow) for event in events([stream], c)):
        return
    # At most a literal to throw away is owed, and the end of a line.
    events([b" " * LIMITS.discard + b"\r\n"], c)
    (last,) = events([b"last NOOP\r\n"], c)
    assert isinstance(last, Request)
    assert last.tag == "last"
