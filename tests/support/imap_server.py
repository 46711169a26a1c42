"""A server for tests to talk to: the one place that knows how it is started."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import pytest
from tests.support.wire import Wire


class ImapServer(Protocol):
    """A running server with the accounts it was asked for, each empty."""

    async def connect(self) -> Wire:
        """A new connection, the greeting not yet read."""
        ...


@asynccontextmanager
async def serve_in_process(accounts: Mapping[str, str]) -> AsyncIterator[ImapServer]:
    """Run a fresh server with *accounts* (user to password) for as long as the context lasts."""
    yield _start(accounts)


def _start(accounts: Mapping[str, str]) -> ImapServer:
    pytest.skip(f"there is no server yet to serve {', '.join(accounts)}")
