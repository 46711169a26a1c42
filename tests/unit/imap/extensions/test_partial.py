"""Pages of results (RFC 9394 §3.1, §4)."""

from __future__ import annotations

import pytest

from restante.imap.extensions.partial import Page
from restante.imap.hooks import SearchResult
from restante.imap.wire.reader import BadSyntax, Reader

NUMBERS = [10, 20, 30, 40, 50]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b" 1:2", [10, 20]),
        (b" 2:1", [10, 20]),
        (b" 5:9", [50]),
        (b" 6:9", []),
        (b" 3:3", [30]),
        (b" -1:-2", [40, 50]),
        (b" -2:-1", [40, 50]),
        (b" -5:-9", [10]),
        (b" -6:-9", []),
        (b" -3:-3", [30]),
        (b" 1:4294967295", NUMBERS),
        (b" -4294967295:-1", NUMBERS),
    ],
)
def test_a_page_is_counted_from_either_end(text: bytes, found: list[int]) -> None:
    assert list(Page.read(Reader([text])).of(NUMBERS)) == found


def test_the_range_is_repeated_as_it_was_asked() -> None:
    result = SearchResult([4, 5, 6, 9], uid=True)
    assert Page.read(Reader([b" -3:-1"])).write(result) == b"PARTIAL (-3:-1 5:6,9)"
    assert Page.read(Reader([b" 7:5"])).write(result) == b"PARTIAL (7:5 NIL)"


@pytest.mark.parametrize("text", [b" 0:1", b" 1:0", b" -1:1", b" 1:-1", b" -0:-1", b" 1", b" 1:*", b" -:", b""])
def test_no_ranges(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        Page.read(Reader([text]))
