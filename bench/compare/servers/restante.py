"""Restante as it comes, from this working tree; passwords are cheap, and what would limit one loopback address is lifted."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.compare.servers.server import PASSWORD, Server

from restante import __version__
from restante.app import open_accounts
from restante.config import load

ROOT: Final = Path(__file__).resolve().parents[3]
SOURCE: Final = ROOT / "src"
COMPILED: Final = ROOT / "build" / "compiled"

_TOGETHER: Final = 16
"""Accounts made at once."""

_SETTINGS: Final = """\
[data]
dir = "{data}"

[listen]
imap = "127.0.0.1:{imap}"
imaps = ""
lmtp = "127.0.0.1:{lmtp}"

[process]
workers = {workers}

[auth]
argon2_time = 1
argon2_memory = "1 MiB"
argon2_parallelism = 1
scram_iterations = 0
throttle_concurrent = 1000

[limits]
connections_per_account = 1000
connections_per_address = 1000

[mailboxes]
drafts = ""
sent = ""
junk = ""
trash = ""
archive = ""
"""


class Restante(Server):
    """The server of this working tree."""

    name = "Restante"

    def __init__(self, directory: Path, workers: int = 1, *, compiled: bool = False) -> None:
        """With *compiled* modules it runs from where ``scripts/compile`` puts them."""
        super().__init__(directory)
        self._workers = workers
        self._compiled = compiled
        self._file = directory / "restante.toml"

    def version(self) -> str:
        """Its version, Python's, and whether it is compiled."""
        kind = "compiled" if self._compiled else "not compiled"
        return f"{__version__}, {kind}, Python {sys.version.split()[0]}"

    def settings(self) -> str:
        """Its configuration file."""
        return _SETTINGS.format(data=self.directory / "data", imap=self.imap, lmtp=self.lmtp, workers=self._workers)

    def prepare(self, accounts: Iterable[str]) -> None:
        """Write the configuration, make the accounts. May be called again, for more accounts."""
        self._file.write_text(self.settings())
        asyncio.run(self._add(accounts))

    async def _add(self, names: Iterable[str]) -> None:
        async with open_accounts(load(self._file).config) as accounts:
            ahead = iter(names)
            while some := list(itertools.islice(ahead, _TOGETHER)):
                await asyncio.gather(*(accounts.add(name, PASSWORD) for name in some))

    def line(self) -> Sequence[str]:
        """The command of the README."""
        return (sys.executable, "-m", "restante", "--config", str(self._file), "serve")

    def environment(self) -> Mapping[str, str]:
        """This tree before whatever else is installed; compiled modules are kept, as where it is installed."""
        return {"PYTHONPATH": str(COMPILED if self._compiled else SOURCE), "PYTHONDONTWRITEBYTECODE": ""}
