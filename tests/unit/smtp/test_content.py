"""End of content and transparency (RFC 5321 §4.5.2); nothing but CRLF.CRLF ends it."""

import pytest

from restante.smtp.connection import Connection, Content, ContentEnd
from restante.smtp.content import LineEnds

CASES = [
    (b".\r\n", b""),
    (b"\r\n.\r\n", b"\r\n"),
    (b"Hello\r\n.\r\n", b"Hello\r\n"),
    (b"..\r\n.\r\n", b".\r\n"),
    (b"a\r\n..b\r\n.c\r\n...\r\n.\r\n", b"a\r\n.b\r\nc\r\n..\r\n"),
    (b"a\nb\r\n.\r\n", b"a\r\nb\r\n"),
    (b"a\n.\nb\r\n.\r\n", b"a\r\n.\r\nb\r\n"),
    (b"a\n.\r\nb\r\n.\r\n", b"a\r\n.\r\nb\r\n"),
    (b"a\r\n.\nb\r\n.\r\n", b"a\r\n\r\nb\r\n"),
    (b"a\r.\rb\r\n.\r\n", b"a\r.\rb\r\n"),
    (b"a\r.\r\nb\r\n.\r\n", b"a\r.\r\nb\r\n"),
    (b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n"),
    (b"a\r\r\n.\r\n", b"a\r\r\n"),
    (b"a\n\n\r\n.\r\n", b"a\r\n\r\n\r\n"),
    (b"\n.\r\n\n.\r\n\r\n.\r\n", b"\r\n.\r\n\r\n.\r\n\r\n"),
    (b"\x00\xff\r\n.\r\n", b"\x00\xff\r\n"),
]


def content(stream: bytes, pieces: int) -> tuple[bytes, bytes]:
    """The content that *stream* holds, fed *pieces* octets at a time, and the verbs that follow it."""
    wire = Connection()
    wire.expect_content()
    found, after, ended = [], [], False
    for at in range(0, len(stream), pieces):
        wire.receive(stream[at : at + pieces])
        while (event := wire.next_event()) is not None:
            if isinstance(event, Content):
                assert not ended
                found.append(event.data)
            elif isinstance(event, ContentEnd):
                assert not ended
                ended = True
            else:
                after.append(type(event).__name__.encode())
    assert ended
    assert wire.pending == 0
    return b"".join(found), b" ".join(after)


@pytest.mark.parametrize(("stream", "expected"), CASES)
@pytest.mark.parametrize("pieces", [1, 2, 3, 5, 1000])
def test_content(stream: bytes, expected: bytes, pieces: int) -> None:
    assert content(stream + b"NOOP\r\nQUIT\r\n", pieces) == (expected, b"Noop Quit")


def test_line_ends() -> None:
    ends = LineEnds()
    assert [ends.feed(piece) for piece in (b"a\r", b"\nb\n", b"\r", b"c\r")] == [b"a", b"\r\nb\r\n", b"", b"\rc"]
    assert ends.finish() == b"\r"
    assert ends.finish() == b""


@pytest.mark.timeout(5)
def test_what_follows_is_not_moved_for_every_message() -> None:
    wire = Connection()
    wire.receive(b"NOOP\r\n" + b"x\r\n.\r\n" * 20_000)
    assert wire.next_event() is not None
    for _ in range(20_000):
        wire.expect_content()
        assert [wire.next_event() for _ in range(2)] == [Content(b"x\r\n"), ContentEnd()]
