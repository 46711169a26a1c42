"""What an administrator does with accounts."""

from __future__ import annotations

import pytest
from tests.support.logins import CHEAP, InlineOffload

from restante.auth.password import BadPassword, verify
from restante.ops.accounts import Accounts
from restante.store.directory import AccountRecord
from restante.store.directory_errors import AccountExists, AliasExists
from restante.store.errors import NoSuchAccount, Unavailable
from restante.store.memory_directory import MemoryDirectory


class Hook:
    """Notes what it is told, and breaks on demand."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.broken = False

    async def on_created(self, account: AccountRecord) -> None:
        self._tell(f"+{account.name}")

    async def on_deleted(self, account: AccountRecord) -> None:
        self._tell(f"-{account.name}")

    def _tell(self, what: str) -> None:
        if self.broken:
            raise Unavailable("no room")
        self.told.append(what)


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
def accounts(hook: Hook) -> Accounts:
    return Accounts(MemoryDirectory(), InlineOffload(), CHEAP, hook)


async def test_add_with_aliases_tells_the_hook(accounts: Accounts, hook: Hook) -> None:
    anna = await accounts.add("Anna", "pencil", display_name="Anna K.", aliases=["info@example.org"])
    assert verify(anna.credentials, "pencil")
    assert await accounts.aliases("anna") == ("info@example.org",)
    assert (await accounts.list()) == (anna,)
    assert hook.told == ["+anna"]


async def test_add_is_whole_or_not_at_all(accounts: Accounts, hook: Hook) -> None:
    await accounts.add("anna", "pencil", aliases=["info@example.org"])
    with pytest.raises(AliasExists):
        await accounts.add("bert", "pencil", aliases=["bert@example.org", "info@example.org"])
    hook.broken = True
    with pytest.raises(Unavailable):
        await accounts.add("carl", "pencil")
    with pytest.raises(BadPassword):
        await accounts.add("dora", "")
    with pytest.raises(AccountExists):
        await accounts.add("ANNA", "pencil")
    assert [account.name for account in await accounts.list()] == ["anna"]
    assert hook.told == ["+anna"]


async def test_change_password(accounts: Accounts) -> None:
    await accounts.add("anna", "pencil")
    changed = await accounts.change_password("ANNA", "eraser")
    assert verify(changed.credentials, "eraser")
    assert not verify(changed.credentials, "pencil")


async def test_rename_may_keep_the_old_address(accounts: Accounts) -> None:
    await accounts.add("anna@example.org", "pencil")
    await accounts.rename("anna@example.org", "anna.k@example.org", keep_address=True)
    found = await accounts.directory.resolve("anna@example.org")
    assert found
    assert found.account.name == "anna.k@example.org"
    await accounts.rename("anna.k@example.org", "ANNA.k@example.org", keep_address=True)
    assert await accounts.aliases("anna.k@example.org") == ("anna@example.org",)


async def test_disable_and_enable(accounts: Accounts) -> None:
    await accounts.add("anna", "pencil")
    assert (await accounts.disable("anna")).disabled
    assert not (await accounts.enable("anna")).disabled


async def test_delete_erases_the_mail_first_and_can_be_repeated(accounts: Accounts, hook: Hook) -> None:
    await accounts.add("anna", "pencil")
    hook.broken = True
    with pytest.raises(Unavailable):
        await accounts.delete("anna")
    assert (await accounts.find("anna")).disabled
    hook.broken = False
    await accounts.delete("anna")
    assert hook.told == ["+anna", "-anna"]
    assert await accounts.list() == ()


async def test_aliases_come_and_go(accounts: Accounts) -> None:
    await accounts.add("anna", "pencil")
    assert await accounts.add_alias("anna", "Info@Example.org") == "info@example.org"
    await accounts.remove_alias("anna", "info@example.org")
    assert await accounts.aliases("anna") == ()


async def test_no_account_is_named_in_the_error_unless_it_would_break_the_terminal(accounts: Accounts) -> None:
    with pytest.raises(NoSuchAccount, match="there is no account bert"):
        await accounts.delete("bert")
    with pytest.raises(NoSuchAccount, match="no such account"):
        await accounts.disable("\x1b[2J")


async def test_without_a_hook() -> None:
    accounts = Accounts(MemoryDirectory(), InlineOffload(), CHEAP)
    await accounts.add("anna", "pencil")
    await accounts.delete("anna")
    assert await accounts.list() == ()
