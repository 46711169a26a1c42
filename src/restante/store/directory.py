"""The account directory's contract: who has mail here, under which names, with what credentials.

Strategy: an account is an :data:`~restante.model.ids.AccountId` that never changes, and a login name, aliases and credentials
that may. Everything that keeps mail is filed under the id, so a rename touches the directory alone.

The rule it protects: login names and aliases together are one set of keys, so an address leads to one account at most; and
each change of name, credentials or access raises the account's ``credential_version``, so no cache outlives it.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import Protocol

from restante.model.ids import AccountId
from restante.sasl.scram_keys import ScramKeys
from restante.store.address import Addressing
from restante.store.login_name import LoginName

DEFAULT_ADDRESSING = Addressing()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one password is checked against. Never shown, not even by ``repr``.

    Attributes:
        password_hash: argon2id hash in PHC string form.
        scram: keys for SCRAM-SHA-256 (RFC 7677), or None if the account cannot use it.
    """

    password_hash: str = field(repr=False)
    scram: ScramKeys | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account as the directory has it at one moment.

    Attributes:
        id: opaque and permanent; safe as a file name.
        name: login name in comparable form.
        credentials: what its password is checked against.
        credential_version: raised with each change of name, credentials or *disabled*.
        disabled: whether it may not log in; mail is still received.
        created: seconds since 1970-01-01T00:00:00Z.
        display_name: the person's name for people to read, or None.
    """

    id: AccountId
    name: LoginName
    credentials: Credentials
    credential_version: int
    disabled: bool
    created: int
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where an address leads.

    Attributes:
        account: whose mail it is; it may be disabled.
        detail: what followed the delimiter, as written (``lists`` of ``anna+lists``), or None (RFC 5233 §4).
    """

    account: AccountRecord
    detail: str | None = None


class Directory(Protocol):
    """All accounts. Each mutator is one transaction, on disk when it returns.

    Texts are taken as people write them and compared folded. Methods raise Unavailable if the directory cannot be read or
    written now; mutators by id raise NoSuchAccount, and nothing is changed by a method that raises.
    """

    async def add(self, name: str, credentials: Credentials, *, display_name: str | None = None) -> AccountRecord:
        """Makes an account with a new id. Raises BadAccountName, AccountExists, AliasExists."""
        ...

    async def get(self, name: str) -> AccountRecord | None:
        """The account of that login name; None if there is none or *name* cannot be one."""
        ...

    async def by_id(self, account: AccountId) -> AccountRecord | None:
        """The account of that id."""
        ...

    async def list(self, *, after: str = "", limit: int | None = None) -> tuple[AccountRecord, ...]:
        """Accounts by login name, beginning after the name *after*, at most *limit* of them."""
        ...

    async def rename(self, account: AccountId, name: str) -> AccountRecord:
        """Gives another login name. Raises BadAccountName, AccountExists, AliasExists."""
        ...

    async def set_credentials(
        self, account: AccountId, credentials: Credentials, *, expected_version: int | None = None
    ) -> AccountRecord:
        """Replaces the credentials; with *expected_version*, only if that is still the ``credential_version``.

        Raises StaleCredentials if it is not.
        """
        ...

    async def set_disabled(self, account: AccountId, *, disabled: bool) -> AccountRecord:
        """Forbids or allows logging in."""
        ...

    async def set_display_name(self, account: AccountId, display_name: str | None) -> AccountRecord:
        """Changes the name that people read."""
        ...

    async def delete(self, account: AccountId) -> None:
        """Removes the account and its aliases. Its mail is not the directory's matter."""
        ...

    async def add_alias(self, account: AccountId, address: str) -> str:
        """Makes *address* lead to the account, and returns its key; ``@example.org`` is the catch-all of a domain.

        Raises BadAddress, and AliasExists if the address leads somewhere already.
        """
        ...

    async def remove_alias(self, account: AccountId, address: str) -> None:
        """Raises NoSuchAlias."""
        ...

    async def aliases(self, account: AccountId) -> tuple[str, ...]:
        """The account's aliases in alphabetical order. Raises NoSuchAccount."""
        ...

    async def resolve(self, address: str, rules: Addressing = DEFAULT_ADDRESSING) -> Recipient | None:
        """Whose mail to *address* is; None if nobody's, or if *address* is none. At most five point reads."""
        ...

    async def version(self) -> int:
        """Raised by each change, whoever makes it, so that caches can notice."""
        ...

    async def secret(self) -> bytes:
        """32 random octets, made with the directory: the key of answers that must stay alike for it."""
        ...

    async def close(self) -> None:
        """Lets go of the directory; nothing may be called after it."""
        ...


def new_account_id() -> AccountId:
    """A fresh id: 16 lower-case letters and digits, 80 random bits, one file name even where case is not told apart."""
    return AccountId(base64.b32encode(secrets.token_bytes(10)).decode().lower())
