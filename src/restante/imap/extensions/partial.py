"""PARTIAL: RFC 9394. A page of a SEARCH's result, or of what a FETCH names, counted from either end.

Strategy: a page is a slice of UIDs in ascending order; it is cut before other modifiers narrow (§3.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar

from restante.imap.capability import always
from restante.imap.hooks import FetchAtt, FetchModification, FetchModifier, SearchPart, SearchResult, SearchReturn
from restante.imap.registry import Extension, Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader
from restante.model.ids import Uid
from restante.model.message_set import MessageSet, ordered_set

N = TypeVar("N", bound=int)


@dataclass(frozen=True, slots=True)
class Page:
    """``partial-range``: places from *first* to *last*, in either order, counted from the end where both are negative (§4)."""

    first: int
    last: int

    @classmethod
    def read(cls, r: Reader) -> Self:
        """Read ``SP partial-range``."""
        sign = -1 if r.sp().take(b"-") else 1
        first = r.nz_number()
        r.expect(b":-" if sign < 0 else b":")
        return cls(sign * first, sign * r.nz_number())

    def of(self, numbers: Sequence[N]) -> Sequence[N]:
        """The members of *numbers* in those places; none where there are no such places."""
        low, high = sorted((abs(self.first), abs(self.last)))
        if self.first > 0:
            return numbers[low - 1 : high]
        return numbers[max(0, len(numbers) - high) : max(0, len(numbers) - low + 1)]

    def write(self, result: SearchResult) -> bytes:
        """``PARTIAL (range set)``, NIL for none (§3.1)."""
        page = self.of(result.numbers)
        found = ordered_set(page) if page else "NIL"
        return f"PARTIAL ({self.first}:{self.last} {found})".encode()


@dataclass(frozen=True, slots=True)
class PartialModification:
    """``PARTIAL`` in a FETCH (§3.3)."""

    page: Page
    enables: str = ""
    first: bool = True
    items: tuple[FetchAtt, ...] = ()

    async def narrow(
        self, uids: Sequence[Uid], messages: MessageSet, s: Selected, others: Mapping[str, FetchModification]
    ) -> Sequence[Uid]:
        """The page of *uids*."""
        return self.page.of(uids)


def _return(r: Reader, tables: Registry) -> SearchPart:
    page = Page.read(r)
    return SearchPart(page.write, saves=page.of)


extension: Final = Extension(
    name="PARTIAL",
    rfc=9394,
    summary="Search results and messages by the page",
    capabilities=always("PARTIAL"),
    fetch_modifiers=(FetchModifier("PARTIAL", lambda r, tables: PartialModification(Page.read(r))),),
    search_returns=(SearchReturn("PARTIAL", _return, lists=True),),
)
