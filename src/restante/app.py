"""Composition: the one place that names engines and builds what the configuration asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from restante.auth.password import HashCost
from restante.config import Config
from restante.logs import logger
from restante.ops.accounts import Accounts
from restante.store.directory import Directory
from restante.store.sqlite.directory import SqliteDirectory

DIRECTORY_FILE: Final = "directory.db"

_LOG: Final = logger("app")


def serve(config: Config) -> int:
    """Runs the server until it is told to stop; the exit code."""
    _LOG.error("this build has no server yet", data=str(config.data.dir))
    return 1


def has_accounts(config: Config) -> bool:
    """Whether the data directory has an account directory yet."""
    return _directory_path(config).exists()


def open_directory(config: Config) -> Directory:
    """The account directory, made if it is not there. Raises Unavailable, NewerFormat, Corrupt, OSError."""
    config.data.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SqliteDirectory.open(_directory_path(config))


@asynccontextmanager
async def open_accounts(config: Config) -> AsyncIterator[Accounts]:
    """The use-cases of accounts, over the data directory. Raises as :func:`open_directory`."""
    directory = open_directory(config)
    try:
        yield Accounts(directory, asyncio.to_thread, hash_cost(config))
    finally:
        await directory.close()


def hash_cost(config: Config) -> HashCost:
    """What passwords are hashed at."""
    auth = config.auth
    return HashCost(auth.argon2_time, auth.argon2_memory // 1024, auth.argon2_parallelism, auth.scram_iterations)


def _directory_path(config: Config) -> Path:
    return config.data.dir / DIRECTORY_FILE
