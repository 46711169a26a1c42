"""MESSAGELIMIT and SAVELIMIT: RFC 9738. How many messages one command takes, where the administrator has set a limit, and two
SEARCH keys.

COPY and APPEND do all or nothing and keep the limit themselves; the others take a part (``imap/portion.py``). By default there
is no limit, so that programs which never heard of the extension work as ever (§4.1). SORT and THREAD have none: they answer from
an index (§3.3).
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
    if facts.message_limit:
        return (f"MESSAGELIMIT={facts.message_limit}",)
    return (f"SAVELIMIT={facts.save_limit}",) if facts.save_limit else ()


def _key(bounds: Callable[[int], tuple[int, int]]) -> Callable[[Reader, Registry], SearchTerm]:
    """``SP uniqueid``: the messages within *bounds* of it (§3.2)."""

    def read(r: Reader, tables: Registry) -> SearchTerm:
        low, high = bounds(r.sp().nz_number())
        query = Uids(UidSet([(low, high)] if low <= high else []))
        return lambda binding: query

    return read


extension: Final = Extension(
    name="MESSAGELIMIT",
    rfc=9738,
    summary="How many messages one command takes",
    capabilities=_capabilities,
    search_keys=(
        SearchKey("UIDAFTER", _key(lambda uid: (uid + 1, MAX_UID))),
        SearchKey("UIDBEFORE", _key(lambda uid: (1, uid - 1))),
    ),
)
