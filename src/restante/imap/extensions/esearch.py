"""ESEARCH: RFC 4731. SEARCH answers with what RETURN asks: MIN, MAX, ALL, COUNT."""

from __future__ import annotations

from typing import Final

from restante.imap.core.search import all_numbers
from restante.imap.hooks import SearchResult, SearchReturn, always
from restante.imap.registry import Extension


def _min(result: SearchResult) -> bytes | None:
    """``MIN n``; nothing when nothing was found (§3.1)."""
    return b"MIN %d" % result.numbers[0] if result.numbers else None


def _max(result: SearchResult) -> bytes | None:
    """``MAX n``; nothing when nothing was found (§3.1)."""
    return b"MAX %d" % result.numbers[-1] if result.numbers else None


def _count(result: SearchResult) -> bytes | None:
    """``COUNT n``, zero too (§3.1)."""
    return b"COUNT %d" % len(result.numbers)


extension: Final = Extension(
    name="ESEARCH",
    rfc=4731,
    summary="SEARCH answers compactly",
    capabilities=always("ESEARCH"),
    search_returns=(
        SearchReturn("MIN", lambda r, tables: _min, saves=lambda uids: uids[:1]),
        SearchReturn("MAX", lambda r, tables: _max, saves=lambda uids: uids[-1:]),
        SearchReturn("ALL", lambda r, tables: all_numbers, saves=lambda uids: uids),
        SearchReturn("COUNT", lambda r, tables: _count, saves=lambda uids: uids),
    ),
)
