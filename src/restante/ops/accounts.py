"""What an administrator does with accounts: add, change, rename, disable, delete, list.

Strategy: the directory holds the names, and a hook makes and erases the mail. An account is entered before its mail is made
and leaves after its mail is erased, so that mail without an owner cannot come to be; what breaks half-way can be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from restante.auth.password import DEFAULT_COST, HashCost, make_credentials
from restante.auth.ports import Offload
from restante.store.directory import AccountRecord, Directory
from restante.store.errors import NoSuchAccount


class AccountHook(Protocol):
    """Keeps something in step with the accounts, their mail above all."""

    async def on_created(self, account: AccountRecord) -> None:
        """The account was entered; if this raises, it is taken out again."""
        ...

    async def on_deleted(self, account: AccountRecord) -> None:
        """The account is about to go; if this raises, it stays, disabled, and deleting it can be repeated."""
        ...


@dataclass(frozen=True, slots=True)
class Accounts:
    """The use-cases. Accounts are named by login name; all raise NoSuchAccount and Unavailable.

    Attributes:
        directory: where accounts are kept.
        offload: runs the hash functions.
        cost: at which passwords are hashed.
        hook: told of accounts that come and go.
    """

    directory: Directory
    offload: Offload
    cost: HashCost = DEFAULT_COST
    hook: AccountHook | None = None

    async def add(
        self, name: str, password: str, *, display_name: str | None = None, aliases: Iterable[str] = ()
    ) -> AccountRecord:
        """Makes an account, whole or not at all.

        Raises BadPassword, BadAccountName, AccountExists, BadAddress, AliasExists.
        """
        credentials = await self.offload(make_credentials, password, self.cost)
        account = await self.directory.add(name, credentials, display_name=display_name)
        whole = False
        try:
            for alias in aliases:
                await self.directory.add_alias(account.id, alias)
            if self.hook:
                await self.hook.on_created(account)
            whole = True
        finally:
            if not whole:
                await self.directory.delete(account.id)
        return account

    async def change_password(self, name: str, password: str) -> AccountRecord:
        """Replaces the password. Raises BadPassword."""
        account = await self.find(name)
        credentials = await self.offload(make_credentials, password, self.cost)
        return await self.directory.set_credentials(account.id, credentials)

    async def rename(self, name: str, new_name: str, *, keep_address: bool = False) -> AccountRecord:
        """Gives another login name; with *keep_address*, the old one stays as an alias.

        Raises BadAccountName, AccountExists, AliasExists.
        """
        account = await self.find(name)
        renamed = await self.directory.rename(account.id, new_name)
        if keep_address and renamed.name != account.name:
            await self.directory.add_alias(account.id, account.name)
        return renamed

    async def disable(self, name: str) -> AccountRecord:
        """Forbids logging in; mail is still received."""
        return await self.directory.set_disabled((await self.find(name)).id, disabled=True)

    async def enable(self, name: str) -> AccountRecord:
        """Allows logging in again."""
        return await self.directory.set_disabled((await self.find(name)).id, disabled=False)

    async def delete(self, name: str) -> None:
        """Removes the account, its aliases, and through the hook its mail."""
        account = await self.directory.set_disabled((await self.find(name)).id, disabled=True)
        if self.hook:
            await self.hook.on_deleted(account)
        await self.directory.delete(account.id)

    async def list(self) -> tuple[AccountRecord, ...]:
        """All accounts by login name."""
        return await self.directory.list()

    async def add_alias(self, name: str, address: str) -> str:
        """Makes *address* lead to the account; returns it in comparable form. Raises BadAddress, AliasExists."""
        return await self.directory.add_alias((await self.find(name)).id, address)

    async def remove_alias(self, name: str, address: str) -> None:
        """Raises BadAddress, NoSuchAlias."""
        await self.directory.remove_alias((await self.find(name)).id, address)

    async def aliases(self, name: str) -> tuple[str, ...]:
        """The account's aliases in alphabetical order."""
        return await self.directory.aliases((await self.find(name)).id)

    async def find(self, name: str) -> AccountRecord:
        """The account of that login name; raises NoSuchAccount."""
        account = await self.directory.get(name)
        if account is None:
            raise NoSuchAccount(f"there is no account {name}" if name.isprintable() else "there is no such account")
        return account
