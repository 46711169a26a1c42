"""What a watch does at its limits, and when hints or the store fail it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.support.memory_client import MemoryConnection, World, world

from restante.imap.services import SessionLimits
from restante.imap.watching.watch import Watch
from restante.store.memory import MemoryStore
from restante.store.model import StoreLimits

ALL = "MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange"


@pytest.fixture
async def there() -> AsyncIterator[World]:
    store = MemoryStore()
    await store.open()
    made = await world(store, limits=SessionLimits(watched=3))
    yield made
    await made.close()


async def pushed(connection: MemoryConnection, what: bytes) -> bytes:
    return await connection.until(lambda out: what in out)


async def test_too_many_mailboxes_are_refused(there: World) -> None:
    client = await there.login()
    for name in "ABC":
        await client.ok(f"CREATE {name}")
    reply = await client.command(f"NOTIFY SET (PERSONAL ({ALL}))")
    assert b" NO [NOTIFICATIONOVERFLOW] " in reply
    assert not client.session.listening
    await client.ok(f"NOTIFY SET (MAILBOXES A ({ALL}))")


async def test_too_many_later_ends_it_and_says_so(there: World) -> None:
    client, other = await there.login(), await there.login()
    await client.ok("NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (PERSONAL (MessageNew MessageExpunge))")
    for name in "ABC":
        await other.ok(f"CREATE {name}")
    assert b"* OK [NOTIFICATIONOVERFLOW] " in await pushed(client, b"OVERFLOW")
    assert not client.session.listening
    await client.ok("SELECT INBOX")
    await other.ok(b"APPEND INBOX {5+}\r\nx\r\n\r\n")
    assert b"* " not in await client.ok("NOOP")
    await client.ok("NOTIFY SET (SELECTED (MessageNew MessageExpunge))")


async def test_an_account_without_a_watch_is_not_listened_to(there: World) -> None:
    client, other = await there.login(), await there.login()
    await other.ok("CREATE A")
    await client.ok(f"NOTIFY SET (PERSONAL ({ALL}))")
    await client.ok("NOTIFY NONE")
    await other.ok("CREATE B")
    assert b"* " not in await client.ok("NOOP")
    await client.ok(f"NOTIFY SET (PERSONAL ({ALL}))")
    await client.ok("UNAUTHENTICATE")
    assert client.session.watch is None


async def test_a_lost_hint_is_made_up_for(there: World) -> None:
    client, other = await there.login(), await there.login()
    await client.ok("NOTIFY SET (PERSONAL (MessageNew MessageExpunge MailboxName))")
    watch = client.session.watch
    assert isinstance(watch, Watch)
    watch.stop()
    await other.ok("CREATE A")
    await other.ok(b"APPEND INBOX {5+}\r\nx\r\n\r\n")
    await asyncio.sleep(0)
    assert client.take() == b""
    client.session.still_here()
    told = await pushed(client, b"STATUS INBOX")
    assert b'LIST (\\HasNoChildren) "/" A' in told


async def test_a_bug_while_telling_ends_the_watch_and_not_the_session(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other = await there.login(), await there.login()
    await client.ok("NOTIFY SET (PERSONAL (MessageNew MessageExpunge))")
    monkeypatch.setattr(Watch, "figures", lambda *_: 1 // 0)
    await other.ok(b"APPEND INBOX {5+}\r\nx\r\n\r\n")
    assert b"* OK [NOTIFICATIONOVERFLOW] " in await pushed(client, b"OVERFLOW")
    assert [type(bug) for bug in client.journal.bugs] == [ZeroDivisionError]
    client.journal.bugs.clear()
    await client.ok("NOOP")


async def test_news_wait_for_a_command_that_is_still_coming(there: World) -> None:
    client, other = await there.login(), await there.login()
    await client.ok("NOTIFY SET (PERSONAL (MessageNew MessageExpunge))")
    client.send(b"a1 CREATE {1}\r\n")
    await pushed(client, b"+ ")
    await other.ok(b"APPEND INBOX {5+}\r\nx\r\n\r\n")
    for _ in range(5):
        await asyncio.sleep(0)
    assert client.take() == b""
    client.send(b"A\r\n")
    told = await client.until(lambda out: b"a1 OK" in out)
    assert told.index(b"* STATUS INBOX") < told.index(b"a1 OK")


async def test_a_mailbox_is_told_of_before_its_annotations(there: World) -> None:
    client, other = await there.login(), await there.login()
    await client.ok("NOTIFY SET (PERSONAL (MailboxName MailboxMetadataChange))")
    await other.ok("CREATE A")
    await other.ok('SETMETADATA A (/private/comment "x")')
    told = await pushed(client, b"METADATA A")
    assert told.index(b'LIST (\\HasNoChildren) "/" A') < told.index(b"METADATA A /private/comment")


async def test_annotations_are_made_up_for_when_a_hint_is_lost(there: World) -> None:
    client, other = await there.login(), await there.login()
    await client.ok("NOTIFY SET (PERSONAL (ServerMetadataChange))")
    watch = client.session.watch
    assert isinstance(watch, Watch)
    watch.stop()
    await other.ok('SETMETADATA "" (/private/comment "x")')
    client.session.still_here()
    assert b'* METADATA "" /private/comment' in await pushed(client, b"METADATA")


async def test_removals_forgotten_before_they_were_told_end_the_watch(there: World) -> None:
    client, other = await there.login(), await there.login()
    await client.ok("NOTIFY SET (PERSONAL (ServerMetadataChange))")
    watch = client.session.watch
    assert isinstance(watch, Watch)
    watch.stop()
    for number in range(StoreLimits().annotations + 1):
        await other.ok(f'SETMETADATA "" (/private/n{number} "x")')
        await other.ok(f'SETMETADATA "" (/private/n{number} NIL)')
    client.session.still_here()
    assert b"* OK [NOTIFICATIONOVERFLOW] " in await pushed(client, b"OVERFLOW")
