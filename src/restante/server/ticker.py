"""A timer for sessions, which know no event loop: calls again and again until it is stopped, and sends what was written.

The rule it protects: a stopped ticker never calls again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Ticker:
    """Implements :class:`restante.imap.services.Every` on *loop*; *flush* sends what a call has written."""

    __slots__ = ("_flush", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, flush: Callable[[], None]) -> None:
        self._loop = loop
        self._flush = flush

    def __call__(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call *call* every *seconds* until what is returned is called."""
        handle: asyncio.TimerHandle

        def tick() -> None:
            nonlocal handle
            handle = self._loop.call_later(seconds, tick)
            call()
            self._flush()

        def stop() -> None:
            handle.cancel()

        handle = self._loop.call_later(seconds, tick)
        return stop
