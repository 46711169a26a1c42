"""What a client is told while its command takes long (RFC 9585 §4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from tests.support.memory_client import MemoryConnection, World, world

from restante.store.memory import MemoryStore


class Timer:
    """Calls once at the start of each command that may take long, and notes what was ended."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.ended = 0

    def __call__(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        self.seconds.append(seconds)
        call()

        def end() -> None:
            self.ended += 1

        return end


@pytest.fixture
async def place() -> AsyncIterator[World]:
    store = MemoryStore()
    await store.open()
    made = await world(store)
    yield made
    await made.close()


async def _selected(place: World, timer: Timer) -> MemoryConnection:
    connection = await place.login()
    connection.session.every = timer
    await connection.ok("SELECT INBOX")
    return connection


async def test_the_tag_is_told_and_nothing_after_the_reply(place: World) -> None:
    timer = Timer()
    connection = await _selected(place, timer)
    reply = await connection.exchange(b"A001 SEARCH TEXT slow\r\n")
    assert reply.split(b"\r\n")[:2] == [b'* OK [INPROGRESS ("A001" NIL NIL)] Still at work', b"* SEARCH"]
    assert timer.seconds == [12.0]
    assert timer.ended == 1


async def test_a_tag_with_a_bracket_is_nil(place: World) -> None:
    connection = await _selected(place, Timer())
    reply = await connection.exchange(b"a]b UID SEARCH ALL\r\n")
    assert reply.startswith(b"* OK [INPROGRESS (NIL NIL NIL)] ")


async def test_the_timer_ends_with_a_command_that_fails(place: World) -> None:
    timer = Timer()
    connection = await _selected(place, timer)
    assert b" NO " in await connection.command("COPY 1:* Missing")
    assert timer.ended == len(timer.seconds) == 1


async def test_what_streams_or_talks_is_left_alone(place: World) -> None:
    timer = Timer()
    connection = await _selected(place, timer)
    await connection.ok("NOOP")
    await connection.ok("UID FETCH 1:* BODY[]")
    assert timer.seconds == []


async def test_how_far_a_search_is_is_told(place: World) -> None:
    timer = Timer()
    connection = await _selected(place, timer)

    def later(seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        connection.session.errand.tell(1, 3)
        call()
        connection.session.errand.tell(3, 3)
        call()
        return lambda: None

    connection.session.every = later
    told = (await connection.exchange(b"A001 SEARCH TEXT slow\r\n")).split(b"\r\n")
    assert told[:2] == [
        b'* OK [INPROGRESS ("A001" 1 3)] Still at work',
        b'* OK [INPROGRESS ("A001" NIL NIL)] Still at work',
    ]
    # The next command begins anew.
    connection.session.every = timer
    assert b'("A002" NIL NIL)' in await connection.exchange(b"A002 SEARCH ALL\r\n")
