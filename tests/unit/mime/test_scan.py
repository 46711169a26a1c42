"""The scanner: offsets, types, boundaries, caps."""

from __future__ import annotations

import email
import mmap
from pathlib import Path

import pytest
from tests.support.mail import differs, stdlib_messages

from restante.mime.part import Part
from restante.mime.scan import ScanLimits, scan

# RFC 2046 §5.1.1
SIMPLE = b"""From: Nathaniel Borenstein <nsb@bellcore.com>
To: Ned Freed <ned@innosoft.com>
Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)
Subject: Sample message
MIME-Version: 1.0
Content-type: multipart/mixed; boundary="simple boundary"

This is the preamble.  It is to be ignored.

--simple boundary

This is implicitly typed plain US-ASCII text.
It does NOT end with a linebreak.
--simple boundary
Content-type: text/plain; charset=us-ascii

This is explicitly typed plain US-ASCII text.
It DOES end with a linebreak.

--simple boundary--

This is the epilogue.  It is also to be ignored.
"""

# RFC 9051 §6.4.5.1
COMPLEX = b"""Subject: outer
Content-Type: multipart/mixed; boundary=o

--o

one
--o
Content-Type: application/octet-stream

two
--o
Content-Type: message/rfc822

Subject: three
Content-Type: multipart/mixed; boundary=t

--t

three-one
--t
Content-Type: application/octet-stream

three-two
--t--
--o
Content-Type: multipart/mixed; boundary=f

--f
Content-Type: image/gif
Content-ID: <gif@x>

four-one
--f
Content-Type: message/rfc822

Subject: four-two
Content-Type: multipart/mixed; boundary=u

--u

four-two-one
--u
Content-Type: multipart/alternative; boundary=v

--v

four-two-two-one
--v
Content-Type: text/richtext

four-two-two-two
--v--
--u--
--f--
--o--
"""


def crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


def body(raw: bytes, part: Part | None) -> bytes:
    assert part is not None
    return raw[part.body_start : part.end]


def kinds(part: Part) -> list[bytes]:
    return [one.type + b"/" + one.subtype for one in part.walk()]


@pytest.mark.parametrize("raw", [SIMPLE, crlf(SIMPLE)], ids=["LF", "CRLF"])
def test_the_sample_message_of_rfc_2046(raw: bytes) -> None:
    part = scan(raw)
    eol = b"\r\n" if b"\r\n" in raw else b"\n"
    assert kinds(part) == [b"MULTIPART/MIXED", b"TEXT/PLAIN", b"TEXT/PLAIN"]
    first, second = part.children
    assert body(raw, first) == eol.join(
        [b"This is implicitly typed plain US-ASCII text.", b"It does NOT end with a linebreak."]
    )
    assert body(raw, second).endswith(b"It DOES end with a linebreak." + eol)
    assert (first.lines, second.lines) == (2, 2)
    assert first.params == ((b"CHARSET", b"US-ASCII"),)
    assert second.params == ((b"CHARSET", b"us-ascii"),)
    assert part.end == len(raw)


@pytest.mark.parametrize("raw", [COMPLEX, crlf(COMPLEX)], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ((1,), b"TEXT/PLAIN", b"one"),
        ((2,), b"APPLICATION/OCTET-STREAM", b"two"),
        ((3,), b"MESSAGE/RFC822", None),
        ((3, 1), b"TEXT/PLAIN", b"three-one"),
        ((3, 2), b"APPLICATION/OCTET-STREAM", b"three-two"),
        ((4,), b"MULTIPART/MIXED", None),
        ((4, 1), b"IMAGE/GIF", b"four-one"),
        ((4, 2), b"MESSAGE/RFC822", None),
        ((4, 2, 1), b"TEXT/PLAIN", b"four-two-one"),
        ((4, 2, 2), b"MULTIPART/ALTERNATIVE", None),
        ((4, 2, 2, 1), b"TEXT/PLAIN", b"four-two-two-one"),
        ((4, 2, 2, 2), b"TEXT/RICHTEXT", b"four-two-two-two"),
    ],
)
def test_the_part_numbers_of_rfc_9051(raw: bytes, path: tuple[int, ...], kind: bytes, text: bytes | None) -> None:
    part = scan(raw).find(path)
    assert part is not None
    assert part.type + b"/" + part.subtype == kind
    if text is not None:
        assert body(raw, part) == text


@pytest.mark.parametrize("path", [(0,), (5,), (1, 1), (3, 3), (3, 0), (4, 1, 1), (4, 2, 2, 3), (-1,)])
def test_numbers_that_name_no_part(path: tuple[int, ...]) -> None:
    assert scan(COMPLEX).find(path) is None


def test_the_empty_path_is_the_message_itself() -> None:
    part = scan(COMPLEX)
    assert part.find(()) is part


def test_header_text_and_mime_of_a_nested_message() -> None:
    part = scan(COMPLEX).find((4, 2))
    assert part is not None
    assert part.message is not None
    message = part.message
    assert COMPLEX[message.start : message.body_start] == (
        b"Subject: four-two\nContent-Type: multipart/mixed; boundary=u\n\n"
    )
    assert COMPLEX[message.body_start : message.end].startswith(b"--u\n")
    assert COMPLEX[part.start : part.body_start] == b"Content-Type: message/rfc822\n\n"
    assert message.envelope is not None
    assert message.envelope.subject == b"four-two"


def test_part_one_of_a_message_that_is_no_multipart_is_its_text() -> None:
    raw = b"Subject: x\r\n\r\nhello"
    part = scan(raw)
    assert part.find((1,)) is part
    assert body(raw, part) == b"hello"
    assert part.lines == 1
    assert part.find((2,)) is None
    assert part.find((1, 1)) is None


def test_part_one_of_a_message_that_is_a_message() -> None:
    raw = b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhello\r\n"
    part = scan(raw)
    assert part.find((1,)) is part
    assert part.message is not None
    assert part.find((1, 1)) is part.message
    assert body(raw, part.find((1, 1))) == b"hello\r\n"
    assert part.lines == 3


def test_boundaries_match_whole_lines() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\nx\n--bb\n--b-\n --b\ny--b\n--b \nA: b\n\nz\n--b--  \nend"
    part = scan(raw)
    assert [body(raw, child) for child in part.children] == [b"x\n--bb\n--b-\n --b\ny--b", b"z"]


def test_a_boundary_that_begins_with_another() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n"
        b"--bb\n\nin\n--bb--\n--b\n\nout\n--b--\n"
    )
    part = scan(raw)
    assert body(raw, part.find((1, 1))) == b"in"
    assert body(raw, part.find((2,))) == b"out"


def test_a_boundary_that_looks_like_the_end_of_another_is_the_outer_ones() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b--\n\n"
        b"--b--\nafter\n"
    )
    part = scan(raw)
    assert len(part.children) == 1
    assert part.children[0].end <= raw.index(b"--b--\nafter")


def test_an_outer_boundary_ends_an_inner_multipart() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n"
        b"--i\n\nin\n--o\n\nout\n--o--\n"
    )
    part = scan(raw)
    assert body(raw, part.find((1, 1))) == b"in"
    assert body(raw, part.find((2,))) == b"out"


def test_the_same_boundary_twice_is_the_outer_ones() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=o\n\n"
        b"--o\n\nx\n--o--\n--o\n\ny\n--o--\n"
    )
    part = scan(raw)
    assert len(part.children) == 2
    assert body(raw, part.find((2,))) == b"x"


def test_a_multipart_without_a_boundary_is_text() -> None:
    for kind in (b"multipart/mixed", b'multipart/mixed; boundary=""', b"multipart/mixed; x=y"):
        part = scan(b"Content-Type: " + kind + b"\n\n--\nx\n")
        assert (part.type, part.subtype, part.children) == (b"TEXT", b"PLAIN", ())


def test_a_multipart_without_parts_shows_the_text_it_holds() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\nno part here\n"
    part = scan(raw)
    assert body(raw, part.find((1,))) == b"no part here\n"
    assert part.children[0].lines == 1
    assert len(scan(b"Content-Type: multipart/mixed; boundary=b\n\n--b--\n").children) == 1


def test_a_digests_parts_are_messages() -> None:
    raw = (
        b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\nx\n"
        b"--b\nContent-Type: text/plain\n\ny\n--b--\n"
    )
    part = scan(raw)
    assert kinds(part) == [b"MULTIPART/DIGEST", b"MESSAGE/RFC822", b"TEXT/PLAIN", b"TEXT/PLAIN"]
    nested = part.children[0].message
    assert nested is not None
    assert nested.envelope is not None
    assert nested.envelope.subject == b"one"


def test_a_part_without_a_header_is_all_body() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nhello there\nworld\n--b\nX: y\n--b--\n"
    part = scan(raw)
    assert body(raw, part.find((1,))) == b"hello there\nworld"
    assert body(raw, part.find((2,))) == b""


def test_messages_at_the_edge() -> None:
    for raw in (b"", b"\n", b"\r\n", b"x", b"X: y", b"X: y\r\n", b"\r", b"--", b"From x\nA: b\n\n"):
        part = scan(raw)
        assert (part.start, part.end) == (0, len(raw))
    assert scan(b"\r\nhello").body_start == 2
    assert scan(b"X: y").body_start == 4
    assert scan(b"X: y\n\nhello\n\nx").body_start == 6


def test_a_mapped_file_is_scanned_as_octets_are(tmp_path: Path) -> None:
    path = tmp_path / "message"
    path.write_bytes(COMPLEX)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert scan(mapped) == scan(COMPLEX)


def test_fields_of_a_part() -> None:
    part = scan(
        b"Content-Type: TEXT/html; charset=utf-8\nContent-ID: <i@d>\nContent-Description: what\n it is\n"
        b"Content-MD5: Q2hlY2s=\nContent-Disposition: Attachment; filename=f\nContent-Language: de, en-GB\n"
        b"Content-Location: http://x/\nContent-Transfer-Encoding: Base64 (really)\nContent-Type: image/gif\n\nx\n"
    )
    assert (part.type, part.subtype, part.charset) == (b"TEXT", b"HTML", b"utf-8")
    assert (part.content_id, part.description, part.md5) == (b"<i@d>", b"what it is", b"Q2hlY2s=")
    assert part.disposition == (b"ATTACHMENT", ((b"FILENAME", b"f"),))
    assert part.is_attachment
    assert (part.language, part.location) == ((b"de", b"en-GB"), b"http://x/")
    assert part.encoding == b"BASE64"


def test_nesting_beyond_the_cap_is_opaque() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(10_000))
    part = scan(raw, ScanLimits(depth=20))
    chain = list(part.walk())
    assert len(chain) == 21
    assert (chain[-1].type, chain[-1].subtype) == (b"APPLICATION", b"OCTET-STREAM")
    assert chain[-1].end == len(raw)


def test_a_cap_that_python_could_not_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="200"):
        ScanLimits(depth=201)
    assert len(list(scan(b"Content-Type: message/rfc822\n\n" * 300, ScanLimits(depth=200)).walk())) == 201


def test_messages_within_messages_beyond_the_cap_are_opaque() -> None:
    raw = b"Content-Type: message/rfc822\n\n" * 10_000
    chain = list(scan(raw).walk())
    assert len(chain) == ScanLimits().depth + 1
    assert chain[-1].type == b"APPLICATION"
    assert chain[0].lines == 20_000 - 2


def test_parts_beyond_the_cap_are_one_opaque_part() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000
    part = scan(raw)
    assert len(part.children) == ScanLimits().parts
    assert part.children[-1].type == b"APPLICATION"
    assert part.children[-1].end == len(raw)
    assert body(raw, part.children[-2]) == b"x"


def test_the_part_after_the_cap_still_ends_at_the_outer_boundary() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n"
        + b"--i\n\nx\n" * 5
        + b"--o\n\nout\n--o--\n"
    )
    part = scan(raw, ScanLimits(parts=4))
    assert [child.type for child in part.children] == [b"MULTIPART", b"APPLICATION"]
    assert [child.type for child in part.children[0].children] == [b"TEXT", b"TEXT", b"APPLICATION"]
    assert part.children[0].end < raw.index(b"--o\n\nout")


def test_boundary_lines_beyond_the_cap_are_not_looked_at() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n" + b"--bx\n" * 50 + b"--b--\n"
    assert scan(raw, ScanLimits(boundaries=20)).children[0].end == len(raw)
    assert scan(raw).children[0].end == raw.index(b"\n--b--")


def test_a_header_beyond_the_cap_is_served_but_not_read() -> None:
    raw = b"Subject: x\n" + b"X-Y: z\n" * 1_500_000 + b"From: a@b\nContent-Type: image/gif\n\nbody"
    part = scan(raw)
    assert part.body_start == len(raw) - 4
    assert part.type == b"TEXT"
    assert part.envelope is not None
    assert part.envelope.subject == b"x"
    assert part.envelope.from_ == ()


def test_all_headers_together_have_a_cap() -> None:
    raw = b"Content-Type: multipart/digest; boundary=b\n\n" + b"--b\n\nSubject: x\n\n" * 50
    subjects = [one.envelope.subject for one in scan(raw, ScanLimits(headers=200)).walk() if one.envelope is not None]
    assert subjects[:3] == [None, b"x", b"x"]
    assert subjects[-1] is None


# What the standard library reads otherwise. 17, 31, 39, 42: a multipart without parts, which IMAP does not know. 25, 41: one
# without a boundary. 19, 35, 47: a line that is no field ends its header, not ours. 37: empty parts between boundaries, which it
# leaves out.
ODD = {f"msg_{number}.txt" for number in (17, 19, 25, 31, 35, 37, 39, 41, 42, 47)}


@pytest.mark.parametrize("raw", [SIMPLE, COMPLEX, crlf(COMPLEX)])
def test_the_standard_library_sees_the_same_in_the_rfcs_messages(raw: bytes) -> None:
    assert differs(raw, scan(raw), email.message_from_bytes(raw)) == ""


def test_the_standard_library_sees_the_same_in_its_own_messages() -> None:
    found = {}
    for path in stdlib_messages():
        raw = path.read_bytes()
        if difference := differs(raw, scan(raw), email.message_from_bytes(raw)):
            found[path.name] = difference[:200]
    assert set(found) == ODD, found
