"""Annotations, seen from outside: what clients note down about a mailbox or the whole account (RFC 5464 §3).

Strategy: an annotation is a name and some octets; what they mean is not the store's matter. Each change takes a modseq of the
account and is remembered under it, removals too, so that sessions can ask what changed since they looked.

The rule it protects: a mailbox's annotations go where it goes and end when it ends, and one change is made whole or not at all.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from restante.model.entry_name import EntryName
from restante.model.ids import MailboxId, ModSeq
from restante.model.mailbox_name import MailboxName
from restante.store.model import SpecialUse

SPECIAL_USE_ENTRY: Final = EntryName("/private/specialuse")
"""Stands for a mailbox's special use among what changed (RFC 6154 §4); it has no octets of its own."""


class Keep(enum.Enum):
    """That something stays as it is."""

    AS_IS = "as it is"


@dataclass(frozen=True, slots=True)
class Annotated:
    """What a change of annotations did.

    Attributes:
        modseq: what it wrote; None when all was so already.
        bereft: the mailbox whose special use went to the one that was changed.
    """

    modseq: ModSeq | None
    bereft: MailboxName | None = None


class AnnotationChange(NamedTuple):
    """An annotation that was set or removed; *mailbox* is None for one of the account."""

    mailbox: MailboxName | None
    entry: EntryName
    modseq: ModSeq


@dataclass(frozen=True, slots=True)
class AnnotationChanges:
    """What happened to annotations after a modseq.

    Attributes:
        modseq: where the caller stands after hearing of these.
        changed: each annotation once, the latest change last; none of mailboxes that are gone.
        complete: False when removals as old as asked for are remembered no more, and *changed* may lack them.
    """

    modseq: ModSeq
    changed: tuple[AnnotationChange, ...] = ()
    complete: bool = True


class Annotations(Protocol):
    """An account's annotations. Where *mailbox* is None, the account's own are meant; where it is gone, NoSuchMailbox comes."""

    async def sizes(self, mailbox: MailboxId | None) -> Mapping[EntryName, int]:
        """The octets of each there is, in order of name."""
        ...

    async def values(self, mailbox: MailboxId | None, names: Collection[EntryName]) -> Mapping[EntryName, bytes]:
        """Those of *names* there are."""
        ...

    async def of_mailboxes(self, names: Collection[EntryName]) -> Mapping[MailboxId, Mapping[EntryName, bytes]]:
        """Those of *names* there are, of every mailbox that has any; one query whatever their number."""
        ...

    async def change(
        self,
        mailbox: MailboxId | None,
        values: Mapping[EntryName, bytes | None],
        special_use: SpecialUse | Keep | None = Keep.AS_IS,
    ) -> Annotated:
        """Set *values*, and remove where they are None; all or none.

        A *special_use*, of a mailbox only, is taken from the one that has it. Raises AnnotationTooBig, TooManyAnnotations,
        NoSuchMailbox.
        """
        ...

    async def modseq(self) -> ModSeq:
        """Where one stands who knows of every change until now."""
        ...

    async def changes_since(self, modseq: ModSeq) -> AnnotationChanges:
        """What happened after *modseq*; costs by the change. A future *modseq* gives no changes."""
        ...
