"""What STORE is to do is read from its words, and remembered by them; however it is spelled, it does what they say."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.memory_client import MemoryConnection, world

from restante.store.memory.store import MemoryStore

LONG = " ".join(f"keyword-number-{number}" for number in range(40))

WORDS = (
    ("FLAGS (\\Seen)", b"\\Seen"),
    ("flags.silent (\\SEEN)", b""),
    ("+FLAGS \\Flagged", b"\\Flagged \\Seen"),
    ("+FLAGS (\\Flagged)", b"\\Flagged \\Seen"),
    ("-FLAGS \\flagged \\Seen", b""),
    ("-FLAGS ()", b""),
    ("+FLAGS ($a $B)", b"$a $B"),
    ("+flags ($A)", b"$a $B"),
    ("FLAGS ($A)", b"$A"),
    (f"FLAGS ({LONG})", b" ".join(sorted(LONG.encode().split()))),
    ("FLAGS ()", b""),
)


@pytest.fixture
async def connection() -> AsyncIterator[MemoryConnection]:
    made = await world(MemoryStore())
    client = await made.login()
    await client.ok("APPEND INBOX {4+}\r\n\r\nhi")
    await client.ok("SELECT INBOX")
    yield client
    await made.close()


async def test_what_the_words_say(connection: MemoryConnection) -> None:
    for _ in range(2):
        for words, flags in WORDS:
            reply = await connection.ok(f"STORE 1 {words}")
            silent = ".silent" in words
            assert (b" FETCH (" in reply) is not silent
            assert silent or b"FLAGS (%b \\Recent)" % flags in reply.replace(b"( ", b"(") or not flags


@pytest.mark.parametrize(
    "words", ["+FLAGS", "FLAGS.LOUD (\\Seen)", "+FLAGS (\\Seen", "FLAGS (\\Seen) x", "*FLAGS (a)", "FLAGS"]
)
async def test_what_is_no_such_words(connection: MemoryConnection, words: str) -> None:
    for _ in range(2):
        assert b" BAD " in await connection.command(f"STORE 1 {words}")


async def test_recent_is_the_servers(connection: MemoryConnection) -> None:
    for words in ("+FLAGS (\\Recent)", "-FLAGS \\RECENT \\Seen"):
        for _ in range(2):
            assert b" NO [CANNOT]" in await connection.command(f"STORE 1 {words}")
