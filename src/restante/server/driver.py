"""Runs a connection's coroutine, and goes on with it the moment octets arrive or time is up.

Strategy: what a task does, with one difference. A task that is woken goes on in the loop's next turn, which costs a poll of every
socket and a few callbacks; :meth:`Driver.resume` goes on where it is called. A command that waits for nothing is then read,
run and answered within the callback that brought it.

The rule it protects: the coroutine is never entered while it runs. ``asyncio.current_task()`` is None within it, so what needs a
task (``asyncio.timeout``, ``TaskGroup``) is not for use there; futures, locks, ``asyncio.wait`` and ``asyncio.shield`` are.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Coroutine, Generator
from math import inf
from typing import Final

from restante.store.moment import Moment


class _Pause(enum.Enum):
    """What a coroutine yields that waits for :meth:`Driver.resume`."""

    PAUSE = "pause"

    def __await__(self) -> Generator[_Pause, bool, bool]:
        return (yield self)


_PAUSE: Final = _Pause.PAUSE


class Driver:
    """Runs *work* to its end, from :meth:`start` on.

    Args:
        moment: held while the coroutine runs: what it answers had come before.

    Attributes:
        done: done when the coroutine has ended. What it raised has gone to the loop's exception handler.
        resumed: when it last went on, by the loop's clock.
    """

    __slots__ = ("_deadline", "_loop", "_moment", "_paused", "_stirring", "_timer", "_work", "done", "resumed")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, moment: Moment, work: Coroutine[object, bool | None, None]
    ) -> None:
        self._loop = loop
        self._moment = moment
        self._work = work
        self._paused = False
        self._stirring = False
        self._deadline = inf
        self._timer: asyncio.TimerHandle | None = None
        self.done: asyncio.Future[None] = loop.create_future()
        self.resumed = loop.time()

    def start(self) -> None:
        """Run, here and now, until there is something to wait for."""
        self._step(None)

    async def pause(self, seconds: float | None) -> bool:
        """For the coroutine: wait until it is resumed; False when that was not within *seconds*."""
        self._give_up_after(seconds)
        return await _PAUSE

    def resume(self) -> None:
        """Let a coroutine that pauses go on, here and now; nothing where it does not pause."""
        if self._paused:
            self._go(True)

    def stir(self) -> None:
        """As :meth:`resume`, in the loop's next turn: for callers that are in the midst of something."""
        if not self._stirring:
            self._stirring = True
            self._loop.call_soon(self._stirred)

    def _stirred(self) -> None:
        self._stirring = False
        self.resume()

    def _go(self, value: bool) -> None:
        self._paused = False
        self.resumed = self._loop.time()
        self._step(value)

    def _give_up_after(self, seconds: float | None) -> None:
        # A timer once set is left to run and looks again, for waits are many and short.
        self._deadline = inf if seconds is None else self._loop.time() + seconds
        if seconds is not None and (self._timer is None or self._timer.when() > self._deadline):
            self._stop_timer()
            self._timer = self._loop.call_at(self._deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        if not self._paused or self._deadline == inf:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._expire)
        else:
            self._go(False)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _step(self, value: bool | None) -> None:
        self._moment.begin()
        try:
            awaited = self._work.send(value)
        except BaseException as error:  # noqa: BLE001 - as a task: whatever ended it, its end is told
            self._end(error)
        else:
            self._wait(awaited)
        finally:
            self._moment.end()

    def _throw(self, error: BaseException) -> None:
        try:
            awaited = self._work.throw(error)
        except BaseException as raised:  # noqa: BLE001 - as above
            self._end(raised)
        else:
            self._wait(awaited)

    def _wait(self, awaited: object) -> None:
        if awaited is _PAUSE:
            self._paused = True
        elif awaited is None:
            # asyncio.sleep(0)
            self._loop.call_soon(self._step, None)
        elif isinstance(awaited, asyncio.Future):
            # As a task marks a future that it has taken over from the coroutine.
            awaited._asyncio_future_blocking = False
            awaited.add_done_callback(self._woken)
        else:
            self._throw(TypeError("a connection waited for something that is no future"))

    def _woken(self, future: asyncio.Future[object]) -> None:
        try:
            future.result()
        except BaseException as error:  # noqa: BLE001 - it is the coroutine's
            self._throw(error)
        else:
            self._step(None)

    def _end(self, error: BaseException) -> None:
        self._stop_timer()
        if not self.done.done():
            self.done.set_result(None)
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise error
        if not isinstance(error, StopIteration):
            self._loop.call_exception_handler({"message": "a connection ended with an error", "exception": error})
