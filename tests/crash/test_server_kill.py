"""A server killed again and again while clients change everything keeps each promise it made them.

One data directory lives through all rounds. In each a server starts on what the one before left, is compared by IMAP with what
was promised so far, and is killed at a moment of chance while five clients work, or while it starts. At the end the files
themselves are read. ``CRASH_ROUNDS`` says how many rounds.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw
import pytest
from tests.support.ledger import Ledger
from tests.support.server_nursery import Nursery, make_account, nursery
from tests.support.talk import Talk
from tests.support.workload import ACCOUNT, PASSWORD, Workload, prepare, snapshot, token_of

from restante.model.ids import AccountId, Uid
from restante.store.model import Field
from restante.store.sqlite.store import SqliteStore

ROUNDS: Final = int(os.environ.get("CRASH_ROUNDS", "15"))
LOGIN: Final = (ACCOUNT, PASSWORD)
_BUG: Final = re.compile(r"SERVERBUG|Traceback|\"bug\"")


@pytest.fixture
def born(tmp_path: Path) -> Iterator[Nursery]:
    with nursery(tmp_path / "servers.log") as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_promise_is_kept(tmp_path: Path, born: Nursery) -> None:
    data, ledger, chance = tmp_path / "data", Ledger(), random.Random(1)
    asyncio.run(make_account(data, ACCOUNT, PASSWORD))
    server = born.bear(data)
    with Talk(server.ports()[0], login=LOGIN) as talk:
        prepare(talk, ledger)
    server.kill()
    for number in range(ROUNDS):
        if chance.random() < 0.2:
            _kill_at_start(born, data, chance)
        _round(born, data, ledger, chance, number)
    server = born.bear(data)
    with Talk(server.ports()[0], login=LOGIN) as talk:
        ledger.reconcile(snapshot(talk))
    server.kill()
    assert ledger.promises > 10 * ROUNDS, "the clients did nothing"
    assert not _BUG.search(born.log.read_text()), born.log.read_text()
    asyncio.run(_read_files(data, ledger))


def _kill_at_start(born: Nursery, data: Path, chance: random.Random) -> None:
    """A server that does not get far: recovery must survive being killed, too."""
    server = born.bear(data)
    threading.Event().wait(chance.uniform(0, 0.08))
    server.kill()


def _round(born: Nursery, data: Path, ledger: Ledger, chance: random.Random, number: int) -> None:
    server = born.bear(data)
    ports = server.ports()
    with Talk(ports[0], login=LOGIN) as talk:
        ledger.reconcile(snapshot(talk))
    work = Workload(ports, ledger, str(number))
    threading.Event().wait(chance.uniform(0.02, 0.4))
    server.kill()
    work.ended()


async def _read_files(data: Path, ledger: Ledger) -> None:
    """The store itself, without a server: every row whole, every blob there, nothing damaged."""
    store = SqliteStore(data, grace=0)
    await store.open()
    (id_,) = await store.accounts()
    account = await store.account(id_)
    for record in await account.list_mailboxes():
        mailbox = await account.mailbox(record.name)
        promised = ledger.boxes[str(record.name)].messages
        index = await mailbox.index()
        assert list(index.uids) == sorted(promised)
        for message in await mailbox.messages([Uid(uid) for uid in index.uids], Field.SIZE | Field.RAW):
            raw = message.raw
            if message.blob is not None:
                raw = b"".join([piece async for piece in store.blobs.open(message.blob)])
            assert raw is not None
            assert len(raw) == message.size
            assert token_of(raw) == promised[message.uid].token
    await store.close()
    _check_database(data / "accounts" / AccountId(id_) / "mail.db")


def _check_database(path: Path) -> None:
    connection = apsw.Connection(str(path))
    assert connection.pragma("integrity_check") == "ok"
    connection.close()
