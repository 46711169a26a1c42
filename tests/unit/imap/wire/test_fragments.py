"""Octets into lines and literals, however they arrive (RFC 9051 §4.3)."""

import pytest

from restante.imap.wire.fragments import HUGE, Announced, Fragments, Line

LINES = [
    (b"a NOOP\r\n", Line(b"a NOOP")),
    (b"a NOOP\n", Line(b"a NOOP")),
    (b"\r\n", Line(b"")),
    (b"\n", Line(b"")),
    (b"a\rb\r\n", Line(b"a\rb")),
    (b"a\r\r\n", Line(b"a\r")),
    (b"a X {3}\r\n", Line(b"a X ", Announced(3, sync=True, binary=False))),
    (b"a X {3+}\r\n", Line(b"a X ", Announced(3, sync=False, binary=False))),
    (b"a X ~{3}\r\n", Line(b"a X ", Announced(3, sync=True, binary=True))),
    (b"a X (~{3+}\r\n", Line(b"a X (", Announced(3, sync=False, binary=True))),
    (b"a X {0}\n", Line(b"a X ", Announced(0, sync=True, binary=False))),
    (b"{7}\r\n", Line(b"", Announced(7, sync=True, binary=False))),
    (b"a X {007}\r\n", Line(b"a X ", Announced(7, sync=True, binary=False))),
    (b"a X {" + b"9" * 25 + b"}\r\n", Line(b"a X ", Announced(HUGE, sync=True, binary=False))),
    (b"a X {" + b"9" * 5000 + b"}\r\n", Line(b"a X ", Announced(HUGE, sync=True, binary=False))),
    # What only looks like an announcement is left to the grammar.
    (b"a X {}\r\n", Line(b"a X {}")),
    (b"a X {-1}\r\n", Line(b"a X {-1}")),
    (b"a X {3-}\r\n", Line(b"a X {3-}")),
    (b"a X {3} \r\n", Line(b"a X {3} ")),
    (b'a X "{3}"\r\n', Line(b'a X "{3}"')),
    (b"a X 3}\r\n", Line(b"a X 3}")),
]


@pytest.mark.parametrize(("octets", "line"), LINES, ids=[repr(octets[:30]) for octets, _ in LINES])
@pytest.mark.parametrize("trailing", [b"", b"b NOOP\r\n", b"\n"])
def test_line(octets: bytes, line: Line, trailing: bytes) -> None:
    whole = Fragments(10_000)
    whole.feed(octets + trailing)
    assert whole.line() == line
    assert len(whole) == len(trailing)

    slow = Fragments(10_000)
    for octet in octets[:-1]:
        slow.feed(bytes([octet]))
        assert slow.line() is None
    slow.feed(octets[-1:] + trailing)
    assert slow.line() == line
    assert len(slow) == len(trailing)


def test_octets_are_counted_not_searched() -> None:
    fragments = Fragments(100)
    fragments.feed(b"one\r\ntwo")
    assert fragments.octets(9) is None
    fragments.feed(b"\r\nrest\r\n")
    assert fragments.octets(9) == b"one\r\ntwo\r"
    assert fragments.octets(0) == b""
    assert fragments.line() == Line(b"")
    assert fragments.line() == Line(b"rest")


def test_some_gives_what_is_there() -> None:
    fragments = Fragments(100)
    assert fragments.some(5) == b""
    fragments.feed(b"abcdef")
    assert fragments.some(4) == b"abcd"
    assert fragments.some(4) == b"ef"


def test_a_raw_line_announces_nothing() -> None:
    fragments = Fragments(100)
    fragments.feed(b"a {3}\r\n")
    assert fragments.raw_line() == Line(b"a {3}")


def test_unread_puts_a_line_in_front() -> None:
    fragments = Fragments(100)
    fragments.feed(b"one\ntw")
    assert fragments.line() == Line(b"one")
    assert fragments.line() is None
    fragments.unread(b"one")
    assert fragments.line() == Line(b"one")
    assert fragments.line() is None
    fragments.feed(b"o\r\n")
    assert fragments.line() == Line(b"two")


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_line_at_the_limit_is_whole_and_one_over_is_cut(end: bytes) -> None:
    for size in (1, 7, 1000):
        fragments = Fragments(300)
        found = []
        data = b"a" * 300 + end + b"b" * 301 + end + b"c" + end
        for at in range(0, len(data), size):
            fragments.feed(data[at : at + size])
            while (line := fragments.line()) is not None:
                found.append(line)
        assert found == [Line(b"a" * 300), Line(b"b" * 256, None, cut=True), Line(b"c")]


def test_a_cut_line_keeps_its_announcement() -> None:
    data = b"tag X " + b"x" * 10_000 + b" ~{12+}\r\n"
    whole, slow = Fragments(100), Fragments(100)
    whole.feed(data)
    for octet in data:
        assert slow.line() is None
        slow.feed(bytes([octet]))
        assert len(slow) <= 102
    line = whole.line()
    assert line == slow.line()
    assert line == Line(data[:100], Announced(12, sync=False, binary=True), cut=True)


def test_a_cut_line_that_ends_like_an_announcement_within_its_start_announces_nothing() -> None:
    fragments = Fragments(10)
    fragments.feed(b"abcdef {3}" + b"x" * 50 + b"\r\n")
    assert fragments.line() == Line(b"abcdef {3}", None, cut=True)


def test_an_endless_line_costs_no_memory() -> None:
    fragments = Fragments(1000)
    for _ in range(1000):
        fragments.feed(b"x" * 500)
        assert fragments.line() is None
        assert len(fragments) <= 1001
    fragments.feed(b"\r\nnext\r\n")
    assert fragments.line() == Line(b"x" * 256, None, cut=True)
    assert fragments.line() == Line(b"next")


def test_clear_forgets_a_cut_line_too() -> None:
    fragments = Fragments(10)
    fragments.feed(b"x" * 50)
    assert fragments.line() is None
    fragments.clear()
    fragments.feed(b"y\r\n")
    assert fragments.line() == Line(b"y")
