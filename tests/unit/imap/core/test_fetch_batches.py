"""What FETCH and SEARCH hold of messages at once is bounded in octets, however large the messages are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import apsw
import pytest
from tests.support.memory_client import MemoryConnection, world

from restante.model.dates import MailDate
from restante.model.ids import Uid
from restante.model.mailbox_name import INBOX
from restante.store.batches import OCTETS, Row, until
from restante.store.model import NewMessage
from restante.store.sqlite import gathering, reading
from restante.store.sqlite.store import SqliteStore

_MESSAGES = 24
_LINE = b"X-Large: and so on, and on, and on\r\n"
_HEADER = b"Subject: %b\r\n" % (b"large " * 40_000) + _LINE * 6_000 + b"\r\n"


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[MemoryConnection]:
    store = SqliteStore(tmp_path / "data")
    await store.open()
    made = await world(store)
    inbox = await (await store.account(made.account)).mailbox(INBOX)
    await inbox.append([NewMessage(_HEADER + b"text\r\n", MailDate(0))])
    for _ in range(_MESSAGES - 1):
        await inbox.copy([Uid(1)], inbox.id)
    client = await made.login()
    await client.ok("SELECT INBOX")
    yield client
    await made.close()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Octets of the rows of each read, but for the last row."""
    found: list[int] = []

    def noted(read: Sequence[Row], octets: int) -> list[Row]:
        rows = until(read, octets)
        found.append(sum(len(value) for row in rows[:-1] for value in row if isinstance(value, bytes)))
        return rows

    for module in (gathering, reading):
        monkeypatch.setattr(module, "until", noted)
    return found


@pytest.mark.parametrize(
    ("items", "times"),
    [
        (b"BODY.PEEK[HEADER]", 1),
        (b"UID ENVELOPE", 1),
        (b"RFC822.HEADER BODY.PEEK[HEADER]<9.1000000> FLAGS", 2),
        (b"BODY.PEEK[TEXT]", 1),
        (b"BODY.PEEK[1.MIME] BINARY.SIZE[1] BODY.PEEK[HEADER]", 3),
    ],
    ids=str,
)
async def test_fetch(connection: MemoryConnection, held: list[int], items: bytes, times: int) -> None:
    reply = await connection.ok(b"FETCH 1:* (%b)" % items)
    assert reply.count(b" FETCH (") == _MESSAGES
    assert max(held) <= OCTETS // times
    assert len(held) > times


async def test_fetch_when_some_are_gone(connection: MemoryConnection, held: list[int]) -> None:
    state = connection.session.state
    assert hasattr(state, "mailbox")
    await state.mailbox.expunge([1, 12, 23, 24], deleted_only=False)
    reply = await connection.command("FETCH 1:* BODY.PEEK[HEADER]")
    assert reply.count(b" FETCH (") == _MESSAGES - 4
    assert b" NO [EXPUNGEISSUED]" in reply


async def test_search(connection: MemoryConnection, held: list[int]) -> None:
    everyone = b" ".join(b"%d" % number for number in range(1, _MESSAGES + 1))
    assert b"* SEARCH %b\r\n" % everyone in await connection.ok("SEARCH BODY te NOT HEADER X-Large no")
    assert max(held) <= OCTETS


def test_a_read_that_was_ended_keeps_no_transaction_open(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "some.db"))
    connection.execute("CREATE TABLE some (octets INTEGER); INSERT INTO some VALUES (3), (4), (5), (6)")
    assert until(connection.execute("SELECT octets FROM some"), 6) == [(3,), (4,)]
    assert connection.txn_state() == apsw.SQLITE_TXN_NONE
