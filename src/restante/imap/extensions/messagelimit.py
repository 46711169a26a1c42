"""SAVELIMIT: RFC 9738. How many messages one COPY or APPEND takes, where the administrator has set a limit, and two SEARCH keys.

The limit is kept by COPY and APPEND themselves, which do all or nothing. Other commands have none, so that programs which never
heard of the extension work as ever (§4.1); MESSAGELIMIT is therefore not announced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from restante.imap.capability import Facts
from restante.imap.hooks import SearchKey, SearchTerm
from restante.imap.registry import Extension, Registry
from restante.imap.wire.reader import Reader
from restante.model.ids import MAX_UID
from restante.model.message_set import UidSet
from restante.store.query import Uids


def _capabilities(facts: Facts) -> tuple[str, ...]:
    return (f"SAVELIMIT={facts.save_limit}",) if facts.save_limit else ()


def _key(bounds: Callable[[int], tuple[int, int]]) -> Callable[[Reader, Registry], SearchTerm]:
    """``SP uniqueid``: the messages within *bounds* of it (§3.2)."""

    def read(r: Reader, tables: Registry) -> SearchTerm:
        low, high = bounds(r.sp().nz_number())
        query = Uids(UidSet([(low, high)] if low <= high else []))
        return lambda binding: query

    return read


extension: Final = Extension(
    name="SAVELIMIT",
    rfc=9738,
    summary="How many messages one COPY or APPEND takes",
    capabilities=_capabilities,
    search_keys=(
        SearchKey("UIDAFTER", _key(lambda uid: (uid + 1, MAX_UID))),
        SearchKey("UIDBEFORE", _key(lambda uid: (1, uid - 1))),
    ),
)
