"""One suite, every engine. A test that names ``account`` or ``inbox`` ends with a check that every figure still adds up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.store import ALICE, Clock, Engine, House, check_account, engines

from restante.model.mailbox_name import INBOX
from restante.store.api import Account, Mailbox, Store
from restante.store.errors import NoSuchAccount


@pytest.fixture(params=engines(), ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    found = request.param
    assert isinstance(found, Engine)
    return found


@pytest.fixture
async def house(engine: Engine, tmp_path: Path) -> AsyncIterator[House]:
    made = House(engine, tmp_path)
    yield made
    await made.close()


@pytest.fixture
def clock(house: House) -> Clock:
    return house.clock


@pytest.fixture
async def store(house: House) -> Store:
    return await house.open()


@pytest.fixture
async def account(store: Store) -> AsyncIterator[Account]:
    account = await store.create_account(ALICE)
    yield account
    try:
        account = await store.account(ALICE)
    except NoSuchAccount:
        return
    await check_account(account)


@pytest.fixture
async def inbox(account: Account) -> Mailbox:
    return await account.mailbox(INBOX)
