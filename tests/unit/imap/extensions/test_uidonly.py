"""Clients that enable UIDONLY and use message numbers all the same (RFC 9586 §3)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.memory_client import MemoryConnection, world

from restante.imap.services import SessionLimits
from restante.store.memory import MemoryStore

MESSAGE = b"Subject: x\r\n\r\nx\r\n"


@pytest.fixture(params=[False, True], ids=["strict", "tolerant"])
async def connection(request: pytest.FixtureRequest) -> AsyncIterator[MemoryConnection]:
    store = MemoryStore()
    await store.open()
    place = await world(store, limits=SessionLimits(numbers_end_uidonly=request.param))
    made = await place.login()
    for _ in range(2):
        await made.ok(b"APPEND INBOX {%d+}\r\n%b" % (len(MESSAGE), MESSAGE))
    await made.ok("ENABLE UIDONLY")
    await made.ok("SELECT INBOX")
    yield made
    await place.close()


@pytest.mark.parametrize("command", ["FETCH 1:2 UID", "UID SEARCH 1:2", "STORE 1 +FLAGS (\\Seen)", "SEARCH ALL"])
async def test_numbers_are_refused_or_end_it(connection: MemoryConnection, command: str) -> None:
    tolerant = connection.session.services.limits.numbers_end_uidonly
    reply = await connection.command(command)
    assert (b" BAD [UIDREQUIRED] " in reply) is not tolerant
    assert ("UIDONLY" in connection.session.enabled) is not tolerant
    fetched = await connection.ok("UID FETCH 2 UID")
    assert fetched.startswith(b"* 2 FETCH (" if tolerant else b"* 2 UIDFETCH (")


async def test_expunges_are_told_as_the_client_counts(connection: MemoryConnection) -> None:
    tolerant = connection.session.services.limits.numbers_end_uidonly
    await connection.command("FETCH 1 UID")
    await connection.ok("UID STORE 1 +FLAGS.SILENT (\\Deleted)")
    expunged = await connection.ok("EXPUNGE")
    assert expunged.startswith(b"* 1 EXPUNGE\r\n" if tolerant else b"* VANISHED 1\r\n")
