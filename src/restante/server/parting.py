"""The end of a connection: what was written still goes out, and what still comes in is thrown away.

Strategy: the transport is handed a protocol that does nothing else. A peer that was speaking when it was sent away gets a moment
to read why before the socket is closed; everybody else's is closed at once.

The rule it protects: a goodbye arrives. Closing a socket on octets nobody read resets the connection, and takes back what is
still on its way to the peer (RFC 9293 §3.6.1).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

LINGER: Final = 1.0
"""Seconds a peer that was speaking gets to read; also how recently it must have spoken."""


class Parting(asyncio.Protocol):
    """Takes over *transport* and closes it.

    Args:
        transport: the connection, with all that is to be said written to it.
        linger: whether the peer was speaking.
        patience: seconds it may leave what was written unread.

    Attributes:
        gone: done once the connection is closed.
    """

    def __init__(self, transport: asyncio.Transport, *, linger: bool, patience: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._patience = patience
        self.gone: asyncio.Future[None] = self._loop.create_future()
        transport.set_protocol(self)
        if not linger or transport.is_closing():
            self._close()
            return
        transport.resume_reading()
        if transport.can_write_eof():
            # The peer may have reset the connection already; the transport will find out.
            with suppress(OSError):
                transport.write_eof()
        self._timer = self._loop.call_later(LINGER, self._close)

    def _close(self) -> None:
        self._transport.close()
        # A peer that reads nothing would keep the rest for ever.
        self._timer = self._loop.call_later(self._patience, self._transport.abort)

    def eof_received(self) -> bool:
        """The peer has nothing to say either."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._timer.cancel()
        if not self.gone.done():
            self.gone.set_result(None)
