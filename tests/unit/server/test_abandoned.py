"""A search ends with the connection that asked for it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from tests.support.running import house

from restante.store.errand import Errand
from restante.store.sqlite import searching
from restante.store.sqlite.searching import Candidate

MESSAGES = 5


async def test_a_search_ends_with_its_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, begun, lost = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    go_on, asked, ended = threading.Event(), [0], asyncio.Event()
    words, matching, give_up = vars(Candidate)["words"].fget, searching._Reader.matching, Errand.give_up

    def slow(candidate: Candidate) -> object:
        asked[0] += 1
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(30)
        return words(candidate)

    def noted(reader: searching._Reader, *args: object) -> list[int]:
        try:
            return matching(reader, *args)  # type: ignore[arg-type, return-value]  # as it was called
        finally:
            loop.call_soon_threadsafe(ended.set)

    def given_up(errand: Errand) -> None:
        give_up(errand)
        lost.set()

    monkeypatch.setattr(searching, "_CHUNK", 1)
    monkeypatch.setattr(Candidate, "words", property(slow))
    monkeypatch.setattr(searching._Reader, "matching", noted)
    monkeypatch.setattr(Errand, "give_up", given_up)
    async with house(tmp_path) as there:
        peer = await there.login()
        for _ in range(MESSAGES):
            peer.send(b"a APPEND INBOX {18+}\r\nSubject: x\r\n\r\nyz\r\n\r\n")
            assert (await peer.reply(b"a"))[-1].startswith(b"a OK ")
        await peer.ask(b"SELECT INBOX")
        peer.send(b"b SEARCH BODY yz\r\n")
        await asyncio.wait_for(begun.wait(), 30)
        peer.writer.transport.abort()
        await asyncio.wait_for(lost.wait(), 30)
        go_on.set()
        await asyncio.wait_for(ended.wait(), 30)
        assert asked == [1]
