"""Ends the sessions of accounts that were disabled or deleted meanwhile, by whatever process.

Strategy: the directory's version is one cheap read; only when it moves are the accounts of open sessions looked at again.

The rule it protects: an administrator who disables an account has it disabled, open connections included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from restante import logs
from restante.server.connection import ImapConnection
from restante.store.directory import Directory
from restante.store.errors import StoreError

_EVERY: Final = 1.0
"""Seconds between looks."""
_AT_ONCE: Final = 64
"""Sessions looked at before others get their turn."""

_LOG: Final = logs.logger("revocation")


@contextmanager
def revoking(directory: Directory, connections: Collection[ImapConnection], every: float = _EVERY) -> Iterator[None]:
    """Watch *directory* on behalf of *connections* until the block ends."""
    task = asyncio.get_running_loop().create_task(_watch(directory, connections, every))
    try:
        yield
    finally:
        task.cancel()


async def _watch(directory: Directory, connections: Collection[ImapConnection], every: float) -> None:
    seen = -1
    while True:
        with suppress(StoreError):
            version = await directory.version()
            if version != seen:
                await revoke(directory, connections)
                seen = version
        await asyncio.sleep(every)


async def revoke(directory: Directory, connections: Collection[ImapConnection]) -> None:
    """End the sessions of accounts that may no longer be used. Raises StoreError."""
    for number, connection in enumerate(list(connections)):
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
        login = connection.login
        if login is None:
            continue
        now = await directory.by_id(login.id)
        if now is None or now.disabled:
            _LOG.info("session revoked", account=login.name)
            connection.stop("This account is no longer available")
