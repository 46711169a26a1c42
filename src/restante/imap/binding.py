"""What a SEARCH key needs to become a query: the client's view, its charset, the time (RFC 9051 §6.4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from restante.imap.errors import No
from restante.imap.view import MailboxView
from restante.model.message_set import MessageSet, UidSet
from restante.store.query import Query

if TYPE_CHECKING:
    from restante.imap.hooks import SearchTerm


@dataclass(frozen=True, slots=True)
class Binding:
    """The side of a SEARCH that its text does not say.

    Attributes:
        view: to turn numbers and ``$`` into UIDs.
        charset: of the strings in it.
        now: seconds since 1970-01-01T00:00:00Z, for WITHIN (RFC 5032 §3).
        filters: the filters that may be named, by name in lower case (RFC 5466).
        notes: names of :class:`~restante.imap.registry.SearchAddition` that keys ask for.
        relevance: what makes a message relevant, and by how much; empty unless a FUZZY key was given (RFC 6203 §4).
    """

    view: MailboxView
    charset: str
    now: int
    filters: Mapping[str, SearchTerm] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    relevance: list[tuple[int, Query]] = field(default_factory=list)

    def uids(self, messages: MessageSet) -> UidSet:
        """The UIDs that *messages* means; numbers out of range match nothing."""
        return UidSet.of(self.view.resolve(messages, lenient=True))

    def text(self, raw: bytes) -> str:
        """A search string decoded. Raises No when it is not what its charset says."""
        try:
            return raw.decode(self.charset)
        except (UnicodeDecodeError, LookupError):
            raise No(f"The string is not {self.charset}", "CANNOT") from None
