"""What a THREAD response says (RFC 5256 §4)."""

from __future__ import annotations

import pytest

from restante.imap.threads.forest import Forest, wire


@pytest.mark.parametrize(
    ("roots", "children", "text"),
    [
        ([], {}, b""),
        ([0], {}, b"(1)"),
        ([1, 0], {}, b"(2)(1)"),
        ([0], {0: [1]}, b"(1 2)"),
        ([0], {0: [1, 2]}, b"(1 (2)(3))"),
        ([5], {5: [0, 1], 1: [2]}, b"((1)(2 3))"),
        ([1, 2], {2: [0], 0: [3, 4]}, b"(2)(3 1 (4)(5))"),
    ],
)
def test_wire(roots: list[int], children: dict[int, list[int]], text: bytes) -> None:
    assert wire(Forest(roots, children), [1, 2, 3, 4, 5]) == text


def test_a_thread_as_deep_as_the_mailbox() -> None:
    count = 50_000
    text = wire(Forest([0], {node: [node + 1] for node in range(count - 1)}), range(1, count + 1))
    assert text == b"(" + b" ".join(b"%d" % number for number in range(1, count + 1)) + b")"


def test_siblings_at_every_level() -> None:
    count = 20_001
    children = {node: [node + 1, node + 2] for node in range(0, count - 2, 2)}
    text = wire(Forest([0], children), range(1, count + 1))
    assert text.startswith(b"(1 (2)(3 (4)(5 (")
    assert text.count(b"(") == text.count(b")") == count
