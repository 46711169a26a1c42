"""Strings, names and lists as octets (RFC 9051 §9)."""

import pytest

from restante.imap.wire import writer
from restante.model.mailbox_name import mailbox_name
from restante.model.message_set import MessageSet


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (b"", b'""'),
        (b"abc", b'"abc"'),
        (b'say "hi" \\ bye', b'"say \\"hi\\" \\\\ bye"'),
        (b"two\r\nlines", b"{10}\r\ntwo\r\nlines"),
        (b"nul\x00", b"{4}\r\nnul\x00"),
        (b"caf\xc3\xa9", b"{5}\r\ncaf\xc3\xa9"),
        (b"x" * 1000, b'"' + b"x" * 1000 + b'"'),
        (b"x" * 1001, b"{1001}\r\n" + b"x" * 1001),
    ],
)
def test_string(value: bytes, wire: bytes) -> None:
    assert writer.string(value) == wire


def test_string_with_utf8_is_quoted_where_it_is_valid() -> None:
    assert writer.string("café".encode(), utf8=True) == '"café"'.encode()
    assert writer.string(b"caf\xe9", utf8=True) == b"{4}\r\ncaf\xe9"
    assert writer.string("é\n".encode(), utf8=True) == b"{3}\r\n\xc3\xa9\n"


def test_nstring() -> None:
    assert writer.nstring(None) == b"NIL"
    assert writer.nstring(b"NIL") == b'"NIL"'


@pytest.mark.parametrize(
    ("value", "wire"),
    [(b"INBOX", b"INBOX"), (b"a]b", b"a]b"), (b"", b'""'), (b"nil", b'"nil"'), (b"a b", b'"a b"'), (b"a%", b'"a%"')],
)
def test_astring(value: bytes, wire: bytes) -> None:
    assert writer.astring(value) == wire


@pytest.mark.parametrize(
    ("name", "wire", "wire_utf8"),
    [
        ("INBOX", b"INBOX", b"INBOX"),
        ("Sent Mail", b'"Sent Mail"', b'"Sent Mail"'),
        ("Entwürfe", b"Entw&APw-rfe", '"Entwürfe"'.encode()),
        ("R&D", b"R&-D", b"R&D"),
        # Looks like modified UTF-7, so it goes in modified UTF-7 to be read back as itself.
        ("R&-D", b"R&--D", b"R&--D"),
        ("NIL", b'"NIL"', b'"NIL"'),
    ],
)
def test_mailbox(name: str, wire: bytes, wire_utf8: bytes) -> None:
    assert writer.mailbox(mailbox_name(name)) == wire
    assert writer.mailbox(mailbox_name(name), utf8=True) == wire_utf8


def test_message_set() -> None:
    assert writer.message_set(MessageSet(((1, 1), (3, 5), (7, 0)))) == b"1,3:5,7:*"
    assert writer.message_set(MessageSet((), saved=True)) == b"$"


def test_parenthesised() -> None:
    assert writer.parenthesised([]) == b"()"
    assert writer.parenthesised([b"a", b"b"]) == b"(a b)"


def test_numbers() -> None:
    assert writer.numbers([]) == b""
    assert writer.numbers((7,)) == b" 7"
    assert writer.numbers(range(4_294_967_293, 4_294_967_296)) == b" 4294967293 4294967294 4294967295"
