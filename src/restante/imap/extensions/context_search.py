"""CONTEXT=SEARCH: RFC 5267 §4. A SEARCH whose result is kept up to date until the mailbox is left or CANCELUPDATE says so.

What keeps it so is in :mod:`restante.imap.contexts`. The hint CONTEXT is read, and makes no difference here: any result can
be had again at once. Partial results are PARTIAL's (RFC 9394).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.core.fetch_asked import read_items
from restante.imap.errors import Bad
from restante.imap.hooks import FetchAtt, SearchPart, SearchReturn, command
from restante.imap.protocol.response import Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader


def _whole(uids: Sequence[int]) -> Sequence[int]:
    return uids


def _update(r: Reader, tables: Registry) -> SearchPart:
    """``"UPDATE" ["(" fetch-att *(SP fetch-att) ")"]``, with the space the RFC's example has (RFC 5465 §7, §8)."""
    items: tuple[FetchAtt, ...] = ()
    if r.peek(b" (") or r.peek(b"("):
        r.take(b" ")
        items = read_items(r, tables)
    return SearchPart(lambda result: None, saves=_whole, updates=items)


_CONTEXT: Final = SearchPart(lambda result: None, saves=_whole)


@dataclass(frozen=True, slots=True)
class CancelUpdate:
    """``"CANCELUPDATE" 1*(SP quoted)`` (RFC 5267 §5)"""

    tags: tuple[str, ...]

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the tags."""
        tags: list[str] = []
        while not tags or r.peek(b" "):
            if len(tags) >= r.arguments:
                raise r.too_many()
            tags.append(r.sp().quoted().decode("ascii", "replace"))
        return cls(tuple(tags))


async def cancel_update(cmd: CancelUpdate, s: Selected) -> Done:
    """End the updates of each tag; none when one of them has none (§4.3.5)."""
    for tag in cmd.tags:
        if tag not in s.followers:
            raise Bad("No command with this tag is being updated")
    for tag in cmd.tags:
        s.followers.pop(tag, None)
    return Done("No further updates")


extension: Final = Extension(
    name="CONTEXT=SEARCH",
    rfc=5267,
    summary="Search results that are kept up to date",
    capabilities=always("CONTEXT=SEARCH"),
    commands=(command("CANCELUPDATE", CancelUpdate, cancel_update, state=Selected),),
    search_returns=(
        SearchReturn("UPDATE", _update, silent=True),
        SearchReturn("CONTEXT", lambda r, tables: _CONTEXT, silent=True),
    ),
)
