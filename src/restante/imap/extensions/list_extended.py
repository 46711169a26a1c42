"""LIST-EXTENDED: RFC 5258. Selection and return options, several patterns; the LIST command itself is in the core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.hooks import ListReturn, ListSelection
from restante.imap.listing import ListEntry
from restante.imap.registry import Extension
from restante.imap.state import Authenticated


@dataclass(frozen=True, slots=True)
class Subscribed:
    """``RETURN (SUBSCRIBED)``, and what the selection option of that name implies (§3.1)."""

    async def prepared(self, s: Authenticated) -> Self:
        """As it is."""
        return self

    def attributes(self, entry: ListEntry) -> Sequence[str]:
        """``\\Subscribed`` where it is so."""
        return ("\\Subscribed",) if entry.subscribed else ()

    def after(self, entry: ListEntry, *, utf8: bool) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Children:
    """``RETURN (CHILDREN)``: those attributes go out with every LIST."""

    async def prepared(self, s: Authenticated) -> Self:
        """As it is."""
        return self

    def attributes(self, entry: ListEntry) -> Sequence[str]:
        """Nothing more."""
        return ()

    def after(self, entry: ListEntry, *, utf8: bool) -> None:
        """Nothing."""


extension: Final = Extension(
    name="LIST-EXTENDED",
    rfc=5258,
    summary="LIST selects and returns more",
    capabilities=always("LIST-EXTENDED"),
    list_selections=(
        ListSelection("SUBSCRIBED", lambda entry: entry.subscribed, implies=Subscribed()),
        ListSelection("REMOTE", None),
        ListSelection("RECURSIVEMATCH", None, recursive=True),
    ),
    list_returns=(
        ListReturn("SUBSCRIBED", lambda r, tables: Subscribed()),
        ListReturn("CHILDREN", lambda r, tables: Children()),
    ),
)
