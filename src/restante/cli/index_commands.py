"""``restante index``: shows, checks and rebuilds the indexes that searches of text use."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from types import TracebackType
from typing import Final, Self

import click

from restante.cli.options import Group, loaded, shared_options
from restante.cli.outcome import Failure, no_accounts
from restante.cli.transfer import Stopwatch, count, size
from restante.config import Config
from restante.ops.indexing import Indexing
from restante.store.directory import AccountRecord
from restante.store.text_index import TextIndexStatus

_ACCOUNT: Final = click.option("--account", metavar="NAME", help="Only this account's index.")
_ROW: Final = "{:<32} {:>9} {:>9} {:>9} {:>12}"


@click.group(cls=Group)
@shared_options
def index() -> None:
    """Show, check and rebuild the indexes that searches of text use.

    Searches find the same whatever state an index is in; they only take longer without.
    """


@index.command()
@_ACCOUNT
@shared_options
def status(account: str | None) -> None:
    """Show how many messages are indexed, wait, or were left out as too large, and what it takes on disk."""
    click.echo(_ROW.format("account", "indexed", "waiting", "left out", "on disk"))
    for record, found in asyncio.run(_status(loaded().config, account)):
        click.echo(_ROW.format(record.name, found.indexed, found.waiting, found.left_out, size(found.octets)))


@index.command()
@_ACCOUNT
@shared_options
def check(account: str | None) -> None:
    """Compare each message with the index; a server may run meanwhile."""
    watch, wrong = Stopwatch(), asyncio.run(_check(loaded().config, account))
    if wrong:
        raise Failure(
            f"the index is wrong in {count(len(wrong), 'account')}; `restante index rebuild` makes it anew, for example "
            f"with --account {wrong[0]}"
        )
    click.echo(f"all is well; {watch}", err=True)


@index.command()
@_ACCOUNT
@shared_options
def rebuild(account: str | None) -> None:
    """Make the index anew; a server may run meanwhile.

    Broken off, it goes on when the account is next used.
    """
    watch = Stopwatch()
    done = asyncio.run(_rebuild(loaded().config, account))
    click.echo(f"{count(done, 'index') if done == 1 else f'{done} indexes'} rebuilt; {watch}", err=True)


class Bar(AbstractContextManager["Bar"]):
    """How it goes: a bar on a terminal, elsewhere nothing."""

    def __init__(self) -> None:
        # Imported late: it takes a while.
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("messages"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, account: str) -> None:
        """The bar's name."""
        self._progress.reset(self._task, description=account, total=None)

    def reach(self, done: int, total: int) -> None:
        """Moves the bar."""
        self._progress.update(self._task, completed=done, total=total)


class Silence:
    """Where nobody watches."""

    def begin(self, account: str) -> None:
        """Nothing to say."""

    def reach(self, done: int, total: int) -> None:
        """Nothing to say."""


def _watcher() -> AbstractContextManager[Bar] | AbstractContextManager[Silence]:
    return Bar() if sys.stderr.isatty() else nullcontext(Silence())


@asynccontextmanager
async def _opened(config: Config, name: str | None) -> AsyncIterator[tuple[Indexing, Sequence[AccountRecord]]]:
    # Imported late: it brings in the engines.
    from restante import app

    if not app.has_accounts(config):
        raise no_accounts(config.data.dir)
    async with app.open_mail(config) as mail:
        accounts = await mail.accounts.list() if name is None else [await mail.accounts.find(name)]
        with _watcher() as watcher:
            yield Indexing(mail.store, watcher), accounts


async def _status(config: Config, name: str | None) -> list[tuple[AccountRecord, TextIndexStatus]]:
    async with _opened(config, name) as (use, accounts):
        return await use.status(accounts)


async def _check(config: Config, name: str | None) -> list[str]:
    """The names of accounts whose index is wrong, after telling how."""
    wrong: list[str] = []
    async with _opened(config, name) as (use, accounts):
        async for record, faults in use.check(accounts):
            for fault in faults:
                click.echo(f"{record.name}: {fault}", err=True)
            wrong += [record.name] if faults else []
    return wrong


async def _rebuild(config: Config, name: str | None) -> int:
    async with _opened(config, name) as (use, accounts):
        return len([account async for account in use.rebuild(accounts)])
