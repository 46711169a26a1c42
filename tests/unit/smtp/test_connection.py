from restante.smtp.command import Bdat, Noop, Quit, Rset
from restante.smtp.connection import Connection, Content, ContentEnd, Event, Malformed
from restante.smtp.reply import LINE_TOO_LONG, Reply


def events(stream: bytes, pieces: int = 1, line: int = 64) -> list[Event]:
    """Every event of *stream*; the pieces of content that follow one another are joined."""
    wire = Connection(line)
    found: list[Event] = []
    for at in range(0, len(stream), pieces):
        wire.receive(stream[at : at + pieces])
        while (event := wire.next_event()) is not None:
            if isinstance(event, Content) and found and isinstance(found[-1], Content):
                event = Content(found.pop().data + event.data)  # type: ignore[union-attr]  # looked at just above
            found.append(event)
    return found


def test_lines() -> None:
    for pieces in (1, 2, 7, 100):
        assert events(b"NOOP\r\nNOOP\nQUIT\r\n", pieces) == [Noop(), Noop(), Quit()]


def test_long_lines_are_one_refusal_each() -> None:
    stream = b"NOOP " + b"x" * 60 + b"\r\n" + b"y" * 10_000 + b"\r\nNOOP " + b"z" * 59 + b"\r\nQUIT\r\n"
    for pieces in (1, 3, 1000, 100_000):
        assert events(stream, pieces) == [Malformed(LINE_TOO_LONG), Malformed(LINE_TOO_LONG), Noop(), Quit()]


def test_a_line_without_end_is_not_kept() -> None:
    wire = Connection(64)
    for _ in range(100):
        wire.receive(b"x" * 1000)
        assert wire.next_event() is None
        assert wire.pending == 0


def test_chunks() -> None:
    stream = b"BDAT 3\r\na\nbBDAT 4 LAST\r\n\r\n.\rNOOP\r\n"
    expected = [
        Bdat(3, False), Content(b"a\r\nb"), ContentEnd(),
        Bdat(4, True), Content(b"\r\n.\r"), ContentEnd(),
        Noop(),
    ]  # fmt: skip
    for pieces in (1, 2, 3, 100):
        assert events(stream, pieces) == expected


def test_a_line_end_across_chunks() -> None:
    stream = b"BDAT 2\r\na\rNOOP\r\nBDAT 2\r\n\nbBDAT 0 LAST\r\n"
    assert events(stream) == [
        Bdat(2, False), Content(b"a"), ContentEnd(), Noop(),
        Bdat(2, False), Content(b"\r\nb"), ContentEnd(),
        Bdat(0, True), ContentEnd(),
    ]  # fmt: skip


def test_half_a_line_end_does_not_outlive_its_transaction() -> None:
    stream = b"BDAT 2\r\na\rRSET\r\nBDAT 1 LAST\r\nb"
    assert events(stream) == [
        Bdat(2, False), Content(b"a"), ContentEnd(), Rset(),
        Bdat(1, True), Content(b"b"), ContentEnd(),
    ]  # fmt: skip


def test_replies() -> None:
    assert Reply(250, "2.1.0", "OK").wire() == b"250 2.1.0 OK\r\n"
    assert Reply(250, "", "a\nb\nc").wire() == b"250-a\r\n250-b\r\n250 c\r\n"
    assert Reply(550, "5.1.1", "a\nb").wire() == b"550-5.1.1 a\r\n550 5.1.1 b\r\n"
    assert Reply(550, "5.1.1", "a\r\x00b é").wire() == "550 5.1.1 a??b é\r\n".encode()
    assert Reply(250, "2.0.0", "\ud800").wire() == b"250 2.0.0 ?\r\n"
    assert (Reply(250, "", "").positive, Reply(354, "", "").positive, Reply(452, "", "").temporary) == (
        True,
        False,
        True,
    )
