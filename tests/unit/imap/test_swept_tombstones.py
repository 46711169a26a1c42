"""A session that slept longer than tombstones are kept still learns what is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.memory_client import world
from tests.support.store import Clock, Engine, engines

from restante.store.model import StoreLimits

MAIL = b"Subject: Lunch\r\n\r\nAt noon?\r\n"


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
async def test_what_vanished_is_told_without_tombstones(engine: Engine, tmp_path: Path) -> None:
    clock = Clock()
    store = engine.make(tmp_path, StoreLimits(tombstones=100), clock)
    await store.open()
    there = await world(store)
    sleeper, other = await there.login(), await there.login()
    for _ in range(3):
        await other.ok(b"APPEND INBOX {%d+}\r\n%b" % (len(MAIL), MAIL))
    await sleeper.ok("SELECT INBOX")
    await other.ok("SELECT INBOX")
    await other.ok("STORE 2 +FLAGS (\\Deleted)")
    await other.ok("EXPUNGE")
    clock.now += 1000
    await other.ok("STORE 1 +FLAGS (\\Deleted)")
    await other.ok("EXPUNGE")
    reply = await sleeper.ok("NOOP")
    assert [line for line in reply.splitlines() if b"EXPUNGE" in line] == [b"* 1 EXPUNGE", b"* 1 EXPUNGE"]
    assert b"* 1 FETCH (UID 3" in await sleeper.ok("FETCH 1:* UID")
    await there.close()
