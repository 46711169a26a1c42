"""Keeps the mail store in step with the accounts: a new account gets its mailboxes, a deleted one loses its mail."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from restante.store.api import Store
from restante.store.directory import AccountRecord
from restante.store.errors import AccountHasMail, NoSuchAccount
from restante.store.model import NewMailbox


@dataclass(frozen=True, slots=True)
class MailHook:
    """Implements :class:`restante.ops.accounts.AccountHook` over a store.

    Attributes:
        store: where mail is.
        mailboxes: what a new account gets besides INBOX.
    """

    store: Store
    mailboxes: Sequence[NewMailbox]

    async def on_created(self, account: AccountRecord) -> None:
        """Make its mailboxes; no matter if a run that broke off made them already."""
        with suppress(AccountHasMail):
            await self.store.create_account(account.id, self.mailboxes)

    async def on_deleted(self, account: AccountRecord) -> None:
        """Erase its mail."""
        with suppress(NoSuchAccount):
            await self.store.delete_account(account.id)
