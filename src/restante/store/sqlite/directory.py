"""The account directory in one SQLite database, shared by the server and the command line.

Strategy: reads are one indexed statement each, inline. Writes are rare, short, and one immediate transaction each, which
also raises the change counter, so other processes' changes are seen by the next read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias, cast

import apsw

from restante.model.ids import AccountId
from restante.sasl.scram_keys import ScramKeys
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
from restante.store.sqlite.directory_schema import open_database, transaction, translated

_COLUMNS: Final = (
    "account.id, name, password_hash, scram_salt, scram_iterations, scram_stored_key, scram_server_key, "
    "credential_version, disabled, created, display_name"
)
_BY_NAME: Final = f"SELECT {_COLUMNS} FROM account WHERE name = ?1"
_BY_ID: Final = f"SELECT {_COLUMNS} FROM account WHERE id = ?1"
_BY_ALIAS: Final = f"SELECT {_COLUMNS} FROM alias JOIN account ON account.id = alias.account WHERE address = ?1"
_LIST: Final = f"SELECT {_COLUMNS} FROM account WHERE name > ?1 ORDER BY name LIMIT ?2"
_BY_KEY: Final = f"{_BY_NAME} UNION ALL {_BY_ALIAS} LIMIT 1"
_BY_FIRST_KEY: Final = (
    f"SELECT wanted.rowid, {_COLUMNS} FROM carray(?1) AS wanted CROSS JOIN account ON account.id = coalesce("
    "(SELECT id FROM account WHERE name = wanted.value), (SELECT account FROM alias WHERE address = wanted.value)) "
    "ORDER BY wanted.rowid LIMIT 1"
)

_Row: TypeAlias = tuple[str, str, str, bytes | None, int | None, bytes | None, bytes | None, int, int, int, str | None]
_Value: TypeAlias = str | bytes | int | None


class SqliteDirectory:
    """:class:`~restante.store.directory.Directory` in a file. *now* gives seconds since the epoch."""

    def __init__(self, connection: apsw.Connection, now: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._now = now

    @classmethod
    def open(cls, path: Path, *, busy_timeout: float = 2.0, now: Callable[[], float] = time.time) -> SqliteDirectory:
        """Opens the database at *path*, and makes it if it is not there.

        *busy_timeout*: seconds to wait for another process's write. Raises NewerFormat, Corrupt, Unavailable.
        """
        return cls(open_database(path, busy_timeout=busy_timeout), now)

    async def add(self, name: str, credentials: Credentials, *, display_name: str | None = None) -> AccountRecord:
        """See Directory."""
        wanted = login_name(name)
        account = new_account_id()
        with self._change():
            self._require_free(wanted)
            values = (account, wanted, *_credential_values(credentials), 1, 0, int(self._now()), display_name)
            self._connection.execute(f"INSERT INTO account VALUES ({','.join('?' * len(values))})", values)
            return self._record(account)

    async def get(self, name: str) -> AccountRecord | None:
        """See Directory."""
        try:
            return self._read(_BY_NAME, login_name(name))
        except BadAccountName:
            return None

    async def by_id(self, account: AccountId) -> AccountRecord | None:
        """See Directory."""
        return self._read(_BY_ID, account)

    async def list(self, *, after: str = "", limit: int | None = None) -> tuple[AccountRecord, ...]:
        """See Directory."""
        with translated():
            rows = self._connection.execute(_LIST, (after, -1 if limit is None else limit))
            return tuple(_account(cast("_Row", row)) for row in rows)

    async def rename(self, account: AccountId, name: str) -> AccountRecord:
        """See Directory."""
        wanted = login_name(name)
        with self._change():
            record = self._record(account)
            if wanted == record.name:
                return record
            self._require_free(wanted)
            return self._set(account, "name = ?2, credential_version = credential_version + 1", wanted)

    async def set_credentials(
        self, account: AccountId, credentials: Credentials, *, expected_version: int | None = None
    ) -> AccountRecord:
        """See Directory."""
        with self._change():
            if expected_version not in (None, self._record(account).credential_version):
                raise StaleCredentials("the credentials were changed in the meantime")
            return self._set(
                account,
                "password_hash = ?2, scram_salt = ?3, scram_iterations = ?4, scram_stored_key = ?5, "
                "scram_server_key = ?6, credential_version = credential_version + 1",
                *_credential_values(credentials),
            )

    async def set_disabled(self, account: AccountId, *, disabled: bool) -> AccountRecord:
        """See Directory."""
        with self._change():
            return self._set(account, "disabled = ?2, credential_version = credential_version + 1", int(disabled))

    async def set_display_name(self, account: AccountId, display_name: str | None) -> AccountRecord:
        """See Directory."""
        with self._change():
            return self._set(account, "display_name = ?2", display_name)

    async def delete(self, account: AccountId) -> None:
        """See Directory."""
        with self._change():
            self._record(account)
            self._connection.execute("DELETE FROM account WHERE id = ?", (account,))

    async def add_alias(self, account: AccountId, address: str) -> str:
        """See Directory."""
        with self._change():
            self._record(account)
            key = alias_key(address)
            if self._read(_BY_KEY, key):
                raise AliasExists(f"the address {key} leads to an account already")
            self._connection.execute("INSERT INTO alias VALUES (?, ?)", (key, account))
            return key

    async def remove_alias(self, account: AccountId, address: str) -> None:
        """See Directory."""
        with self._change():
            self._record(account)
            key = alias_key(address)
            self._connection.execute("DELETE FROM alias WHERE address = ? AND account = ?", (key, account))
            if not self._connection.changes():
                raise NoSuchAlias(f"the account has no alias {key}")

    async def aliases(self, account: AccountId) -> tuple[str, ...]:
        """See Directory."""
        self._record(account)
        with translated():
            rows = self._connection.execute("SELECT address FROM alias WHERE account = ? ORDER BY address", (account,))
            return tuple(cast("str", row[0]) for row in rows)

    async def resolve(self, address: str, rules: Addressing = DEFAULT_ADDRESSING) -> Recipient | None:
        """See Directory."""
        try:
            keys = candidates(parse_address(address), rules)
        except BadAddress:
            return None
        with translated():
            row = self._connection.execute(_BY_FIRST_KEY, (apsw.carray(tuple(key for key, _ in keys)),)).fetchone()
        if row is None:
            return None
        place, *found = row
        return Recipient(_account(cast("_Row", found)), keys[cast("int", place) - 1][1])

    async def version(self) -> int:
        """See Directory."""
        return cast("int", self._meta("version"))

    async def secret(self) -> bytes:
        """See Directory."""
        return cast("bytes", self._meta("secret"))

    async def close(self) -> None:
        """See Directory."""
        with translated():
            self._connection.close()

    @contextmanager
    def _change(self) -> Iterator[None]:
        with translated(), transaction(self._connection):
            self._connection.execute("UPDATE meta SET version = version + 1")
            yield

    def _set(self, account: AccountId, assignments: str, *values: _Value) -> AccountRecord:
        self._connection.execute(f"UPDATE account SET {assignments} WHERE id = ?1", (account, *values))
        return self._record(account)

    def _require_free(self, name: LoginName) -> None:
        if self._read(_BY_NAME, name):
            raise AccountExists(f"the account {name} exists already")
        if self._read(_BY_ALIAS, name):
            raise AliasExists(f"{name} is an alias already")

    def _record(self, account: AccountId) -> AccountRecord:
        record = self._read(_BY_ID, account)
        if record is None:
            raise NoSuchAccount("there is no such account")
        return record

    def _read(self, statement: str, key: str) -> AccountRecord | None:
        with translated():
            row = self._connection.execute(statement, (key,)).fetchone()
        return None if row is None else _account(cast("_Row", row))

    def _meta(self, column: str) -> int | bytes:
        with translated():
            return cast("int | bytes", self._connection.execute(f"SELECT {column} FROM meta").get)


def _account(row: _Row) -> AccountRecord:
    account, name, password_hash, salt, iterations, stored_key, server_key, version, disabled, created, display = row
    scram = None
    if salt is not None and iterations is not None and stored_key is not None and server_key is not None:
        scram = ScramKeys(salt, iterations, stored_key, server_key)
    credentials = Credentials(password_hash, scram)
    return AccountRecord(AccountId(account), LoginName(name), credentials, version, bool(disabled), created, display)


def _credential_values(credentials: Credentials) -> tuple[_Value, ...]:
    keys = credentials.scram
    scram = (keys.salt, keys.iterations, keys.stored_key, keys.server_key) if keys else (None,) * 4
    return (credentials.password_hash, *scram)
