"""The IMAP listeners of one process: where connections come in, and how they end together."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field, replace
from ssl import SSLContext

from restante.server.connection import ImapConnection
from restante.server.shell import Shell

_HANDSHAKE: float = 30.0
"""Seconds for a TLS handshake."""


@dataclass(slots=True)
class Listener:
    """Takes connections on several addresses and serves them with one :class:`Shell`."""

    shell: Shell
    tls: SSLContext
    servers: list[asyncio.Server] = field(default_factory=list)

    async def listen(self, bound: socket.socket, backlog: int, *, implicit_tls: bool) -> None:
        """Take connections on *bound*, which listens with *backlog*. Raises OSError."""

        def connection() -> ImapConnection:
            # The shell of the moment: the configuration may be read again.
            tls = None if implicit_tls else self.tls
            return ImapConnection(replace(self.shell, tls=tls, implicit_tls=implicit_tls))

        server = await asyncio.get_running_loop().create_server(
            connection,
            sock=bound,
            backlog=backlog,
            ssl=self.tls if implicit_tls else None,
            ssl_handshake_timeout=_HANDSHAKE if implicit_tls else None,
        )
        self.servers.append(server)

    async def stop(self, grace: float) -> None:
        """Take no more; let commands in hand finish, say BYE, and after *grace* seconds cut what is left."""
        for server in self.servers:
            server.close()
        open_now = list(self.shell.connections)
        for connection in open_now:
            connection.stop()
        waiting = [asyncio.ensure_future(connection.closed()) for connection in open_now]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=grace)
            for connection in open_now if late else ():
                connection.abort()
            if late:
                await asyncio.wait(late, timeout=grace)
