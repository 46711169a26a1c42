"""The driver of a connection's coroutine: when it goes on, and that nothing it does is lost."""

import asyncio

from restante.server.driver import Driver
from restante.store.moment import Moment


class Work:
    """A coroutine that pauses again and again, and what became of its pauses."""

    def __init__(self, seconds: float | None = None, times: int = 2) -> None:
        self.seen: list[bool] = []
        self.seconds = seconds
        self.times = times
        self.driver = Driver(asyncio.get_running_loop(), Moment(), self.run())

    async def run(self) -> None:
        for _ in range(self.times):
            self.seen.append(await self.driver.pause(self.seconds))


async def test_it_goes_on_where_it_is_resumed() -> None:
    work = Work()
    work.driver.start()
    work.driver.resume()
    assert work.seen == [True]
    work.driver.resume()
    assert work.seen == [True, True]
    assert work.driver.done.done()


async def test_a_stirred_one_goes_on_in_the_next_turn_and_once() -> None:
    work = Work()
    work.driver.start()
    work.driver.stir()
    work.driver.stir()
    assert work.seen == []
    await asyncio.sleep(0)
    assert work.seen == [True]


async def test_a_pause_ends_when_its_time_is_up() -> None:
    work = Work(seconds=0.001, times=3)
    work.driver.start()
    await work.driver.done
    assert work.seen == [False] * 3


async def test_a_later_and_longer_pause_is_not_cut_short_by_the_timer_of_an_earlier_one() -> None:
    loop = asyncio.get_running_loop()
    waits = iter([0.01, 0.05])
    ends: list[tuple[bool, float]] = []

    async def run() -> None:
        for seconds in waits:
            began = loop.time()
            ends.append((await driver.pause(seconds), loop.time() - began))

    driver = Driver(loop, Moment(), run())
    driver.start()
    driver.resume()
    await driver.done
    (first, _), (second, took) = ends
    assert (first, second) == (True, False)
    assert took > 0.04


async def test_a_shorter_pause_moves_the_timer_forward_and_none_ends_without_time() -> None:
    loop = asyncio.get_running_loop()
    seen: list[bool] = []

    async def run() -> None:
        seen.append(await driver.pause(3600))
        seen.append(await driver.pause(0.001))
        seen.append(await driver.pause(None))

    driver = Driver(loop, Moment(), run())
    driver.start()
    driver.resume()
    while len(seen) < 2:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.005)
    assert seen == [True, False]
    driver.resume()
    assert seen == [True, False, True]


async def test_resuming_one_that_waits_for_something_else_changes_nothing() -> None:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()
    seen: list[str] = []

    async def run() -> None:
        seen.append(await future)
        await asyncio.sleep(0)
        seen.append("after")

    driver = Driver(loop, Moment(), run())
    driver.start()
    driver.resume()
    assert seen == []
    future.set_result("came")
    await driver.done
    assert seen == ["came", "after"]


async def test_what_a_future_raises_is_raised_within() -> None:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    caught: list[str] = []

    async def run() -> None:
        try:
            await future
        except OSError as error:
            caught.append(str(error))

    driver = Driver(loop, Moment(), run())
    driver.start()
    future.set_exception(OSError("no"))
    await driver.done
    assert caught == ["no"]


async def test_locks_and_waits_and_shields_work_within() -> None:
    loop = asyncio.get_running_loop()
    lock = asyncio.Lock()
    await lock.acquire()
    order: list[str] = []

    async def inner() -> str:
        await asyncio.sleep(0)
        return "inner"

    async def run() -> None:
        async with lock:
            order.append("lock")
        await asyncio.wait([loop.create_task(inner())])
        order.append(await asyncio.shield(loop.create_task(inner())))

    driver = Driver(loop, Moment(), run())
    driver.start()
    lock.release()
    await driver.done
    assert order == ["lock", "inner"]


async def test_an_error_ends_it_and_is_told() -> None:
    loop = asyncio.get_running_loop()
    found: list[object] = []
    loop.set_exception_handler(lambda _, context: found.append(context.get("exception")))
    error = ValueError("a bug")

    async def run() -> None:
        await driver.pause(None)
        raise error

    driver = Driver(loop, Moment(), run())
    driver.start()
    driver.resume()
    assert driver.done.done()
    assert found == [error]


async def test_what_is_no_future_is_a_mistake_told_within() -> None:
    class Odd:
        def __await__(self):  # type: ignore[no-untyped-def]
            yield 1

    caught: list[str] = []

    async def run() -> None:
        try:
            await Odd()
        except TypeError as error:
            caught.append(str(error))

    driver = Driver(asyncio.get_running_loop(), Moment(), run())
    driver.start()
    assert driver.done.done()
    assert len(caught) == 1
