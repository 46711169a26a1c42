"""Filters at their limits: how long and how deep a search may get by them (RFC 5466 §3.1, §5)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.memory_client import MemoryConnection, World, world

from restante.imap.extensions.all import ALL
from restante.imap.filtering import PASSES, References, read_filter
from restante.imap.protocol.limits import WireLimits
from restante.imap.registry import Registry
from restante.imap.services import SessionLimits
from restante.imap.wire.errors import BadSyntax
from restante.model.entry_name import EntryName
from restante.store.memory import MemoryStore
from restante.store.model import StoreFeature, StoreLimits

TABLES = Registry(ALL, frozenset(StoreFeature))
NONE = References()


@pytest.fixture
async def there() -> AsyncIterator[World]:
    store = MemoryStore(StoreLimits(annotations=1000))
    await store.open()
    made = await world(store, limits=SessionLimits(argument_literal=65_536), wire=WireLimits(nesting=12))
    yield made
    await made.close()


async def keep(client: MemoryConnection, name: str, search: str | bytes) -> None:
    raw = search.encode() if isinstance(search, str) else search
    await client.ok(b'SETMETADATA "" (/private/filters/values/%b {%d+}\r\n%b)' % (name.encode(), len(raw), raw))


async def opened(there: World) -> MemoryConnection:
    client = await there.login()
    await client.ok(b"APPEND INBOX {5+}\r\nx\r\n\r\n")
    await client.ok("SELECT INBOX")
    return client


@pytest.mark.parametrize(
    "value",
    [b"", b" ", b"ALL ", b" ALL", b"ALL  SEEN", b"ALL\r\nSEEN", b"SUBJECT", b"SUBJECT {5}\r\nab", b"SUBJECT {2}\r\nab SEEN)",
     b"SUBJECT {99999999999999999999}\r\nab", b"SUBJECT \"\xff\"", b"\x00", b"((ALL)", b"FILTER", b"FILTER a/b"],
)  # fmt: skip
def test_what_is_no_search(value: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_filter(value, TABLES, NONE)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (b"ALL", []),
        (b"ALL\r\n", []),
        (b"(OR SEEN (NOT FILTER a)) FILTER B", ["a", "B"]),
        (b"SUBJECT {2}\r\nab FROM {0+}\r\n SEEN", []),
        ("SUBJECT Büro".encode().replace(b"B\xc3\xbcro", b'"B\xc3\xbcro"'), []),
    ],
)
def test_what_is(value: bytes, names: list[str]) -> None:
    assert [name for name, _ in read_filter(value, TABLES, NONE).names] == names


async def test_few_filters_that_would_be_very_many(there: World) -> None:
    client = await opened(there)
    await keep(client, "f0", "SEEN")
    for number in range(1, PASSES):
        await keep(client, f"f{number}", " ".join([f"FILTER f{number - 1}"] * 50))
    assert b" NO [LIMIT] " in await client.command(f"SEARCH FILTER f{PASSES - 1}")
    assert b"* SEARCH\r\n" in await client.ok("SEARCH FILTER f1")


async def test_many_of_them_at_once(there: World) -> None:
    client = await opened(there)
    await keep(client, "long", " ".join(["UNSEEN"] * 5000))
    assert b"* SEARCH 1\r\n" in await client.ok("SEARCH FILTER long")
    assert b" NO [LIMIT] " in await client.command("SEARCH " + " ".join(["FILTER long"] * 5))
    for number in range(4):
        await keep(client, f"long{number}", " ".join(["UNSEEN"] * 5000))
    assert b" NO [LIMIT] " in await client.command("SEARCH " + " ".join(f"FILTER long{n}" for n in range(4)))


async def test_deep_ones_within_each_other(there: World) -> None:
    client = await opened(there)
    await keep(client, "deep", "(((((ALL)))))")
    await keep(client, "deeper", "(((((FILTER deep)))))")
    assert b"* SEARCH 1\r\n" in await client.ok("SEARCH FILTER deep")
    assert b" NO [LIMIT] " in await client.command("SEARCH (FILTER deeper)")
    reply = await client.command(
        'SETMETADATA "" (/private/filters/values/deepest "' + "(" * 13 + "ALL" + ")" * 13 + '")'
    )
    assert b" NO [CANNOT] " in reply
    assert b"12 levels" in reply


async def test_a_long_chain_and_a_ring(there: World) -> None:
    client = await opened(there)
    for number in range(200):
        await keep(client, f"c{number}", f"FILTER c{(number + 1) % 200}")
    assert b" NO [UNDEFINED-FILTER c10] " in await client.command("SEARCH FILTER c0")
    everything = " ".join(f"FILTER c{number}" for number in range(200))
    assert b" NO [UNDEFINED-FILTER " in await client.command(f"SEARCH {everything}")


async def test_what_was_kept_unchecked_is_told_of_when_used(there: World) -> None:
    client = await opened(there)
    account = await there.store.account(there.account)
    await account.annotations.change(None, {EntryName("/private/filters/values/old"): b"OR SMALLER"})
    reply = await client.command("SEARCH FILTER old")
    assert b" NO [UNDEFINED-FILTER old] The filter is no search: expected a space at octet 10" in reply
    await client.ok("SEARCH ALL")


async def test_message_numbers_in_a_filter(there: World) -> None:
    client = await opened(there)
    await keep(client, "first", "1:1")
    assert b"* SEARCH 1\r\n" in await client.ok("UID SEARCH FILTER first")
    await client.ok("ENABLE UIDONLY")
    assert b" BAD [UIDREQUIRED] " in await client.command("UID SEARCH FILTER first")
    await keep(client, "first", "UID 1")
    assert b"UID ALL 1" in await client.ok("UID SEARCH RETURN (ALL) FILTER first")


async def test_a_client_taken_as_it_is() -> None:
    store = MemoryStore()
    await store.open()
    there = await world(store, limits=SessionLimits(numbers_end_uidonly=True))
    client = await opened(there)
    await keep(client, "first", "1:1")
    await client.ok("ENABLE UIDONLY")
    await client.ok("UID SEARCH FILTER first")
    await there.close()


async def test_fuzzy_filters(there: World) -> None:
    client = await opened(there)
    await client.ok(b"APPEND INBOX {28+}\r\nSubject: lunch at noon\r\n\r\n\r\n")
    await keep(client, "lunch", 'SUBJECT "noon lunch"')
    assert b"* SEARCH\r\n" in await client.ok("SEARCH FILTER lunch")
    assert b"* SEARCH 2\r\n" in await client.ok("SEARCH FUZZY FILTER lunch")


@pytest.mark.parametrize("name", ["x" * 401, "x" * 60_000])
async def test_long_names(there: World, name: str) -> None:
    client = await opened(there)
    assert b" BAD " in await client.command(f"SEARCH FILTER {name}")
    assert b" NO [UNDEFINED-FILTER xxx" in await client.command(f"SEARCH FILTER {name[:400]}")
    assert b" NO " in await client.command(f'SETMETADATA "" (/private/filters/values/{name[:450]} "ALL")')
