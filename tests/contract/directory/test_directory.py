"""The account directory's contract, for every engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from restante.model.ids import AccountId
from restante.sasl.scram_keys import ScramKeys
from restante.store.address import Addressing
from restante.store.directory import Credentials, Directory
from restante.store.directory_errors import (
    AccountExists,
    AliasExists,
    BadAccountName,
    BadAddress,
    NoSuchAlias,
    StaleCredentials,
)
from restante.store.errors import NoSuchAccount
from restante.store.memory_directory import MemoryDirectory
from restante.store.sqlite.directory import SqliteDirectory

KEYS = ScramKeys(b"salt", 4096, b"s" * 32, b"v" * 32)
FIRST = Credentials("$first", KEYS)
SECOND = Credentials("$second")
NOBODY = AccountId("nobody")
LOCAL = Addressing(local_domains=("example.org", "example.net"))


@pytest.fixture(params=["memory", "sqlite"])
async def directory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Directory]:
    engine: Directory
    if request.param == "memory":
        engine = MemoryDirectory(now=lambda: 1_700_000_000.9)
    else:
        engine = SqliteDirectory.open(tmp_path / "directory.sqlite", now=lambda: 1_700_000_000.9)
    yield engine
    await engine.close()


async def test_an_added_account_is_found_by_name_in_any_case_and_by_id(directory: Directory) -> None:
    anna = await directory.add("Anna", FIRST, display_name="Anna Karenina")
    assert (anna.name, anna.disabled, anna.created) == ("anna", False, 1_700_000_000)
    assert anna.display_name == "Anna Karenina"
    assert anna.credentials == FIRST
    assert await directory.get("ANNA") == anna
    assert await directory.by_id(anna.id) == anna


async def test_ids_differ_and_are_file_names(directory: Directory) -> None:
    ids = {(await directory.add(f"user{n}", FIRST)).id for n in range(20)}
    assert len(ids) == 20
    assert all(len(i) == 16 and i.isalnum() and i == i.lower() for i in ids)


async def test_what_is_not_there_is_none(directory: Directory) -> None:
    assert await directory.get("anna") is None
    assert await directory.get("no/name\0at all") is None
    assert await directory.by_id(NOBODY) is None
    assert await directory.list() == ()


async def test_mutators_of_no_account_raise_and_change_nothing(directory: Directory) -> None:
    before = await directory.version()
    for call in (
        directory.rename(NOBODY, "x"),
        directory.set_credentials(NOBODY, FIRST),
        directory.set_credentials(NOBODY, FIRST, expected_version=1),
        directory.set_disabled(NOBODY, disabled=True),
        directory.set_display_name(NOBODY, "x"),
        directory.delete(NOBODY),
        directory.add_alias(NOBODY, "x@example.org"),
        directory.remove_alias(NOBODY, "x@example.org"),
        directory.aliases(NOBODY),
    ):
        with pytest.raises(NoSuchAccount):
            await call
    assert await directory.version() == before


async def test_a_name_is_given_once(directory: Directory) -> None:
    await directory.add("anna", FIRST)
    bert = await directory.add("bert", FIRST)
    with pytest.raises(AccountExists):
        await directory.add("ANNA", SECOND)
    with pytest.raises(AccountExists):
        await directory.rename(bert.id, "Anna")
    assert [a.name for a in await directory.list()] == ["anna", "bert"]


async def test_a_bad_name_is_refused_with_a_reason(directory: Directory) -> None:
    with pytest.raises(BadAccountName, match="cannot hold the character /"):
        await directory.add("a/b", FIRST)
    anna = await directory.add("anna", FIRST)
    with pytest.raises(BadAccountName, match="empty"):
        await directory.rename(anna.id, "")


async def test_list_goes_by_name_and_in_pages(directory: Directory) -> None:
    for name in ("carl", "anna", "bert"):
        await directory.add(name, FIRST)
    assert [a.name for a in await directory.list()] == ["anna", "bert", "carl"]
    assert [a.name for a in await directory.list(limit=2)] == ["anna", "bert"]
    assert [a.name for a in await directory.list(after="anna", limit=1)] == ["bert"]


async def test_rename_keeps_the_id_and_frees_the_old_name(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    renamed = await directory.rename(anna.id, "Anna@Example.org")
    assert (renamed.id, renamed.name) == (anna.id, "anna@example.org")
    assert renamed.credential_version > anna.credential_version
    assert await directory.get("anna") is None
    assert (await directory.add("anna", FIRST)).id != anna.id


async def test_rename_to_its_own_name_is_nothing(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    assert await directory.rename(anna.id, "ANNA") == anna


async def test_credentials_are_replaced_and_counted(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    changed = await directory.set_credentials(anna.id, SECOND)
    assert changed.credentials == SECOND
    assert changed.credential_version > anna.credential_version
    assert await directory.get("anna") == changed


async def test_credentials_changed_by_another_are_not_overwritten(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    changed = await directory.set_credentials(anna.id, SECOND, expected_version=anna.credential_version)
    with pytest.raises(StaleCredentials):
        await directory.set_credentials(anna.id, FIRST, expected_version=anna.credential_version)
    assert await directory.by_id(anna.id) == changed


async def test_disabling_is_kept_and_counted(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    off = await directory.set_disabled(anna.id, disabled=True)
    assert off.disabled
    assert off.credential_version > anna.credential_version
    on = await directory.set_disabled(anna.id, disabled=False)
    assert not on.disabled
    assert on.credential_version > off.credential_version


async def test_display_name_changes_alone(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    changed = await directory.set_display_name(anna.id, "Änne")
    assert (changed.display_name, changed.credential_version) == ("Änne", anna.credential_version)
    assert (await directory.set_display_name(anna.id, None)).display_name is None


async def test_delete_takes_the_aliases_along(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    await directory.add_alias(anna.id, "info@example.org")
    await directory.delete(anna.id)
    assert await directory.get("anna") is None
    assert await directory.resolve("info@example.org") is None
    bert = await directory.add("bert", FIRST)
    assert await directory.add_alias(bert.id, "info@example.org") == "info@example.org"


async def test_aliases_are_listed_in_order_and_removed(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    for alias in ("Post@Example.ORG", "@example.net", "abuse"):
        await directory.add_alias(anna.id, alias)
    assert await directory.aliases(anna.id) == ("@example.net", "abuse", "post@example.org")
    await directory.remove_alias(anna.id, "POST@example.org")
    assert await directory.aliases(anna.id) == ("@example.net", "abuse")
    with pytest.raises(NoSuchAlias):
        await directory.remove_alias(anna.id, "post@example.org")


async def test_an_address_leads_to_one_account(directory: Directory) -> None:
    anna = await directory.add("anna@example.org", FIRST)
    bert = await directory.add("bert", FIRST)
    await directory.add_alias(anna.id, "info@example.org")
    for taken in ("info@example.org", "ANNA@example.org", "bert"):
        with pytest.raises(AliasExists):
            await directory.add_alias(bert.id, taken)
    with pytest.raises(AliasExists):
        await directory.add("info@example.org", FIRST)
    with pytest.raises(AliasExists):
        await directory.rename(bert.id, "info@example.org")
    with pytest.raises(NoSuchAlias):
        await directory.remove_alias(bert.id, "info@example.org")


@pytest.mark.parametrize("bad", ["", "@", "a b@example.org", "a@", "a@b@c", "a@ex ample", "x" * 1001, "a\0@b"])
async def test_a_bad_alias_is_refused(directory: Directory, bad: str) -> None:
    anna = await directory.add("anna", FIRST)
    with pytest.raises(BadAddress):
        await directory.add_alias(anna.id, bad)
    assert await directory.resolve(bad) is None


@pytest.mark.parametrize(
    ("address", "name", "detail"),
    [
        ("anna", "anna", None),
        ("Anna@Example.ORG", "anna", None),
        ("anna@example.net.", "anna", None),
        ("anna+lists@example.org", "anna", "lists"),
        ("anna+Lists+More@example.org", "anna", "Lists+More"),
        ("anna+@example.org", "anna", ""),
        ('"anna"@example.org', "anna", None),
        ('"anna+My Lists"@example.org', "anna", "My Lists"),
        ("bert@example.org", "bert@example.org", None),
        ("bert+x@example.org", "bert@example.org", "x"),
        ("bert", "bert@example.org", None),
        ("info@example.org", "anna", None),
        ("info+y@example.org", "anna", "y"),
        ("dora+fixed@example.org", "bert@example.org", None),
        ('"Frau Anna"@example.org', "anna", None),
        ("postmaster@example.net", "anna", None),
        ("any.one@catch.example", "bert@example.org", None),
        ("anna@catch.example", "bert@example.org", None),
        ("jürgen@bücher.example", "anna", None),
        ("JÜRGEN@xn--bcher-kva.example", "anna", None),
        ("bert@example.net", None, None),
        ("anna@elsewhere.example", None, None),
        ("+lists@example.org", None, None),
        ("nobody@example.org", None, None),
        ("anna-lists@example.org", None, None),
    ],
)
async def test_resolve(directory: Directory, address: str, name: str | None, detail: str | None) -> None:
    anna = await directory.add("anna", FIRST)
    bert = await directory.add("bert@example.org", FIRST)
    for alias in ("info@example.org", '"frau anna"@example.org', "postmaster", "jürgen@bücher.example"):
        await directory.add_alias(anna.id, alias)
    for alias in ("dora+fixed@example.org", "@catch.example"):
        await directory.add_alias(bert.id, alias)
    found = await directory.resolve(address, LOCAL)
    assert (found and found.account.name, found and found.detail) == (name, detail)


async def test_with_any_domain_local_a_catch_all_still_goes_first(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    bert = await directory.add("bert", FIRST)
    await directory.add_alias(bert.id, "@example.net")
    everywhere = await directory.resolve("anna@example.com")
    assert everywhere
    assert everywhere.account == anna
    caught = await directory.resolve("anna@example.net")
    assert caught
    assert caught.account == bert


async def test_another_delimiter_and_none(directory: Directory) -> None:
    await directory.add("anna", FIRST)
    found = await directory.resolve("anna--x@example.org", Addressing(delimiter="--"))
    assert found
    assert found.detail == "x"
    assert await directory.resolve("anna+x@example.org", Addressing(delimiter="")) is None


async def test_mail_to_a_disabled_account_still_finds_it(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    await directory.set_disabled(anna.id, disabled=True)
    found = await directory.resolve("anna")
    assert found
    assert found.account.disabled


async def test_version_rises_with_each_change(directory: Directory) -> None:
    seen = [await directory.version()]
    anna = await directory.add("anna", FIRST)
    seen.append(await directory.version())
    await directory.add_alias(anna.id, "info@example.org")
    seen.append(await directory.version())
    await directory.set_credentials(anna.id, SECOND)
    seen.append(await directory.version())
    await directory.remove_alias(anna.id, "info@example.org")
    seen.append(await directory.version())
    await directory.delete(anna.id)
    seen.append(await directory.version())
    assert seen == sorted(set(seen))
    await directory.get("anna")
    assert await directory.version() == seen[-1]


async def test_the_secret_stays(directory: Directory) -> None:
    secret = await directory.secret()
    assert len(secret) == 32
    assert await directory.secret() == secret


async def test_no_record_shows_its_credentials(directory: Directory) -> None:
    anna = await directory.add("anna", FIRST)
    assert "$first" not in repr(anna)
    assert "sss" not in repr(FIRST.scram)
