"""A bug in a running server is answered, counted, logged with its reference, and fails the test that met it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.running import house

from restante.store.sqlite.account import SqliteAccount


async def test_a_bug_is_met_and_the_connection_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, met_bugs: list[Exception]
) -> None:
    async def broken(self: SqliteAccount) -> None:
        raise ZeroDivisionError

    async with house(tmp_path) as there:
        peer = await there.login()
        with monkeypatch.context() as patched:
            patched.setattr(SqliteAccount, "list_mailboxes", broken)
            reply = (await peer.ask(b'LIST "" *'))[-1]
        (reference,) = there.server.faults.references
        assert reply == b"a NO [SERVERBUG] Internal error (ref %b)\r\n" % reference.encode()
        assert (await peer.ask(b'LIST "" *'))[-1].startswith(b"a OK")
    assert [type(bug) for bug in met_bugs] == [ZeroDivisionError]
    met_bugs.clear()
