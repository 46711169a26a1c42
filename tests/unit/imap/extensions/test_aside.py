"""Long commands hold up nobody: another session's NOOP is answered while they are at work, and they end when nobody waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from tests.support.memory_client import MemoryConnection, World, world
from tests.support.store import mail

from restante.imap import aside
from restante.model.dates import MailDate
from restante.model.mailbox_name import INBOX
from restante.server.offload import PoolOffload
from restante.store.columns import Columns
from restante.store.model import NewMessage
from restante.store.sqlite import searching
from restante.store.sqlite.searching import Candidate
from restante.store.sqlite.store import SqliteStore

P = ParamSpec("P")
T = TypeVar("T")

COUNT = 300
words_of = vars(Candidate)["words"].fget


class Gate:
    """Stops a thread where it is put, until it is opened."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.reached = asyncio.Event()
        self._open = threading.Event()
        self.passed = 0

    def __call__(self) -> None:
        self.passed += 1
        assert threading.current_thread() is not threading.main_thread()
        self._loop.call_soon_threadsafe(self.reached.set)
        assert self._open.wait(30)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
async def place(tmp_path: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(aside, "HERE", COUNT - 1)
    monkeypatch.setattr(searching, "_HERE", 0)
    store = SqliteStore(tmp_path)
    await store.open()
    made = await world(store)
    made.services = replace(made.services, aside=PoolOffload(pool))
    inbox = await (await store.account(made.account)).mailbox(INBOX)
    await inbox.append([NewMessage(mail(f"Lunch {number}", "xy"), MailDate(number)) for number in range(COUNT)])
    yield made
    await made.close()


async def selected(place: World) -> MemoryConnection:
    client = await place.login()
    await client.ok("SELECT INBOX")
    return client


def before(gate: Gate, function: Callable[..., object]) -> Callable[..., object]:
    def stopped(*args: object, **kwargs: object) -> object:
        gate()
        return function(*args, **kwargs)

    return stopped


async def held_up_nobody(place: World, gate: Gate, command: str) -> bytes:
    """The answer to *command*, given after another client's NOOP was answered in the middle of it."""
    busy, other = await selected(place), await selected(place)
    task = asyncio.create_task(busy.ok(command))
    await asyncio.wait_for(gate.reached.wait(), 30)
    await other.ok("NOOP")
    assert not task.done()
    gate.open()
    return await task


async def test_sort(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    monkeypatch.setattr(Columns, "ranks", before(gate, Columns.ranks))
    answer = await held_up_nobody(place, gate, "UID SORT (SUBJECT REVERSE DATE) UTF-8 ALL")
    wanted = sorted(range(COUNT), key=lambda number: f"LUNCH {number}")
    assert answer.startswith(b"* SORT %b\r\n" % b" ".join([b"%d" % (number + 1) for number in wanted]))


def stop_aside(place: World, pool: ThreadPoolExecutor, gate: Gate) -> None:
    """Stop what sessions from here on have done aside before it begins."""

    async def stopped(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        def work() -> T:
            gate()
            return function(*args, **kwargs)

        return await PoolOffload(pool)(work)

    place.services = replace(place.services, aside=stopped)


async def test_thread(place: World, pool: ThreadPoolExecutor) -> None:
    gate = Gate()
    stop_aside(place, pool, gate)
    answer = await held_up_nobody(place, gate, "THREAD REFERENCES UTF-8 ALL")
    assert answer.startswith(b"* THREAD %b\r\n" % b"".join([b"(%d)" % (number + 1) for number in range(COUNT)]))


async def test_search_in_texts(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    monkeypatch.setattr(Candidate, "words", property(before(gate, words_of)))
    answer = await held_up_nobody(place, gate, "SEARCH RETURN (COUNT) BODY xy")
    assert b" COUNT %d\r\n" % COUNT in answer


async def test_a_sort_is_of_the_mailbox_it_began_with(place: World, pool: ThreadPoolExecutor) -> None:
    gate = Gate()
    stop_aside(place, pool, gate)
    busy, other = await selected(place), await selected(place)
    task = asyncio.create_task(busy.ok("UID THREAD ORDEREDSUBJECT UTF-8 ALL"))
    await asyncio.wait_for(gate.reached.wait(), 30)
    await other.ok("STORE 1:9 +FLAGS (\\Deleted)")
    await other.ok("EXPUNGE")
    await other.ok("COPY 1 INBOX")
    await other.ok("UID SORT (SUBJECT) UTF-8 ALL")
    gate.open()
    answer = await task
    assert answer.startswith(b"* THREAD %b\r\n" % b"".join([b"(%d)" % (number + 1) for number in range(COUNT)]))


async def test_a_search_nobody_waits_for_ends(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    monkeypatch.setattr(Candidate, "words", property(before(gate, words_of)))
    busy = await selected(place)
    task = asyncio.create_task(busy.ok("SEARCH BODY xy"))
    await asyncio.wait_for(gate.reached.wait(), 30)
    busy.session.errand.give_up()
    gate.open()
    await task
    assert gate.passed == 1


async def test_how_far_a_search_is(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = await selected(place)
    told: list[object] = []

    def words(candidate: Candidate) -> object:
        told.append(busy.session.errand.state)
        return words_of(candidate)

    monkeypatch.setattr(Candidate, "words", property(words))
    await busy.ok("SEARCH BODY xy")
    chunk = searching._CHUNK
    assert [*dict.fromkeys(told)] == [(0, COUNT), (chunk, COUNT), (2 * chunk, COUNT)]
