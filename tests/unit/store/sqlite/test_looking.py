"""Nobody asks where a mailbox stands while nothing is committed; others' commits are noticed."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from tests.support.store import ALICE, fill, uids

from restante.model.flags import FlagSet
from restante.model.mailbox_name import INBOX
from restante.store.model import Field, FlagOp
from restante.store.sqlite import generations, reading
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The mailboxes whose figures were read."""
    found: list[int] = []
    heads = reading.heads

    def noted(connection: apsw.Connection, mailbox: int) -> reading.Heads:
        found.append(mailbox)
        return heads(connection, mailbox)

    monkeypatch.setattr(reading, "heads", noted)
    return found


async def test_nobody_asks_while_nothing_is_committed(
    account: SqliteAccount, inbox: SqliteMailbox, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "monotonic", lambda: 7.5)
    await fill(inbox, (), ())
    told = (await inbox.index()).modseq
    looks.clear()
    assert await account.mailbox(INBOX) is inbox
    for _ in range(3):
        await inbox.changes_since(told)
        await inbox.index()
        assert await account.mailbox(INBOX) is inbox
    assert not looks
    monkeypatch.setattr(generations, "monotonic", lambda: 8.5)
    await inbox.index()
    assert looks == [1]


async def test_what_another_process_wrote_is_noticed(
    tmp_path: Path, account: SqliteAccount, inbox: SqliteMailbox, looks: list[int]
) -> None:
    await fill(inbox, (), ())
    told, moment = (await inbox.index()).modseq, account.shared.moment
    other = SqliteStore(tmp_path)
    await other.open()
    theirs = await (await other.account(ALICE)).mailbox(INBOX)
    for flag in ("$a", "$b"):
        updated = await theirs.update_flags(uids(1), FlagOp.ADD, FlagSet([flag]))
        moment.begin()
        await inbox.columns(uids(2), Field.RAW)
        changes = await inbox.changes_since(told)
        assert (changes.flagged, changes.modseq) == (updated.now, updated.modseq)
        told = changes.modseq
        moment.end()
    await theirs.expunge(uids(2), deleted_only=False)
    moment.begin()
    assert not (await inbox.columns(uids(2), Field.RAW)).uids
    assert 2 in (await inbox.changes_since(told)).vanished
    moment.end()
    await other.close()
