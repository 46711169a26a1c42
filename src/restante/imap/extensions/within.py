"""WITHIN: RFC 5032. SEARCH OLDER and YOUNGER, by seconds from now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from restante.imap.capability import always
from restante.imap.hooks import SearchKey, SearchTerm
from restante.imap.registry import Extension, Registry
from restante.imap.wire.reader import Reader
from restante.store.query import Arrived, Compare


def _within(compare: Compare, shift: int) -> Callable[[Reader, Registry], SearchTerm]:
    def read(r: Reader, tables: Registry) -> SearchTerm:
        seconds = r.sp().nz_number()
        return lambda binding: Arrived(compare, binding.now - seconds + shift)

    return read


extension: Final = Extension(
    name="WITHIN",
    rfc=5032,
    summary="SEARCH by age",
    capabilities=always("WITHIN"),
    search_keys=(
        # §3: YOUNGER n is "not older than n seconds", OLDER n the rest; a message of just that age is both.
        SearchKey("YOUNGER", _within(Compare.SINCE, 0)),
        SearchKey("OLDER", _within(Compare.BEFORE, 1)),
    ),
)
