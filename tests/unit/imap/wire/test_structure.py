"""ENVELOPE, BODY and BODYSTRUCTURE as octets."""

from __future__ import annotations

import pytest
from tests.support.bodystructure_grammar import BadGrammar, read_body, read_envelope

from restante.imap.wire.structure import body, envelope
from restante.mime.envelope import Envelope
from restante.mime.envelope import envelope as read
from restante.mime.header import raw_values
from restante.mime.part import Part
from restante.mime.scan import scan


def crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


def written(header: bytes, *, utf8: bool = False) -> bytes:
    return envelope(read(raw_values(header)), utf8=utf8)


def test_the_envelope_of_rfc_9051() -> None:
    """RFC 9051 §8."""
    header = crlf(
        b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\nFrom: Terry Gray <gray@cac.washington.edu>\n"
        b"Subject: IMAP4rev2 WG mtg summary and minutes\nTo: imap@cac.washington.edu\n"
        b"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\n"
        b"Message-Id: <B27397-0100000@cac.washington.edu>\nMIME-Version: 1.0\n"
        b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\n\n"
    )
    assert written(header) == (
        b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes"'
        b' (("Terry Gray" NIL "gray" "cac.washington.edu"))'
        b' (("Terry Gray" NIL "gray" "cac.washington.edu"))'
        b' (("Terry Gray" NIL "gray" "cac.washington.edu"))'
        b' ((NIL NIL "imap" "cac.washington.edu"))'
        b' ((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU"))'
        b' NIL NIL "<B27397-0100000@cac.washington.edu>")'
    )


def test_a_simple_body_of_rfc_9051() -> None:
    """RFC 9051 §7.5.2."""
    line = b"x" * 45 + b"\r\n"
    text = line * 47 + b"x" * (2279 - 47 * 47 - 2) + b"\r\n"
    part = scan(b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n" + text)
    assert body(part) == b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 2279 48)'
    assert body(part, True) == b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 2279 48 NIL NIL NIL NIL)'


def test_a_body_of_two_parts_of_rfc_9051() -> None:
    """RFC 9051 §7.5.2."""
    first = b"x" * 48 + b"\r\n"
    second = b"y" * 60 + b"\r\n"
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
        + first * 22
        + b"x" * 50
        + b"\r\n"
        + b"\r\n--b\r\nContent-Type: TEXT/PLAIN; charset=US-ASCII; name=cc.diff\r\n"
        b"Content-ID: <960723163407.20117h@cac.washington.edu>\r\nContent-Description: Compiler diff\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + second * 73 + b"z" * 26 + b"\r\n" + b"\r\n--b--\r\n"
    )
    assert body(scan(raw)) == (
        b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)'
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff"'
        b' "BASE64" 4554 74) "MIXED")'
    )


def test_extension_fields() -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="b"\nContent-Language: de, en\n\n--b\n'
        b'Content-Disposition: attachment; filename="a \\"b\\".txt"\n'
        b"Content-Language: fr\nContent-Location: x/y\nContent-MD5: Q2g=\n\nx\n--b--\n"
    )
    assert body(scan(raw), True) == (
        b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1 1 "Q2g="'
        b' ("ATTACHMENT" ("FILENAME" "a \\"b\\".txt")) ("fr") "x/y")'
        b' "MIXED" ("BOUNDARY" "b") NIL ("de" "en") NIL)'
    )


def test_an_encapsulated_message() -> None:
    raw = b"Content-Type: message/rfc822\n\nSubject: in\nFrom: a@b\nContent-Type: image/png\n\nxy\n"
    assert body(scan(raw)) == (
        b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 (NIL "in" ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "a" "b"))'
        b' NIL NIL NIL NIL NIL) ("IMAGE" "PNG" NIL NIL NIL "7BIT" 3) 5)'
    )


def test_groups() -> None:
    found = read_envelope(written(b"To: A: b@c;, d@e\n"))
    assert found["to"] == [
        (None, None, b"A", None), (None, None, b"b", b"c"), (None, None, None, None), (None, None, b"d", b"e")
    ]  # fmt: skip


def test_eight_bit_text_is_a_literal_or_quoted_with_utf8() -> None:
    header = "Subject: Grüße\n".encode()
    assert written(header) == b"(NIL {7}\r\n" + "Grüße".encode() + b" NIL NIL NIL NIL NIL NIL NIL NIL)"
    assert written(header, utf8=True) == '(NIL "Grüße" NIL NIL NIL NIL NIL NIL NIL NIL)'.encode()
    assert written(b"Subject: \xe4\n", utf8=True) == b"(NIL {1}\r\n\xe4 NIL NIL NIL NIL NIL NIL NIL NIL)"


def test_empty_values() -> None:
    assert envelope(Envelope()) == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
    assert written(b"Subject:\nTo:\n") == b'(NIL "" NIL NIL NIL NIL NIL NIL NIL NIL)'


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=b\n\n--b--\n",
        b"Content-Type: multipart/mixed\n\n",
        b"Content-Type: message/rfc822\n\n",
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nAAAA\n",
        b"Content-Type: te\xffxt/\x80; \xe4=\xe4; a\x00b=c\x00\n\n",
        b"Content-Type: text/plain; x*0*=a; x*1=\xff\nContent-Language: ,,\nContent-Disposition: ;\n\n",
        b'Content-Description: "\\\n\n',
        b"Content-ID:" + b"x" * 5000 + b"\n\n",
    ],
)
@pytest.mark.parametrize("extensible", [True, False])
def test_odd_messages_keep_to_the_grammar(raw: bytes, extensible: bool) -> None:
    assert read_body(body(scan(raw), extensible), extensible=extensible)


def test_a_multipart_built_without_children_keeps_to_the_grammar() -> None:
    assert read_body(body(Part(0, 0, 0, b"MULTIPART", b"MIXED"), True))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"()",
        b'("A")',
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1)',
        b'("A" "B" () NIL NIL "7BIT" 1)',
        b'("\xe4" "B" NIL NIL NIL "7BIT" 1)',
    ],
)
def test_the_checker_finds_what_is_wrong(text: bytes) -> None:
    with pytest.raises(BadGrammar):
        read_body(text, extensible=False)
