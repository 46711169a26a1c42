"""A connection's timer."""

from __future__ import annotations

import asyncio

from restante.server.ticker import Ticker


async def test_it_calls_and_sends_until_it_is_stopped() -> None:
    calls: list[str] = []
    twice = asyncio.Event()

    def sent() -> None:
        calls.append("sent")
        if len(calls) >= 4:
            twice.set()

    stop = Ticker(asyncio.get_running_loop(), sent)(0.001, lambda: calls.append("called"))
    async with asyncio.timeout(5):
        await twice.wait()
    stop()
    before = list(calls)
    await asyncio.sleep(0.01)
    assert calls == before
    assert calls[:4] == ["called", "sent", "called", "sent"]


async def test_stopped_before_it_was_due_it_never_calls() -> None:
    calls: list[str] = []
    stop = Ticker(asyncio.get_running_loop(), lambda: None)(0.001, lambda: calls.append("called"))
    stop()
    await asyncio.sleep(0.01)
    assert calls == []
