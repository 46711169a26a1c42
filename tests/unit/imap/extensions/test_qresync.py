"""What another process does in the midst of a SELECT with QRESYNC is told after it, in the order of modseqs (RFC 7162 §3.2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.memory_client import world
from tests.support.store import DEFAULT_LIMITS, Clock, Engine, engines, fill

from restante.model.flags import FlagSet
from restante.model.ids import ModSeq, Uid
from restante.model.mailbox_name import INBOX
from restante.store.api import Mailbox
from restante.store.model import Changes, FlagOp


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
async def test_select_tells_no_later_modseq_than_its_own(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = engine.make(tmp_path, DEFAULT_LIMITS, Clock())
    await store.open()
    there = await world(store)
    inbox = await (await store.account(there.account)).mailbox(INBOX)
    await fill(inbox, (), (), ())
    before = (await inbox.status()).modseq
    await inbox.update_flags([Uid(3)], FlagOp.ADD, FlagSet(["\\Seen"]))
    kind, changes_since = type(inbox), type(inbox).changes_since

    async def meanwhile(mailbox: Mailbox, modseq: ModSeq) -> Changes:
        if modseq == before:
            await inbox.expunge([Uid(1)], deleted_only=False)
            await inbox.update_flags([Uid(2)], FlagOp.ADD, FlagSet(["\\Flagged"]))
        return await changes_since(mailbox, modseq)

    client = await there.login()
    await client.ok("ENABLE QRESYNC")
    monkeypatch.setattr(kind, "changes_since", meanwhile)
    reply = await client.ok(f"SELECT INBOX (QRESYNC ({inbox.uid_validity} {before}))")
    highest = re.search(rb"HIGHESTMODSEQ (\d+)", reply)
    assert highest
    assert [uid for uid, _ in told(reply)] == [3]
    assert all(modseq <= int(highest[1]) for _, modseq in told(reply))
    later = await client.ok("NOOP")
    assert b"* VANISHED 1\r\n" in later
    assert [uid for uid, _ in told(later)] == [2]
    await there.close()


def told(reply: bytes) -> list[tuple[int, int]]:
    """The UIDs and modseqs of FETCH responses."""
    return [(int(uid), int(modseq)) for uid, modseq in re.findall(rb"UID (\d+) FLAGS \(.*\) MODSEQ \((\d+)\)", reply)]
