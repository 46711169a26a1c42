"""LIST-METADATA: RFC 9590. LIST … RETURN (METADATA (entry …)) gives every mailbox's annotations in one go and one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from restante.imap.annotating import Shown, read_entry, values_line
from restante.imap.capability import always
from restante.imap.hooks import ListReturn
from restante.imap.listing import ListEntry
from restante.imap.registry import Extension, Registry
from restante.imap.wire.reader import Reader
from restante.model.entry_name import EntryName
from restante.model.ids import MailboxId
from restante.store.model import StoreFeature

if TYPE_CHECKING:
    from restante.imap.state import Authenticated


@dataclass(frozen=True, slots=True)
class Annotated:
    """``RETURN (METADATA (entry …))``

    Attributes:
        entries: what was asked for.
        kept: what the store has of them.
        session: whose LIST it is, once that is known.
    """

    entries: Shown
    kept: Mapping[MailboxId, Mapping[EntryName, bytes]] = field(default_factory=dict)
    session: Authenticated | None = None

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the entries."""
        return cls(dict(r.sp().list_of(read_entry)))

    async def prepared(self, s: Authenticated) -> Annotated:
        """With what is kept of all mailboxes."""
        return replace(self, kept=await s.account.annotations.of_mailboxes(self.entries.keys()), session=s)

    def attributes(self, entry: ListEntry) -> Sequence[str]:
        """None."""
        return ()

    def after(self, entry: ListEntry, *, utf8: bool) -> bytes | None:
        """The mailbox's METADATA, NIL for what it has not; none for a name that is no mailbox (§4)."""
        s = self.session
        if entry.record is None or s is None:
            return None
        values = {**self.kept.get(entry.record.id, {}), **s.session.services.registry.entries.values(s, entry.record)}
        return values_line(entry.name, [(shown, values.get(name)) for name, shown in self.entries.items()], utf8=utf8)


extension: Final = Extension(
    name="LIST-METADATA",
    rfc=9590,
    summary="Every mailbox's annotations in one LIST",
    capabilities=always("LIST-METADATA"),
    needs=StoreFeature.ANNOTATIONS,
    list_returns=(ListReturn("METADATA", Annotated.read),),
)
