"""The account directory in memory: the executable specification that other engines are compared with, and for tests."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from restante.model.ids import AccountId
from restante.store.address import Addressing, alias_key, candidates, parse_address
from restante.store.directory import DEFAULT_ADDRESSING, AccountRecord, Credentials, Recipient, new_account_id
from restante.store.directory_errors import (
    AccountExists,
    AliasExists,
    BadAccountName,
    BadAddress,
    NoSuchAlias,
    StaleCredentials,
)
from restante.store.errors import NoSuchAccount
from restante.store.login_name import LoginName, login_name


class MemoryDirectory:
    """:class:`~restante.store.directory.Directory` in dictionaries. *now* gives seconds since the epoch."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._accounts: dict[AccountId, AccountRecord] = {}
        self._names: dict[str, AccountId] = {}
        self._aliases: dict[str, AccountId] = {}
        self._version = 1
        self._secret = secrets.token_bytes(32)

    async def add(self, name: str, credentials: Credentials, *, display_name: str | None = None) -> AccountRecord:
        """See Directory."""
        free = self._free(name)
        record = AccountRecord(new_account_id(), free, credentials, 1, False, int(self._now()), display_name)
        self._names[free] = record.id
        return self._put(record)

    async def get(self, name: str) -> AccountRecord | None:
        """See Directory."""
        try:
            account = self._names.get(login_name(name))
        except BadAccountName:
            return None
        return None if account is None else self._accounts[account]

    async def by_id(self, account: AccountId) -> AccountRecord | None:
        """See Directory."""
        return self._accounts.get(account)

    async def list(self, *, after: str = "", limit: int | None = None) -> tuple[AccountRecord, ...]:
        """See Directory."""
        names = sorted(name for name in self._names if name > after)
        return tuple(self._accounts[self._names[name]] for name in names[:limit])

    async def rename(self, account: AccountId, name: str) -> AccountRecord:
        """See Directory."""
        record = self._record(account)
        if login_name(name) == record.name:
            return record
        free = self._free(name)
        del self._names[record.name]
        self._names[free] = account
        return self._put(replace(record, name=free, credential_version=record.credential_version + 1))

    async def set_credentials(
        self, account: AccountId, credentials: Credentials, *, expected_version: int | None = None
    ) -> AccountRecord:
        """See Directory."""
        record = self._record(account)
        version = record.credential_version
        if expected_version not in (None, version):
            raise StaleCredentials("the credentials were changed in the meantime")
        return self._put(replace(record, credentials=credentials, credential_version=version + 1))

    async def set_disabled(self, account: AccountId, *, disabled: bool) -> AccountRecord:
        """See Directory."""
        record = self._record(account)
        return self._put(replace(record, disabled=disabled, credential_version=record.credential_version + 1))

    async def set_display_name(self, account: AccountId, display_name: str | None) -> AccountRecord:
        """See Directory."""
        return self._put(replace(self._record(account), display_name=display_name))

    async def delete(self, account: AccountId) -> None:
        """See Directory."""
        del self._names[self._record(account).name]
        del self._accounts[account]
        self._aliases = {key: owner for key, owner in self._aliases.items() if owner != account}
        self._version += 1

    async def add_alias(self, account: AccountId, address: str) -> str:
        """See Directory."""
        self._record(account)
        key = alias_key(address)
        if key in self._aliases or key in self._names:
            raise AliasExists(f"the address {key} leads to an account already")
        self._aliases[key] = account
        self._version += 1
        return key

    async def remove_alias(self, account: AccountId, address: str) -> None:
        """See Directory."""
        self._record(account)
        key = alias_key(address)
        if self._aliases.get(key) != account:
            raise NoSuchAlias(f"the account has no alias {key}")
        del self._aliases[key]
        self._version += 1

    async def aliases(self, account: AccountId) -> tuple[str, ...]:
        """See Directory."""
        self._record(account)
        return tuple(sorted(key for key, owner in self._aliases.items() if owner == account))

    async def resolve(self, address: str, rules: Addressing = DEFAULT_ADDRESSING) -> Recipient | None:
        """See Directory."""
        try:
            keys = candidates(parse_address(address), rules)
        except BadAddress:
            return None
        for key, detail in keys:
            account = self._names.get(key) or self._aliases.get(key)
            if account is not None:
                return Recipient(self._accounts[account], detail)
        return None

    async def version(self) -> int:
        """See Directory."""
        return self._version

    async def secret(self) -> bytes:
        """See Directory."""
        return self._secret

    async def close(self) -> None:
        """Nothing to let go of."""

    def _free(self, name: str) -> LoginName:
        """*name* in comparable form, if no account and no alias has it."""
        wanted = login_name(name)
        if wanted in self._names:
            raise AccountExists(f"the account {wanted} exists already")
        if wanted in self._aliases:
            raise AliasExists(f"{wanted} is an alias already")
        return wanted

    def _record(self, account: AccountId) -> AccountRecord:
        record = self._accounts.get(account)
        if record is None:
            raise NoSuchAccount("there is no such account")
        return record

    def _put(self, record: AccountRecord) -> AccountRecord:
        self._accounts[record.id] = record
        self._version += 1
        return record
