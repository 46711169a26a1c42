"""A store of the embedded engine over a directory of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.store import ALICE, Clock

from restante.model.mailbox_name import INBOX
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, clock=clock, inline=1000, grace=100)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def account(store: SqliteStore) -> SqliteAccount:
    return await store.create_account(ALICE)


@pytest.fixture
async def inbox(account: SqliteAccount) -> SqliteMailbox:
    return await account.mailbox(INBOX)
