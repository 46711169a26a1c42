"""What ``restante import`` and ``restante export`` have in common: whose mail, and showing how it goes.

On a terminal a bar with octets and messages; elsewhere a line for each mailbox.
"""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

import click

from restante.cli.outcome import Failure
from restante.ops.accounts import Accounts
from restante.store.directory import AccountRecord


class Progress(AbstractContextManager["Progress"], Protocol):
    """Shows how it goes."""

    def start(self, octets: int) -> None:
        """So many octets are to come, about."""
        ...

    def folder(self, mailbox: str) -> None:
        """The messages that follow are of *mailbox*."""
        ...

    def advance(self, octets: int, messages: int) -> None:
        """So many more were dealt with."""
        ...


class Lines:
    """A line for each mailbox that is finished."""

    def __init__(self) -> None:
        self._mailbox: str | None = None
        self._messages = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finished()

    def start(self, octets: int) -> None:
        """Nothing to say."""

    def folder(self, mailbox: str) -> None:
        """The one before is finished."""
        self._finished()
        self._mailbox, self._messages = mailbox, 0

    def advance(self, octets: int, messages: int) -> None:
        """Counts."""
        self._messages += messages

    def _finished(self) -> None:
        if self._mailbox is not None:
            click.echo(f"{self._mailbox}: {count(self._messages, 'message')}", err=True)
            self._mailbox = None


class Bar:
    """A bar on the terminal."""

    def __init__(self) -> None:
        # Imported late: it takes a while, and only a terminal needs it.
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._progress = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[messages]} messages"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, messages=0)
        self._messages = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def start(self, octets: int) -> None:
        """The bar's length."""
        self._progress.update(self._task, total=octets or None)

    def folder(self, mailbox: str) -> None:
        """The bar's name."""
        self._progress.update(self._task, description=mailbox)

    def advance(self, octets: int, messages: int) -> None:
        """Moves the bar."""
        self._messages += messages
        self._progress.update(self._task, advance=octets, messages=self._messages)


def progress() -> Lines | Bar:
    """The one that suits standard error."""
    return Bar() if sys.stderr.isatty() else Lines()


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __str__(self) -> str:
        return f"{time.monotonic() - self._begun:.1f} s"


async def whose(accounts: Accounts, name: str | None) -> AccountRecord:
    """The account called *name*, or the only one. Raises NoSuchAccount, Failure."""
    if name is not None:
        return await accounts.find(name)
    found = await accounts.list()
    if len(found) == 1:
        return found[0]
    if not found:
        raise Failure("there are no accounts; `restante account add NAME` makes the first")
    some = ", ".join(record.name for record in found[:5]) + (" ..." if len(found) > 5 else "")
    raise Failure(f"there are {len(found)} accounts; say whose mail it is with --account ({some})")


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def size(octets: int) -> str:
    """Octets for people."""
    for unit, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if octets >= scale:
            return f"{octets / scale:.1f} {unit}"
    return count(octets, "octet")
