"""METADATA at its limits: too large, too many, what the administrator set, and responses of bounded size (RFC 5464)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.support.memory_client import World, world

from restante.imap.protocol.limits import WireLimits
from restante.imap.services import SessionLimits
from restante.store.memory import MemoryStore
from restante.store.model import StoreLimits

LIMIT = 100


@pytest.fixture
async def there() -> AsyncIterator[World]:
    store = MemoryStore(StoreLimits(annotations=10, annotation=LIMIT))
    await store.open()
    made = await world(store, limits=SessionLimits(annotation=LIMIT, argument_literal=2 * LIMIT))
    yield made
    await made.close()


async def test_too_large(there: World) -> None:
    client = await there.login()
    await client.ok(b"SETMETADATA INBOX (/private/comment {100+}\r\n" + b"x" * 100 + b")")
    reply = await client.command(
        b"SETMETADATA INBOX (/shared/comment NIL /private/comment {101+}\r\n" + b"x" * 101 + b")"
    )
    assert b" NO [METADATA MAXSIZE 100] " in reply
    assert b"(/shared/comment NIL)" in await client.ok("GETMETADATA INBOX /shared/comment")


@pytest.mark.parametrize("size", [b"{201+}\r\n" + b"x" * 201, b"{201}", b"~{5000+}\r\n" + b"x" * 5000])
async def test_too_large_to_be_read(there: World, size: bytes) -> None:
    client = await there.login()
    reply = await client.command(b"SETMETADATA INBOX (/private/comment " + size + (b"" if size == b"{201}" else b")"))
    assert b" NO [METADATA MAXSIZE 100] " in reply
    assert b" OK " in await client.ok("NOOP")
    assert b" NO [TOOBIG] " in await client.command(b"STATUS {201+}\r\n" + b"x" * 201 + b" (MESSAGES)")


async def test_too_many(there: World) -> None:
    client = await there.login()
    for number in range(10):
        await client.ok(f'SETMETADATA "" (/private/vendor/acme/n{number} "x")')
    reply = await client.command('SETMETADATA "" (/private/vendor/acme/n0 "new" /private/comment "x")')
    assert b" NO [METADATA TOOMANY] " in reply
    assert b'n0 "x"' in await client.ok('GETMETADATA "" /private/vendor/acme/n0')
    await client.ok('SETMETADATA "" (/private/vendor/acme/n0 NIL /private/comment "x")')


async def test_what_the_administrator_set(there: World) -> None:
    there.services = replace(
        there.services, server_entries={"/shared/comment": "Büro", "/shared/admin": "mailto:me@example.org"}
    )
    client = await there.login()
    reply = await client.ok('GETMETADATA (DEPTH infinity) "" /shared')
    assert reply.count(b"* METADATA") == 1
    assert b'/shared/admin "mailto:me@example.org"' in reply
    assert b"/shared/comment {5}\r\nB\xc3\xbcro" in reply
    reply = await client.ok('GETMETADATA "" (MAXSIZE 5) (/shared/admin /shared/comment)')
    assert b"* METADATA" in reply
    assert b"[METADATA LONGENTRIES 21] " in reply
    assert b"/shared/admin" not in reply


async def test_many_octets_go_in_several_responses() -> None:
    store = MemoryStore()
    await store.open()
    there = await world(store)
    client = await there.login()
    for number in range(5):
        await client.ok(b"SETMETADATA INBOX (/private/vendor/acme/n%d {30000+}\r\n%b)" % (number, b"x" * 30_000))
    reply = await client.ok("GETMETADATA (DEPTH infinity) INBOX /private/vendor")
    assert reply.count(b"* METADATA INBOX (") == 3
    assert reply.count(b"{30000}\r\n") == 5
    await there.close()


async def test_many_arguments_are_refused(there: World) -> None:
    there.wire = WireLimits(arguments=100)
    client = await there.login()
    for entries in ("/private/a " * 101, "(" + " ".join(["/private/a"] * 101) + ")"):
        assert b" BAD " in await client.command(f"GETMETADATA INBOX {entries.strip()}")
    values = " ".join(["/private/a NIL"] * 101)
    assert b" BAD " in await client.command(f"SETMETADATA INBOX ({values})")


@pytest.mark.parametrize(
    "command",
    [
        "GETMETADATA INBOX",
        "GETMETADATA INBOX ()",
        "GETMETADATA (MAXSIZE) INBOX /private/a",
        "GETMETADATA (MAXSIZE -1) INBOX /private/a",
        "GETMETADATA () INBOX /private/a",
        "GETMETADATA (DEPTH 0) INBOX (DEPTH 0) /private/a",
        "SETMETADATA INBOX /private/a x",
        "SETMETADATA INBOX (/private/a atom)",
        'SETMETADATA INBOX (/private/a "x") more',
    ],
)
async def test_bad_grammar(there: World, command: str) -> None:
    client = await there.login()
    assert b" BAD " in await client.command(command)
    await client.ok("NOOP")


async def test_not_before_login(there: World) -> None:
    client = there.connect()
    assert b" BAD " in await client.command('GETMETADATA "" /private/a')


async def test_nothing_is_told_after_unauthenticate(there: World) -> None:
    client, other = await there.login(), await there.login()
    await client.ok("ENABLE METADATA")
    await client.ok("UNAUTHENTICATE")
    await client.ok('LOGIN alice "open sesame"')
    await other.ok('SETMETADATA "" (/private/comment "x")')
    assert b"* METADATA" not in await client.ok("NOOP")
    await client.ok("ENABLE METADATA")
    assert b"* METADATA" not in await client.ok("NOOP")
    await other.ok('SETMETADATA "" (/private/comment "y")')
    assert b'* METADATA "" /private/comment' in await client.ok("NOOP")


async def test_own_value_under_anothers(there: World) -> None:
    client, other = await there.login(), await there.login()
    await client.ok("ENABLE METADATA")
    # Both between two looks of the client: what it set last is what it knows; what the other set later is news.
    client.send(b'a1 SETMETADATA "" (/private/comment "1")\r\n')
    await client.until(lambda out: b"a1 OK" in out)
    await other.ok('SETMETADATA "" (/private/comment "2")')
    assert b'* METADATA "" /private/comment' in await client.ok("NOOP")
