"""Any octets give a tree, a structure that parses, and text."""

from __future__ import annotations

import email
from collections.abc import Iterable
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.bodystructure_grammar import read_body, read_envelope
from tests.support.mail import corpus, differs, stdlib_messages

from restante.imap.wire import structure
from restante.mime.address import addresses
from restante.mime.charset import decode_text
from restante.mime.date import sent_date
from restante.mime.encode import dump, load
from restante.mime.header import fields, select
from restante.mime.html import html_text
from restante.mime.part import Part
from restante.mime.scan import ScanLimits, scan
from restante.mime.subject import base_subject
from restante.mime.text import decoded_text, preview
from restante.mime.thread import message_ids
from restante.mime.transfer import decode
from restante.mime.words import decode_words

PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=a\r\n",
        b'Content-Type: multipart/digest; boundary="a--"\n',
        b"Content-Type: multipart/alternative; boundary=aa\r\n",
        b"Content-Type: multipart/mixed\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n",
        b"Content-Type: text/html; charset=utf-7; name*0*=utf-8''%e2; name*1=x\r\n",
        b'Content-Disposition: attachment; filename="a\\"b"\r\n',
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"From: A (b) <@x,@y:c@d>, g: e@f;\r\n",
        b"Subject: =?utf-8?b?4oKs?= =?x?q?=ff?=\r\n",
        b"--a\r\n",
        b"--a--\r\n",
        b"--aa \n",
        b"--a----\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" folded\r\n",
        b"From mbox Mon Jan\r\n",
        b"hello \xe4 world\r\n",
    ]
)
MESSAGES = st.one_of(
    st.binary(max_size=300), st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=40).map(b"".join)
)


def check_tree(part: Part, low: int, high: int) -> None:
    """Offsets are in bounds and in order, children within their parent and one after the other."""
    assert low <= part.start <= part.body_start <= part.end <= high
    inner: Iterable[Part] = part.children if part.message is None else (part.message,)
    at = part.body_start
    for child in inner:
        check_tree(child, at, part.end)
        at = child.end
    assert (part.type == b"MULTIPART") == bool(part.children)
    is_message = part.type == b"MESSAGE" and part.subtype in (b"RFC822", b"GLOBAL")
    assert is_message == (part.message is not None)


def check(raw: bytes, limits: ScanLimits | None = None) -> None:
    part = scan(raw, limits or ScanLimits())
    check_tree(part, 0, len(raw))
    assert (part.start, part.end) == (0, len(raw))
    assert part.envelope is not None
    for utf8 in (False, True):
        assert read_envelope(structure.envelope(part.envelope, utf8=utf8), utf8=utf8)
        for extensible in (False, True):
            assert read_body(structure.body(part, extensible, utf8=utf8), extensible=extensible, utf8=utf8)
    again = load(dump(part))
    assert [(p.start, p.body_start, p.end, p.type, p.subtype) for p in part.walk()] == [
        (p.start, p.body_start, p.end, p.type, p.subtype) for p in again.walk()
    ]
    assert dump(again) == dump(part)
    decoded_text(raw, part).encode()
    assert len(preview(raw, part)) <= 200


@given(MESSAGES)
@settings(max_examples=300, deadline=None)
def test_any_octets(raw: bytes) -> None:
    check(raw)


@given(MESSAGES)
@settings(max_examples=100, deadline=None)
def test_any_octets_within_tight_caps(raw: bytes) -> None:
    check(raw, ScanLimits(depth=2, parts=3, header=60, boundaries=4))


@given(st.binary(max_size=200), st.sampled_from([b"base64", b"quoted-printable", b"x-uue", b"binary", b"\xff"]))
@settings(max_examples=200, deadline=None)
def test_any_octets_decode(raw: bytes, encoding: bytes) -> None:
    decode(raw, encoding)
    decode(b"begin 644 x\n" + raw, encoding)


@given(
    st.binary(max_size=100),
    st.one_of(st.sampled_from(["utf-7", "utf-16", "hz", "iso-2022-jp", "utf-8", "gb2312"]), st.text()),
)
@settings(max_examples=300, deadline=None)
def test_any_octets_in_any_charset(raw: bytes, label: str) -> None:
    decode_text(raw, label).encode()


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_field(raw: bytes) -> None:
    for person in addresses(raw):
        assert (person.host is None) == (person.name is None and (person.mailbox is None or person.host is None))
    assert b"\0" not in b"".join(text or b"" for person in addresses(raw) for text in person)
    decode_words(raw).encode()
    sent_date(raw)
    message_ids(raw)
    fields(raw)
    assert select(raw, [b"a"]).endswith(b"\r\n")


@given(st.text(alphabet="<>&#;!-/sScriptx1 ='\"\n", max_size=100), st.text(alphabet="[]() rRefFwWdD:x", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text(html: str, subject: str) -> None:
    html_text(html).encode()
    base, _ = base_subject(subject)
    assert base_subject(base)[0] == base


@pytest.mark.parametrize("limits", [ScanLimits(), ScanLimits(depth=1, parts=2)])
def test_every_message_of_the_corpus(limits: ScanLimits) -> None:
    for path in corpus():
        check(path.read_bytes(), limits)


def test_every_message_of_the_standard_library() -> None:
    for path in stdlib_messages():
        check(path.read_bytes())
        check(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


LEAVES = st.one_of(
    st.text(alphabet="abc äß€-\n", max_size=60).map(lambda text: MIMEText(text, "plain", "utf-8")),
    st.text(alphabet="abc-=\n", max_size=60).map(lambda text: MIMEText(text, "html", "us-ascii")),
    st.binary(max_size=60).map(MIMEApplication),
)


def multipart(children: list[Message]) -> Message:
    return MIMEMultipart(_subparts=children)


TREES = st.recursive(
    LEAVES.map(lambda leaf: leaf),
    lambda inner: st.one_of(st.lists(inner, min_size=1, max_size=4).map(multipart), inner.map(MIMEMessage)),
    max_leaves=12,
)


@given(TREES)
@settings(max_examples=150, deadline=None)
def test_the_standard_library_sees_the_same_in_what_it_wrote(message: Message) -> None:
    message["Subject"] = "x"
    for raw in (message.as_bytes(), message.as_bytes(policy=SMTP)):
        part, parsed = scan(raw), email.message_from_bytes(raw)
        assert differs(raw, part, parsed) == ""
        mine = [
            decode(raw[one.body_start : one.end], one.encoding)
            for one in part.walk()
            if one.message is None and not one.children
        ]
        theirs = [one.get_payload(decode=True) for one in parsed.walk() if not one.is_multipart()]
        assert mine == theirs
