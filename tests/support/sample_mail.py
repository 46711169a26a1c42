"""Whole mails as a post office sees them: RFC 5322 octets, CRLF, the same on every run.

Strategy: every octet is written out here (boundaries, encoded words, base64 lines), so that a test can compare what a
client or server hands back with what went in, octet for octet. Rule: nothing here depends on a clock, a random source or
the running Python's email package.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CRLF: Final = b"\r\n"

BINARY: Final = bytes((7 * n * n + 13 * n) % 256 for n in range(6000))
"""6000 octets of every value, an attachment's content."""

PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A GIF of one pixel, an inline image."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: the octets, and the facts a test asks a client about."""

    name: str
    raw: bytes
    message_id: str
    subject: str


def mails() -> tuple[Mail, ...]:
    """All sample mails, each of another build, in a fixed order."""
    return (plain(), unicode_text(), alternative(), attachment(), inline_image(), forwarded(), large())


def plain(name: str = "plain", subject: str = "The post office opens at nine") -> Mail:
    """A single text/plain mail in US-ASCII; *name* makes its Message-ID."""
    body = text_part("plain", b"Dear reader,\r\n\r\nyour letters wait for you.\r\n.\r\n-- \r\nThe clerk\r\n")
    return mail(name, subject, subject.encode("ascii"), body)


def unicode_text() -> Mail:
    """UTF-8 in the headers as encoded words (RFC 2047 §2), in the body as quoted-printable (RFC 2045 §6.7)."""
    content = b"Sch=C3=B6ne Gr=C3=BC=C3=9Fe aus K=C3=B6ln =E2=80=93 =E6=89=8B=E7=B4=99\r\n"
    subject = b"=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=\r\n =?UTF-8?B?IOKAkyDmiYvntJk=?="
    return mail("unicode", "Grüße aus Köln – 手紙", subject, text_part("plain", content, "quoted-printable"))


def alternative() -> Mail:
    """The same words as text and as HTML (RFC 2046 §5.1.4)."""
    return mail("alternative", "Two forms of one letter", b"Two forms of one letter", both_forms("alt-1"))


def attachment() -> Mail:
    """A letter with a binary attachment whose file name is not ASCII (RFC 2231 §4)."""
    enclosed = binary_part(
        b"application/octet-stream",
        BINARY,
        b"Content-Disposition: attachment;\r\n filename*=UTF-8''Rechnung%20M%C3%A4rz.bin",
    )
    body = multipart("mixed", "mixed-1", (both_forms("alt-2"), enclosed))
    return mail("attachment", "The bill is enclosed", b"The bill is enclosed", body)


def inline_image() -> Mail:
    """HTML that shows an image from the same mail by its Content-ID (RFC 2387)."""
    page = text_part("html", b'<p>See <img src="cid:pixel@example.test"></p>\r\n')
    image = binary_part(
        b"image/gif", PIXEL, b"Content-ID: <pixel@example.test>\r\nContent-Disposition: inline; filename=pixel.gif"
    )
    return mail("inline-image", "A picture", b"A picture", multipart("related", "related-1", (page, image)))


def forwarded() -> Mail:
    """A mail that carries another whole mail, which carries an attachment (RFC 2046 §5.2.1)."""
    inner = CRLF.join(
        (
            b"Content-Type: message/rfc822",
            b"Content-Disposition: attachment; filename=letter.eml",
            b"",
            attachment().raw,
        )
    )
    body = multipart("mixed", "mixed-2", (text_part("plain", b"Please see below.\r\n"), inner))
    return mail("forwarded", "Fwd: The bill is enclosed", b"Fwd: The bill is enclosed", body)


def large() -> Mail:
    """A mail of about 270,000 octets: more than one read of any socket."""
    enclosed = binary_part(b"application/zip", BINARY * 33, b"Content-Disposition: attachment; filename=big.zip")
    body = multipart("mixed", "mixed-3", (text_part("plain", b"It is a big one.\r\n"), enclosed))
    return mail("large", "A parcel", b"A parcel", body)


def mail(name: str, subject: str, subject_field: bytes, part: bytes) -> Mail:
    """A mail of *part* (its MIME fields, an empty line, its body) under the usual header."""
    header = (
        b"Received: from relay.example.test (relay.example.test [192.0.2.7])",
        b"\tby mx.example.test with ESMTPS id 4R7; Thu, 2 Apr 2026 09:30:00 +0200",
        b"Date: Thu, 2 Apr 2026 09:29:58 +0200",
        b"From: =?UTF-8?Q?Ren=C3=A9e_Fran=C3=A7ois?= <renee@example.test>",
        b'To: "Post, Restante" <post@example.test>, second@example.test',
        b"Cc: A group: third@example.test, fourth@example.test;",
        b"Subject: " + subject_field,
        b"Message-ID: <" + name.encode("ascii") + b"@mail.example.test>",
        b"MIME-Version: 1.0",
    )
    return Mail(name, CRLF.join((*header, part)), f"<{name}@mail.example.test>", subject)


def both_forms(boundary: str) -> bytes:
    """A multipart/alternative part of text and HTML."""
    text = text_part("plain", b"Meet me at the *caf=C3=A9*.\r\n", "quoted-printable")
    page = text_part("html", b"<html><body>Meet me at the <b>caf=C3=A9</b>.</body></html>\r\n", "quoted-printable")
    return multipart("alternative", boundary, (text, page))


def text_part(subtype: str, content: bytes, encoding: str = "7bit") -> bytes:
    """A text part, *content* already in its transfer *encoding*."""
    fields = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return fields.encode("ascii") + content


def binary_part(media_type: bytes, content: bytes, fields: bytes) -> bytes:
    """A base64 part with lines of 76 characters (RFC 2045 §6.8)."""
    lines = base64.encodebytes(content).replace(b"\n", CRLF)
    header = (b"Content-Type: " + media_type, b"Content-Transfer-Encoding: base64", fields, b"", lines)
    return CRLF.join(header)


def multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """A multipart of *parts*, with preamble and epilogue, which no reader may show (RFC 2046 §5.1.1)."""
    line = b"--" + boundary.encode("ascii")
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\nThis is a mail of several parts.\r\n'
    body = b"".join(line + CRLF + part + CRLF for part in parts)
    return head.encode("ascii") + body + line + b"--\r\nThe end.\r\n"
