"""LIST-STATUS: RFC 5819. LIST … RETURN (STATUS (…)) gives every mailbox's figures in one round trip and one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.core.status import read_items, status_line
from restante.imap.hooks import ListReturn, StatusItem
from restante.imap.listing import ListEntry
from restante.imap.registry import Extension
from restante.imap.state import Authenticated


@dataclass(frozen=True, slots=True)
class Figures:
    """``RETURN (STATUS (item …))``"""

    items: tuple[StatusItem, ...]

    async def prepared(self, s: Authenticated) -> Self:
        """As it is: the figures come with the list."""
        return self

    def attributes(self, entry: ListEntry) -> Sequence[str]:
        """None."""
        return ()

    def after(self, entry: ListEntry, *, utf8: bool) -> bytes | None:
        """The mailbox's STATUS; none for a name that is no mailbox (§2)."""
        return status_line(entry.record, self.items, utf8=utf8) if entry.record else None


extension: Final = Extension(
    name="LIST-STATUS",
    rfc=5819,
    summary="Every mailbox's figures in one LIST",
    capabilities=always("LIST-STATUS"),
    list_returns=(ListReturn("STATUS", lambda r, tables: Figures(read_items(r.sp(), tables))),),
)
