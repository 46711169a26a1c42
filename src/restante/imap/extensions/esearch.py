"""ESEARCH: RFC 4731. SEARCH answers with what RETURN asks: MIN, MAX, ALL, COUNT."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.core.search_answer import all_numbers
from restante.imap.hooks import SearchPart, SearchResult, SearchReturn
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


def _option(name: str, part: SearchPart, *, lists: bool = False) -> SearchReturn:
    return SearchReturn(name, lambda r, tables: part, lists)


extension: Final = Extension(
    name="ESEARCH",
    rfc=4731,
    summary="SEARCH answers compactly",
    capabilities=always("ESEARCH"),
    search_returns=(
        _option("MIN", SearchPart(_min, saves=lambda uids: uids[:1])),
        _option("MAX", SearchPart(_max, saves=lambda uids: uids[-1:])),
        _option("ALL", SearchPart(all_numbers, saves=lambda uids: uids), lists=True),
        _option("COUNT", SearchPart(_count, saves=lambda uids: uids)),
    ),
)
