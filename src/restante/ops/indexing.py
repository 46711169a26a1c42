"""What an administrator does with the indexes of text: see how far they are, check them, make them anew.

Strategy: the store knows how; this goes from account to account. Every step is small, so a server may serve meanwhile, and
whatever is broken off goes on by itself when the account is next used.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from restante.store.api import Store
from restante.store.directory import AccountRecord
from restante.store.text_index import TextIndex, TextIndexStatus


class Watcher(Protocol):
    """Is told how it goes."""

    def begin(self, account: str) -> None:
        """What follows is of *account*."""
        ...

    def reach(self, done: int, total: int) -> None:
        """So many messages of *total* were dealt with."""
        ...


class Checked(NamedTuple):
    """An account's index, checked: *faults* is empty if it is sound."""

    account: AccountRecord
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class Indexing:
    """The use-cases. All raise NoSuchAccount, Unavailable, Corrupt.

    Attributes:
        store: where the mail is.
        watcher: told how it goes.
    """

    store: Store
    watcher: Watcher

    async def status(self, accounts: Sequence[AccountRecord]) -> list[tuple[AccountRecord, TextIndexStatus]]:
        """How far the indexes of *accounts* are."""
        return [(account, await (await self._index(account)).status()) for account in accounts]

    async def check(self, accounts: Sequence[AccountRecord]) -> AsyncIterator[Checked]:
        """What is wrong with the indexes of *accounts*, one by one."""
        for account in accounts:
            self.watcher.begin(account.name)
            yield Checked(account, await (await self._index(account)).check(self.watcher.reach))

    async def rebuild(self, accounts: Sequence[AccountRecord]) -> AsyncIterator[AccountRecord]:
        """Make the indexes of *accounts* anew, one by one."""
        for account in accounts:
            self.watcher.begin(account.name)
            await (await self._index(account)).rebuild(self.watcher.reach)
            yield account

    async def _index(self, account: AccountRecord) -> TextIndex:
        return (await self.store.account(account.id)).text_index()
