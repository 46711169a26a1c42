"""Content goes through stuffing and back unchanged, however it is cut (RFC 5321 §4.5.2); commands read as written."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from restante.smtp.command import Mail, Rcpt, read_command
from restante.smtp.connection import Connection, Content, ContentEnd
from restante.smtp.content import LineEnds
from restante.smtp.path import read_path

ODD = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\x00", b"\xff", b"From "]), max_size=40).map(
    b"".join
)


def canonical(octets: bytes) -> bytes:
    """*octets* with CRLF at each line's end."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", octets)


def stuffed(content: bytes) -> bytes:
    """*content*, which ends with CRLF or is empty, as a client sends it."""
    return re.sub(rb"(\A|\r\n)\.", rb"\1..", content) + b".\r\n"


def read(wire: Connection, stream: bytes, cuts: list[int]) -> bytes:
    """The content *wire* finds in *stream*, cut at *cuts*; it must end with the stream."""
    found, ends = [], 0
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        wire.receive(stream[start:stop])
        while (event := wire.next_event()) is not None:
            if isinstance(event, Content):
                assert not ends
                found.append(event.data)
            elif isinstance(event, ContentEnd):
                ends += 1
    assert ends == 1
    assert wire.pending == 0
    return b"".join(found)


def sorted_cuts(data: st.DataObject, length: int) -> list[int]:
    return sorted(data.draw(st.lists(st.integers(0, length), max_size=8)))


@given(ODD, st.data())
def test_data(octets: bytes, data: st.DataObject) -> None:
    content = octets + b"\r\n" if octets else b""
    stream = stuffed(content)
    wire = Connection()
    wire.expect_content()
    assert read(wire, stream, sorted_cuts(data, len(stream))) == canonical(content)


@given(ODD, st.data())
def test_chunk(octets: bytes, data: st.DataObject) -> None:
    stream = b"BDAT %d LAST\r\n" % len(octets) + octets
    assert read(Connection(), stream, sorted_cuts(data, len(stream))) == canonical(octets)


@given(st.lists(ODD))
def test_line_ends(pieces: list[bytes]) -> None:
    ends = LineEnds()
    assert b"".join([*map(ends.feed, pieces), ends.finish()]) == canonical(b"".join(pieces))


ATOM = st.text(st.characters(categories=["L", "N"]) | st.sampled_from("+-_=.!#$%&'*/?^`{|}~"), min_size=1, max_size=20)
QUOTED = st.text(st.sampled_from('ab @<>,:;."\\'), max_size=10).map(
    lambda text: '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
)
ADDRESS = st.builds(lambda local, domain: f"{local}@{domain}", ATOM | QUOTED, ATOM) | ATOM | QUOTED


@given(ADDRESS, st.sampled_from(["", " ", "\t"]), st.sampled_from(["", "@relay:", "@a,@b.example:"]))
def test_paths(address: str, space: str, route: str) -> None:
    assert read_command(f"MAIL FROM:{space}<{route}{address}> SMTPUTF8".encode()) == Mail(
        address, (("SMTPUTF8", None),)
    )
    assert read_command(f"RCPT TO:{space}<{route}{address}>{space}".encode()) == Rcpt(address)
    path = read_path(address, 0)
    assert path is not None
    assert (path.address, path.end) == (address, len(address))


@given(st.text(max_size=60))
def test_any_path(text: str) -> None:
    path = read_path(text, 0)
    assert path is None or not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", path.address)
