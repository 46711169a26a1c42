"""A limit on what one COPY or APPEND takes (RFC 9738 §3, §3.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.support.memory_client import MemoryConnection, world

from restante.imap.services import SessionLimits
from restante.store.memory import MemoryStore

MESSAGE = b" {17+}\r\nSubject: x\r\n\r\nx\r\n"


@asynccontextmanager
async def selected(limits: SessionLimits) -> AsyncIterator[MemoryConnection]:
    """A client of an INBOX with five messages, and of an empty Trash."""
    store = MemoryStore()
    await store.open()
    place = await world(store, limits=limits)
    made = await place.login()
    for _ in range(5):
        await made.ok(b"APPEND INBOX" + MESSAGE)
    await made.ok("CREATE Trash")
    await made.ok("SELECT INBOX")
    yield made
    await place.close()


@pytest.fixture
async def connection() -> AsyncIterator[MemoryConnection]:
    async with selected(SessionLimits(save=3)) as made:
        yield made


@pytest.fixture
async def limited() -> AsyncIterator[MemoryConnection]:
    async with selected(SessionLimits(messages=3)) as made:
        yield made


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


async def test_the_limit_of_all_commands_is_announced(limited: MemoryConnection) -> None:
    words = (await limited.ok("CAPABILITY")).split()
    assert b"MESSAGELIMIT=3" in words
    assert not any(word.startswith(b"SAVELIMIT") for word in words)


async def test_a_fetch_takes_the_highest_and_says_where_it_stopped(limited: MemoryConnection) -> None:
    reply = await limited.ok("UID FETCH 1:5 (FLAGS)")
    assert [f"UID {uid} ".encode() in reply for uid in range(1, 6)] == [False, False, True, True, True]
    assert b" OK [MESSAGELIMIT 3 3] " in reply
    assert b"MESSAGELIMIT" not in await limited.ok("FETCH 1:3 (UID)")


async def test_a_store_goes_on_from_where_it_stopped(limited: MemoryConnection) -> None:
    assert b" OK [MESSAGELIMIT 3 3] " in await limited.ok("UID STORE 1:5 +FLAGS (\\Deleted)")
    reply = await limited.ok("UID STORE 1:2 +FLAGS (\\Deleted)")
    assert reply.count(b"FETCH (") == 2
    assert b"MESSAGELIMIT" not in reply


async def test_a_search_looks_at_the_highest_of_its_set(limited: MemoryConnection) -> None:
    reply = await limited.ok("UID SEARCH ALL")
    assert b"* SEARCH 3 4 5\r\n" in reply
    assert b" OK [MESSAGELIMIT 3 3] " in reply
    assert b"* SEARCH 1 2\r\n" in await limited.ok("UID SEARCH UID 1:2 ALL")
    assert b" OK [MESSAGELIMIT 3 2] " in await limited.ok("UID SEARCH RETURN (SAVE) UNDELETED UIDBEFORE 5")
    assert (await limited.ok("UID FETCH $ (UID)")).count(b"FETCH (") == 3


async def test_a_move_moves_the_highest(limited: MemoryConnection) -> None:
    reply = await limited.ok("UID MOVE 1:5 Trash")
    assert b"COPYUID" in reply
    assert reply.count(b"EXPUNGE") == 3
    assert b" OK [MESSAGELIMIT 3 3] " in reply
    assert b"(MESSAGES 3)" in await limited.ok("STATUS Trash (MESSAGES)")


async def test_uid_expunge_counts_what_it_would_remove_and_expunge_has_no_limit(limited: MemoryConnection) -> None:
    await limited.ok("UID STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    assert b"MESSAGELIMIT" not in await limited.ok("UID EXPUNGE 1:5")
    for _ in range(2):
        await limited.ok(b"APPEND INBOX" + MESSAGE)
    await limited.ok("UID STORE 3:4 +FLAGS.SILENT (\\Deleted)")
    await limited.ok("UID STORE 5:7 +FLAGS.SILENT (\\Deleted)")
    assert b" OK [MESSAGELIMIT 3 5] " in await limited.ok("UID EXPUNGE 1:*")
    for _ in range(4):
        await limited.ok(b"APPEND INBOX" + MESSAGE)
    for uid in range(8, 12):
        await limited.ok(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
    reply = await limited.ok("EXPUNGE")
    assert reply.count(b"EXPUNGE\r\n") == 6
    assert b"MESSAGELIMIT" not in reply


async def test_two_codes_are_both_told(limited: MemoryConnection) -> None:
    await limited.ok("ENABLE CONDSTORE")
    reply = await limited.ok("UID STORE 1:5 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)")
    assert b"* NO [MESSAGELIMIT 3 3] " in reply
    assert b" OK [MODIFIED 3:5] " in reply
