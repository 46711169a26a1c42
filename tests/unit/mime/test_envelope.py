"""Envelopes, and the keys and dates that come with them."""

from __future__ import annotations

import pytest

from restante.mime.address import Address
from restante.mime.date import sent_date
from restante.mime.envelope import Envelope, envelope
from restante.mime.header import raw_values
from restante.mime.thread import ThreadKeys, message_ids, thread_keys
from restante.model.dates import MailDate

A = Address(None, None, b"a", b"x")
B = Address(None, None, b"b", b"x")
C = Address(None, None, b"c", b"x")


def read(header: bytes) -> Envelope:
    return envelope(raw_values(header))


def test_sender_and_reply_to_default_to_from() -> None:
    assert read(b"From: a@x\n") == Envelope(from_=(A,), sender=(A,), reply_to=(A,))
    assert read(b"From: a@x\nSender:\nReply-To: \n") == Envelope(from_=(A,), sender=(A,), reply_to=(A,))
    assert read(b"From: a@x\nSender: b@x\nReply-To: c@x\n") == Envelope(from_=(A,), sender=(B,), reply_to=(C,))


def test_missing_and_empty_texts_differ() -> None:
    found = read(b"Subject:\r\nDate: \r\n")
    assert (found.subject, found.date, found.message_id, found.in_reply_to) == (b"", b"", None, None)


def test_repeated_fields() -> None:
    found = read(b"TO: a@x\nto: b@x\nSubject: 1\nsubject: 2\nCc: g:;\nCc: c@x\n")
    assert found.to == (A, B)
    assert found.subject == b"1"
    assert found.cc == (Address(None, None, b"g", None), Address(None, None, None, None), C)


def test_texts_are_unfolded_and_else_as_written() -> None:
    found = read(b"Subject: =?utf-8?q?a?=\r\n  b\0\r\nMessage-ID:\r\n <a@b>\r\nIn-Reply-To: your mail <c@d>\r\n")
    assert found.subject == b"=?utf-8?q?a?=  b"
    assert found.message_id == b"<a@b>"
    assert found.in_reply_to == b"your mail <c@d>"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b'<"01KF8JCEOCBS0045PS"@xxx.yyy.com>', (b"01KF8JCEOCBS0045PS@xxx.yyy.com",)),  # RFC 5256 §3
        (b"<01KF8JCEOCBS0045PS@xxx.yyy.com>", (b"01KF8JCEOCBS0045PS@xxx.yyy.com",)),
        (b"<a@b>\r\n <c@d><e@f>, x <g@h>", (b"a@b", b"c@d", b"e@f", b"g@h")),
        (b'<"a\\"b"@c>', (b'a"b@c',)),
        (b"Your message of Monday", ()),
        (b"<no-at-sign>", (b"no-at-sign",)),
        (b"<>< ><a b@c>", ()),
        (b"<" + b"x" * 2000 + b"@y>", ()),
        (b"", ()),
    ],
)
def test_message_ids(value: bytes, wanted: tuple[bytes, ...]) -> None:
    assert message_ids(value) == wanted


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (b"Message-ID: <m@x>\nReferences: <a@x> <b@x>\nIn-Reply-To: <c@x>\n", ThreadKeys(b"m@x", (b"a@x", b"b@x"))),
        (b"References: none\nIn-Reply-To: <c@x> from <d@x>\n", ThreadKeys(None, (b"c@x",))),
        (b"In-reply-to: you\n", ThreadKeys(None, ())),
    ],
)
def test_thread_keys(header: bytes, wanted: ThreadKeys) -> None:
    found = envelope(raw_values(header))
    assert thread_keys(found.message_id, found.references, found.in_reply_to) == wanted


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (b"Fri, 21 Nov 1997 09:55:06 -0600", b"21-Nov-1997 09:55:06 -0600"),
        (b" Tue, 1 Jul 2003 10:52:37 +0200 (CEST)", b"01-Jul-2003 10:52:37 +0200"),
        (b"Thu,\r\n\t13\r\n\t  Feb\r\n\t1969\r\n\t23:32\r\n\t-0330 (Newfoundland Time)", b"13-Feb-1969 23:32:00 -0330"),
        (b"21 Nov 97 09:55:06 GMT", b"21-Nov-1997 09:55:06 +0000"),
        (b"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", b"21-Nov-1997 09:55:06 -0600"),
        (b"21 Nov 05 09:55 EDT", b"21-Nov-2005 09:55:00 -0400"),
        (b"21 Nov 105 09:55:00 Z", b"21-Nov-2005 09:55:00 +0000"),
        (b"21 November 1997 09:55:06", b"21-Nov-1997 09:55:06 +0000"),
        (b"Fri Nov 21 09:55:06 1997", b"21-Nov-1997 09:55:06 +0000"),
        (b"30 Feb 2020 00:00:00 +0000", None),
        (b"1 Jan 2020 01:02:03 +9999", b"01-Jan-2020 01:02:03 +0000"),
        (b"1 Jan 2020 25:02:03 +0100", b"01-Jan-2020 00:00:00 +0000"),
        (b"Thu, 21 Nov 1997", b"21-Nov-1997 00:00:00 +0000"),
        (b"21 Nov 1997 09:55:60 +0000", b"21-Nov-1997 09:55:59 +0000"),
        (b"1 Foo 2020 00:00:00 +0000", None),
        (b"0 Jan 0000 99:99:99 +0000", None),
        (b"yesterday", None),
        (b"", None),
        (b"\xff\0" * 500, None),
    ],
)
def test_sent_date(value: bytes, wire: bytes | None) -> None:
    found = sent_date(value)
    assert (found.wire() if found is not None else None) == wire


def test_a_date_keeps_its_zone() -> None:
    assert sent_date(b"17 Jul 1996 02:44:25 -0700") == MailDate(837596665, -420)
    assert sent_date(None) is None
