"""A limit on what one COPY or APPEND takes (RFC 9738 §3, §3.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.memory_client import MemoryConnection, world

from restante.imap.services import SessionLimits
from restante.store.memory import MemoryStore

MESSAGE = b" {17+}\r\nSubject: x\r\n\r\nx\r\n"


@pytest.fixture
async def connection() -> AsyncIterator[MemoryConnection]:
    store = MemoryStore()
    await store.open()
    place = await world(store, limits=SessionLimits(save=3))
    made = await place.login()
    for _ in range(5):
        await made.ok(b"APPEND INBOX" + MESSAGE)
    await made.ok("CREATE Trash")
    await made.ok("SELECT INBOX")
    yield made
    await place.close()


async def test_the_limit_is_announced(connection: MemoryConnection) -> None:
    words = (await connection.ok("CAPABILITY")).split()
    assert b"SAVELIMIT=3" in words
    assert not any(word.startswith(b"MESSAGELIMIT") for word in words)


async def test_a_copy_of_more_copies_nothing_and_says_how_far_it_would_come(connection: MemoryConnection) -> None:
    assert b" NO [MESSAGELIMIT 3 3] " in await connection.command("UID COPY 1:5 Trash")
    assert b" NO [MESSAGELIMIT 3 2] " in await connection.command("COPY 1:4 Trash")
    assert b"(MESSAGES 0)" in await connection.ok("STATUS Trash (MESSAGES)")
    await connection.ok("UID COPY 3:5 Trash")


async def test_an_append_of_more_appends_nothing(connection: MemoryConnection) -> None:
    assert b" NO [MESSAGELIMIT 3] " in await connection.command(b"APPEND Trash" + MESSAGE * 4)
    assert b"(MESSAGES 0)" in await connection.ok("STATUS Trash (MESSAGES)")
    await connection.ok(b"APPEND Trash" + MESSAGE * 3)


async def test_other_commands_have_no_limit(connection: MemoryConnection) -> None:
    assert (await connection.ok("UID FETCH 1:5 UID")).count(b"FETCH (") == 5
    assert b"1 2 3 4 5" in await connection.ok("UID SEARCH ALL")
