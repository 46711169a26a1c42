"""An account's annotations, as the embedded engine has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from restante.model.entry_name import EntryName
from restante.model.ids import MailboxId, ModSeq
from restante.store.annotations import Annotated, AnnotationChanges, Keep
from restante.store.model import SpecialUse
from restante.store.sqlite import annotating
from restante.store.sqlite.transaction import mailbox_number

if TYPE_CHECKING:
    from restante.store.sqlite.account import SqliteAccount


class SqliteAnnotations:
    """See :class:`restante.store.annotations.Annotations`."""

    def __init__(self, account: SqliteAccount) -> None:
        self._account = account

    async def sizes(self, mailbox: MailboxId | None) -> Mapping[EntryName, int]:
        """The octets of each there is, in order of name."""
        number = _number(mailbox)
        return self._account.read(lambda connection: annotating.sizes(connection, number))

    async def values(self, mailbox: MailboxId | None, names: Collection[EntryName]) -> Mapping[EntryName, bytes]:
        """Those of *names* there are."""
        number = _number(mailbox)
        return self._account.read(lambda connection: annotating.values(connection, number, names))

    async def of_mailboxes(self, names: Collection[EntryName]) -> Mapping[MailboxId, Mapping[EntryName, bytes]]:
        """Those of *names* there are, of every mailbox that has any."""
        return self._account.read(lambda connection: annotating.of_mailboxes(connection, names))

    async def change(
        self,
        mailbox: MailboxId | None,
        values: Mapping[EntryName, bytes | None],
        special_use: SpecialUse | Keep | None = Keep.AS_IS,
    ) -> Annotated:
        """Set *values*, and remove where they are None; all or none."""
        number = _number(mailbox)
        return await self._account.write(lambda tx: annotating.change(tx, number, values, special_use))

    async def modseq(self) -> ModSeq:
        """Where one stands who knows of every change until now."""
        return self._account.read(annotating.modseq)

    async def changes_since(self, modseq: ModSeq) -> AnnotationChanges:
        """What happened after *modseq*."""
        return self._account.read(lambda connection: annotating.changes_since(connection, modseq))


def _number(mailbox: MailboxId | None) -> int:
    return annotating.ACCOUNT if mailbox is None else mailbox_number(mailbox)
