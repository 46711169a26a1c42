"""An account's annotations, as the memory engine has them. Nothing here awaits, so each method is one step to every other."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from restante.model.entry_name import EntryName
from restante.model.ids import MailboxId, ModSeq
from restante.model.mailbox_name import MailboxName
from restante.store.annotations import Annotated, AnnotationChange, AnnotationChanges, Keep
from restante.store.memory.account import AccountState
from restante.store.model import SpecialUse


class MemoryAnnotations:
    """See :class:`restante.store.annotations.Annotations`."""

    def __init__(self, account: AccountState) -> None:
        self._account = account

    async def sizes(self, mailbox: MailboxId | None) -> Mapping[EntryName, int]:
        """The octets of each there is, in order of name."""
        return {name: len(value) for name, value in self._of(mailbox).items()}

    async def values(self, mailbox: MailboxId | None, names: Collection[EntryName]) -> Mapping[EntryName, bytes]:
        """Those of *names* there are."""
        return {name: value for name, value in self._of(mailbox).items() if name in names}

    async def of_mailboxes(self, names: Collection[EntryName]) -> Mapping[MailboxId, Mapping[EntryName, bytes]]:
        """Those of *names* there are, of every mailbox that has any."""
        self._account.check_alive()
        return self._account.notes.of_mailboxes(names)

    async def change(
        self,
        mailbox: MailboxId | None,
        values: Mapping[EntryName, bytes | None],
        special_use: SpecialUse | Keep | None = Keep.AS_IS,
    ) -> Annotated:
        """Set *values*, and remove where they are None; all or none."""
        account = self._account
        self._check(mailbox)
        changing = account.notes.changing(mailbox, values)
        box = None if mailbox is None else account.by_id(mailbox)
        moving = box is not None and special_use is not Keep.AS_IS and box.special_use is not special_use
        if not changing and not moving:
            return Annotated(None)
        modseq = account.next_modseq()
        account.notes.put(mailbox, changing, modseq)
        bereft: MailboxName | None = None
        if moving and box is not None and special_use is not Keep.AS_IS:
            bereft = account.take_use(box, special_use, modseq)
            account.wake(modseq, None)
        account.wake_annotations(modseq)
        return Annotated(modseq, bereft)

    async def modseq(self) -> ModSeq:
        """Where one stands who knows of every change until now."""
        self._account.check_alive()
        return self._account.modseq

    async def changes_since(self, modseq: ModSeq) -> AnnotationChanges:
        """What happened after *modseq*."""
        account = self._account
        account.check_alive()
        changed = [
            AnnotationChange(None if where is None else account.ids[where].name, name, note.modseq)
            for (where, name), note in account.notes.kept.items()
            if note.modseq > modseq
        ]
        changed.sort(key=lambda change: change.modseq)
        return AnnotationChanges(max(account.modseq, modseq), tuple(changed), modseq >= account.notes.swept)

    def _of(self, mailbox: MailboxId | None) -> Mapping[EntryName, bytes]:
        self._check(mailbox)
        return self._account.notes.of(mailbox)

    def _check(self, mailbox: MailboxId | None) -> None:
        self._account.check_alive()
        if mailbox is not None:
            self._account.by_id(mailbox)
