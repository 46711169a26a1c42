"""Each rule of the grammar as a table of octets and values, read whole, octet by octet, and with more behind (RFC 9051 §9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from tests.support.feeding import reader, request

from restante.imap.wire.errors import BadSyntax, TooBig
from restante.imap.wire.fragments import Literal
from restante.imap.wire.reader import Reader
from restante.model.dates import MailDate
from restante.model.mailbox_name import BadMailboxName
from restante.model.message_set import MessageSet, UidSet

Rule = Callable[[Reader], object]


def _sets(*pairs: tuple[int, int]) -> MessageSet:
    return MessageSet(pairs)


def _words(r: Reader) -> object:
    return r.list_of(Reader.word)


GOOD: list[tuple[Rule, bytes, object]] = [
    (Reader.tag, b"A0001", "A0001"),
    (Reader.tag, b"1.12]", "1.12]"),
    (Reader.atom, b"$Forwarded", b"$Forwarded"),
    (Reader.atom, b"a+b[c~|}", b"a+b[c~|}"),
    (Reader.astring, b"INBOX", b"INBOX"),
    (Reader.astring, b"a]b", b"a]b"),
    (Reader.astring, b"NIL", b"NIL"),
    (Reader.astring, b'""', b""),
    (Reader.astring, b'"a b"', b"a b"),
    (Reader.astring, b"{3+}\r\na\r\n", b"a\r\n"),
    (Reader.astring, b"{0+}\r\n", b""),
    (Reader.string, b'"x"', b"x"),
    (Reader.string, b"{5+}\r\n{9+}\r", b"{9+}\r"),
    (Reader.quoted, b'"say \\"hi\\" \\\\"', b'say "hi" \\'),
    (Reader.quoted, '"é"'.encode(), "é".encode()),
    (Reader.quoted, b'"{3}"', b"{3}"),
    (Reader.quoted, b'"tab\there"', b"tab\there"),
    (Reader.nstring, b"NIL", None),
    (Reader.nstring, b"nil", None),
    (Reader.nstring, b'"NIL"', b"NIL"),
    (Reader.nstring, b"{3+}\r\nNIL", b"NIL"),
    (Reader.nstring8, b"NIL", None),
    (Reader.nstring8, b'"x"', b"x"),
    (Reader.nstring8, b"~{3+}\r\na\x00b", b"a\x00b"),
    (Reader.nstring8, b"{1+}\r\nb", b"b"),
    (Reader.literal, b"{3+}\r\n\xff\xfe)", b"\xff\xfe)"),
    (Reader.message_literal, b"{3+}\r\na\x00b", Literal(3, data=b"a\x00b")),
    (Reader.message_literal, b"~{3+}\r\na\x00b", Literal(3, binary=True, data=b"a\x00b")),
    (Reader.base64, b"AGEAYg==", b"\x00a\x00b"),
    (Reader.base64, b"aGk=", b"hi"),
    (Reader.number, b"0", 0),
    (Reader.number, b"007", 7),
    (Reader.number, b"4294967295", 4294967295),
    (Reader.number64, b"9223372036854775807", 9223372036854775807),
    (Reader.nz_number, b"1", 1),
    (Reader.mod_sequence_value, b"9223372036854775807", 9223372036854775807),
    (Reader.mod_sequence_valzer, b"0", 0),
    (Reader.word, b"+flags.Silent", "+FLAGS.SILENT"),
    (Reader.word, b"THREAD=REFS", "THREAD=REFS"),
    (Reader.word, b"X-GM-EXT_1", "X-GM-EXT_1"),
    (Reader.message_set, b"1", _sets((1, 1))),
    (Reader.message_set, b"*", _sets((0, 0))),
    (Reader.message_set, b"1:*", _sets((1, 0))),
    (Reader.message_set, b"*:4", _sets((0, 4))),
    (Reader.message_set, b"5:3,1,2:4294967295", _sets((5, 3), (1, 1), (2, 4294967295))),
    (Reader.message_set, b"$", MessageSet((), saved=True)),
    (Reader.uid_set, b"7:5,1,2", UidSet([(1, 2), (5, 7)])),
    (Reader.mailbox, b"inbox", "INBOX"),
    (Reader.mailbox, b'"Inbox/x"', "INBOX/x"),
    (Reader.mailbox, b"Entw&APw-rfe", "Entwürfe"),
    (Reader.mailbox, b"R&-D", "R&D"),
    (Reader.mailbox, "{9+}\r\nEntwürfe".encode(), "Entwürfe"),
    (Reader.mailbox, '"Entwürfe & mehr"'.encode(), "Entwürfe & mehr"),
    (Reader.mailbox, b"Archive/", "Archive"),
    (Reader.list_mailbox, b"%", "%"),
    (Reader.list_mailbox, b'""', ""),
    (Reader.list_mailbox, b"a/*]%", "a/*]%"),
    (Reader.list_mailbox, b'"Sent %"', "Sent %"),
    (Reader.list_mailbox, b"&AOk-*", "é*"),
    (Reader.list_mailbox, "{3+}\r\né%".encode(), "é%"),
    (Reader.flag, b"\\SEEN", "\\Seen"),
    (Reader.flag, b"$Label1", "$Label1"),
    (Reader.flag, b"\\Custom", "\\Custom"),
    (Reader.flag_list, b"()", ()),
    (Reader.flag_list, b"(\\seen NonJunk)", ("\\Seen", "NonJunk")),
    (Reader.flags_bare, b"\\Deleted", ("\\Deleted",)),
    (Reader.date, b"1-Feb-1994", date(1994, 2, 1)),
    (Reader.date, b'"29-FEB-2024"', date(2024, 2, 29)),
    (Reader.date_time, b'"17-Jul-1996 02:44:25 -0700"', MailDate(837596665, -420)),
    (Reader.date_time, b'" 1-Jan-1970 00:00:00 +0000"', MailDate(0, 0)),
    (Reader.date_time, b'"01-jan-1970 05:30:59 +0530"', MailDate(59, 330)),
    (Reader.date_time, b'"31-Dec-2016 23:59:60 +0000"', MailDate(1483228799, 0)),
    (Reader.header_list, b'(Subject "X-Y" {2+}\r\nTo)', (b"Subject", b"X-Y", b"To")),
    (Reader.charset, b"UTF-8", "UTF-8"),
    (Reader.charset, b'"us-ascii"', "us-ascii"),
    (_words, b"(a)", ("A",)),
    (_words, b"(a b c)", ("A", "B", "C")),
]

BAD: list[tuple[Rule, bytes, str]] = [
    (Reader.sp, b"", "a space at octet 4"),
    (Reader.tag, b"+", "a tag at octet 4"),
    (Reader.atom, b"(", "an atom at octet 4"),
    (Reader.atom, b'"x"', "an atom at octet 4"),
    (Reader.atom, b"\xe9", "an atom at octet 4"),
    (Reader.astring, b"", "a string at octet 4"),
    (Reader.astring, b"(", "a string at octet 4"),
    (Reader.astring, b'"abc', "a quoted string at octet 4"),
    (Reader.astring, b"~{1+}\r\nx", "a string at octet 4"),
    (Reader.astring, b"{1}", "a string at octet 4"),
    (Reader.quoted, b'"a\\n"', "a quoted string at octet 4"),
    (Reader.quoted, b'"a\\"', "a quoted string at octet 4"),
    (Reader.quoted, b'"a\x00"', "a quoted string at octet 4"),
    (Reader.quoted, b'"a\rb"', "a quoted string at octet 4"),
    (Reader.quoted, b'"' + b"\\" * 3001 + b'"', "a quoted string at octet 4"),
    (Reader.literal, b"{3+}\r\na\x00b", "a string without NUL at octet 4"),
    (Reader.literal, b"x", "a string at octet 4"),
    (Reader.message_literal, b'"x"', "a literal at octet 4"),
    (Reader.nstring, b"NILS", "a string at octet 4"),
    (Reader.nstring, b"abc", "a string at octet 4"),
    (Reader.base64, b"AGE", "base64 at octet 4"),
    (Reader.base64, b"=", "base64 at octet 4"),
    (Reader.number, b"-1", "a number at octet 4"),
    (Reader.number, b"4294967296", "a number up to 4294967295 at octet 4"),
    (Reader.number64, b"9223372036854775808", "a number up to 9223372036854775807 at octet 4"),
    (Reader.nz_number, b"0", "a number above zero at octet 4"),
    (Reader.nz_number, b"01", "a number above zero at octet 4"),
    (Reader.mod_sequence_value, b"0", "a mod-sequence above zero at octet 4"),
    (Reader.mod_sequence_valzer, b"99999999999999999999", "a number up to 9223372036854775807 at octet 4"),
    (Reader.word, b"[", "a keyword at octet 4"),
    (Reader.message_set, b"", "a message set at octet 4"),
    (Reader.message_set, b"0", "a message set at octet 4"),
    (Reader.message_set, b",1", "a message set at octet 4"),
    (Reader.message_set, b"4294967296", "a number below 4294967296 at octet 4"),
    (Reader.message_set, b"1:9999999999", "a number below 4294967296 at octet 4"),
    (Reader.uid_set, b"*", "a set of UIDs at octet 4"),
    (Reader.uid_set, b"$", "a set of UIDs at octet 4"),
    (Reader.flag, b"\\", "a flag at octet 4"),
    (Reader.flag, b"\\*", "a flag at octet 4"),
    (Reader.flag_list, b"\\Seen", "a parenthesised list at octet 4"),
    (Reader.flag_list, b"(\\Seen", "a space at octet 10"),
    (Reader.flag_list, b"(\\Seen )", "a flag at octet 11"),
    (Reader.flags_bare, b"\\Seen (", "a flag at octet 10"),
    (Reader.date, b"31-Feb-1994", "a date such as 17-Jul-1996 at octet 4"),
    (Reader.date, b"1-Foo-1994", "a date such as 17-Jul-1996 at octet 4"),
    (Reader.date, b'"1-Feb-1994', "a date such as 17-Jul-1996 at octet 4"),
    (Reader.date, b"1-Feb-0000", "a date such as 17-Jul-1996 at octet 4"),
    (Reader.date_time, b'"17-Jul-1996 24:00:00 +0000"', "a time of day at octet 4"),
    (Reader.date_time, b'"17-Jul-1996 00:00:61 +0000"', "a time of day at octet 4"),
    (Reader.date_time, b'"17-Jul-1996 00:00:00 +2400"', "a time zone below 2400 at octet 4"),
    (Reader.date_time, b'"17-Jul-1996 00:00:00 +0060"', "a time zone below 2400 at octet 4"),
    (Reader.date_time, b'"30-Feb-1996 00:00:00 +0000"', "a date such as 17-Jul-1996 at octet 4"),
    (Reader.date_time, b"17-Jul-1996", 'a date such as "17-Jul-1996 02:44:25 -0700" at octet 4'),
    (Reader.header_list, b"()", "a string at octet 5"),
    (Reader.charset, '"é"'.encode(), "a charset's name at octet 4"),
    (_words, b"()", "a keyword at octet 5"),
    (_words, b"(a  b)", "a keyword at octet 7"),
    (_words, b"(a,b)", "a space at octet 6"),
]


def _name(rule: Rule, octets: bytes) -> str:
    return f"{getattr(rule, '__name__', '')} {octets[:30]!r}"


@pytest.mark.parametrize("size", [1, None], ids=["octets", "whole"])
@pytest.mark.parametrize("trailing", [b"", b" (more)", b")"], ids=["end", "space", "close"])
@pytest.mark.parametrize(("rule", "octets", "value"), GOOD, ids=[_name(rule, octets) for rule, octets, _ in GOOD])
def test_good(rule: Rule, octets: bytes, value: object, trailing: bytes, size: int | None) -> None:
    if rule == Reader.flags_bare and trailing.startswith(b" "):
        trailing = b")"  # a space after a bare flag promises another
    r = reader(octets + trailing, size)
    assert rule(r) == value
    assert r.raw_remaining() == trailing
    assert r.at_end() is (not trailing)


@pytest.mark.parametrize(("rule", "octets", "error"), BAD, ids=[_name(rule, octets) for rule, octets, _ in BAD])
def test_bad(rule: Rule, octets: bytes, error: str) -> None:
    r = Reader([b"t X " + octets], 4) if octets == b"{1}" or not octets else reader(octets)
    with pytest.raises(BadSyntax) as caught:
        rule(r)
    assert str(caught.value) == f"expected {error}"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"a&b", "modified UTF-7 or UTF-8"),
        (b'"\xff"', "modified UTF-7 or UTF-8"),
        (b"&AEE-", "modified UTF-7 or UTF-8"),
        (b'""', "cannot be empty"),
        (b"a//b", "cannot be empty"),
        (b'"a%b"', "wildcard"),
        (b"x" * 4001, "at most 1000 octets"),
    ],
)
def test_a_bad_mailbox_name_says_why(name: bytes, reason: str) -> None:
    with pytest.raises(BadMailboxName, match=reason):
        reader(name).mailbox()


@pytest.mark.parametrize(("name", "text"), [(b"a&b", "a&b"), (b"&AOk-", "é"), ('"é&-"'.encode(), "é&-"), (b"a&", "a&")])
def test_with_utf8_a_bare_ampersand_is_itself(name: bytes, text: str) -> None:
    r = reader(name)
    r.utf8 = True
    assert r.mailbox() == text


def test_names_are_compared_in_one_normal_form() -> None:
    decomposed = "e\u0301".encode()
    assert reader(b'"' + decomposed + b'"').mailbox() == "é"
    assert reader(b'"' + decomposed + b'*"').list_mailbox() == "é*"


def test_message_sets_are_of_uids_after_uid() -> None:
    r = reader(b"1:2 $")
    r.uid = True
    assert r.message_set() == MessageSet(((1, 2),), uid=True)
    assert r.sp().message_set() == MessageSet((), uid=True, saved=True)


def test_a_long_message_set() -> None:
    numbers = range(1, 20_000, 2)
    text = b",".join(b"%d" % number for number in numbers)
    assert len(text) > 8000
    assert reader(text).message_set().ranges == tuple((number, number) for number in numbers)


def test_counts_are_limited() -> None:
    limited: list[tuple[Rule, bytes]] = [
        (Reader.message_set, b"1,2,3,4"),
        (Reader.uid_set, b"1,2,3,4"),
        (Reader.flag_list, b"(a b c d)"),
        (Reader.flags_bare, b"a b c d"),
        (Reader.header_list, b"(a b c d)"),
    ]
    for rule, octets in limited:
        allowed, refused = reader(octets), reader(octets)
        allowed.arguments, refused.arguments = 4, 3
        rule(allowed)
        with pytest.raises(BadSyntax, match="at most 3 members"):
            rule(refused)


def _nested_list(r: Reader) -> object:
    return r.list_of(_nested_list) if r.peek(b"(") else r.word()


def _nested_guard(r: Reader) -> object:
    if not r.take(b"("):
        return r.word()
    with r.nested():
        inner = _nested_guard(r)
    r.expect(b")")
    return inner


@pytest.mark.parametrize("rule", [_nested_list, _nested_guard])
def test_depth_is_limited(rule: Rule) -> None:
    rule(reader(b"(" * 64 + b"x" + b")" * 64))
    with pytest.raises(BadSyntax, match="at most 64 levels"):
        rule(reader(b"(" * 65 + b"x" + b")" * 65))
    with pytest.raises(BadSyntax, match="at most 64 levels"):
        rule(reader(b"(" * 60_000))


def test_depth_is_given_back() -> None:
    r = reader(b" ".join([b"((a) b)"] * 100))
    for _ in range(99):
        _nested_list(r)
        r.sp()
    assert _nested_list(r) == (("A",), "B")


def test_structure() -> None:
    r = reader(b"body.peek[Header] NOT x")
    assert r.peek(b"BODY", b"X")
    assert r.peek(b"x", b"BODY.PEEK[")
    assert not r.peek(b"BODY[")
    assert r.peek_word() == "BODY.PEEK"
    assert not r.take(b"rfc822")
    assert r.take(b"body.PEEK[")
    r.expect(b"HEADER]")
    assert r.sp().word() == "NOT"
    assert r.position == len(b"t X body.peek[Header] NOT")
    assert r.sp().text_rest() == b"x"
    assert r.at_end()
    assert r.peek_word() == ""
    assert r.text_rest() == b""
    r.end()


def test_what_is_expected_is_named() -> None:
    with pytest.raises(BadSyntax, match="expected RETURN at octet 4"):
        reader(b"x").expect(b"RETURN")
    with pytest.raises(BadSyntax, match="expected the end of the command at octet 4"):
        reader(b"x").end()
    assert str(BadSyntax("a command")) == "expected a command"


def test_the_position_counts_literals() -> None:
    r = reader(b"{5+}\r\nhello {3+}\r\nyou")
    assert r.astring() == b"hello"
    assert r.position == 9
    assert not r.at_end()
    assert r.sp().astring() == b"you"
    assert r.position == 13
    assert r.at_end()


def test_a_literal_that_is_not_read_is_not_the_end() -> None:
    r = reader(b"{1+}\r\nx")
    assert not r.at_end()
    with pytest.raises(BadSyntax, match="the end of the command"):
        r.end()


def test_a_spooled_literal_is_too_big_for_a_string() -> None:
    event = request(b"{2+}\r\nhi")
    assert event.reader.sp().literal() == b"hi"
    for rule in (Reader.literal, Reader.astring, Reader.nstring8):
        with pytest.raises(TooBig):
            rule(Reader([b"", Literal(100_000), b""]))


def test_an_initial_response() -> None:
    assert reader(b"=").initial_response() == b""
    assert Reader([b""]).base64() == b""
    assert reader(b"aGk=").initial_response() == b"hi"
    with pytest.raises(BadSyntax, match="base64"):
        reader(b"aGk").initial_response()


def test_pieces_alternate() -> None:
    with pytest.raises(TypeError):
        Reader([Literal(0, data=b"")])
