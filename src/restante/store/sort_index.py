"""What an engine gives to SORT and THREAD: a part of the store's contract (RFC 5256).

The rule it protects: what is compared was worked out when a message arrived, so that nothing is read or decoded to sort.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from restante.model.collation import Collation

TextColumn = Literal["subjects", "from_mailboxes", "to_mailboxes", "cc_mailboxes", "from_displays", "to_displays"]
"""A column of texts in a SortIndex."""


class SortIndex(Protocol):
    """What SORT and THREAD compare (RFC 5256), in columns: position *i* of each is one message. It stays as it is.

    Texts are decoded and as written; a missing one is empty. Identifiers are numbers, equal where the identifiers are, good for
    comparing with others of the same store while it is open, and nothing else.
    """

    @property
    def uids(self) -> Sequence[int]:
        """UIDs, ascending: those of the mailbox's index."""
        ...

    @property
    def arrivals(self) -> Sequence[int]:
        """INTERNALDATEs, epoch seconds."""
        ...

    @property
    def sent(self) -> Sequence[int]:
        """Sent dates, epoch seconds; the INTERNALDATE where there is none (RFC 5256 §2.2)."""
        ...

    @property
    def sizes(self) -> Sequence[int]:
        """Octets."""
        ...

    @property
    def subjects(self) -> Sequence[str]:
        """Base subjects (RFC 5256 §2.1)."""
        ...

    @property
    def replies(self) -> Sequence[int]:
        """1 for a reply or forward by its subject, else 0 (RFC 5256 §3)."""
        ...

    @property
    def from_mailboxes(self) -> Sequence[str]:
        """The mailbox of the first From address."""
        ...

    @property
    def to_mailboxes(self) -> Sequence[str]:
        """The mailbox of the first To address."""
        ...

    @property
    def cc_mailboxes(self) -> Sequence[str]:
        """The mailbox of the first Cc address."""
        ...

    @property
    def from_displays(self) -> Sequence[str]:
        """How the first From address is shown (RFC 5957 §3)."""
        ...

    @property
    def to_displays(self) -> Sequence[str]:
        """How the first To address is shown."""
        ...

    @property
    def message_ids(self) -> Sequence[int]:
        """Message identifiers; 0 where there is none."""
        ...

    def ranks(self, name: TextColumn, collation: Collation) -> Sequence[int]:
        """The texts of a column as numbers that are in order, or equal, as *collation* has the texts."""
        ...

    def ordered(self, by: str, make: Callable[[], Sequence[int]]) -> Sequence[int]:
        """The positions of all messages as *make* puts them; remembered under *by*, for those who ask again."""
        ...

    def references(self, at: int) -> Sequence[int]:
        """The identifiers the message at position *at* refers to, oldest first (RFC 5256 §3)."""
        ...
