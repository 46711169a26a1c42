"""How a command ends: exit codes, and failures said in one line on standard error.

The rule it protects: a person who erred, a full disk or a damaged file never sees a traceback; only a bug does.
"""

from __future__ import annotations

import errno
import sys
from enum import IntEnum
from pathlib import Path
from typing import IO, Any

import click

from restante import called
from restante.auth.password import BadPassword
from restante.config import ConfigError
from restante.store.errors import StoreError, Unavailable


class Exit(IntEnum):
    """What a command answers to the shell; after sysexits where it has a number."""

    OK = 0
    FAILED = 1
    USAGE = 2
    TEMPORARY = 75
    CONFIG = 78


MEANINGS: dict[Exit, str] = {
    Exit.OK: "done",
    Exit.FAILED: "not done; standard error says why",
    Exit.USAGE: "the command line was not understood",
    Exit.TEMPORARY: "not done, but may work later: the disk is full, or another process holds the data",
    Exit.CONFIG: "the configuration is wrong; every mistake is listed with its place",
}
"""For the reference."""


class Failure(click.ClickException):
    """Ends the command with *message* on standard error; *code* is the exit code."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # click declares it once for the class
        """For click."""
        return self.code

    def show(self, file: IO[Any] | None = None) -> None:
        """Each line of the message after the program's name."""
        for line in self.format_message().splitlines():
            click.echo(f"restante: {_printable(line)}", file=sys.stderr if file is None else file)


def failure(error: Exception) -> Failure | None:
    """What *error* means to the person at the shell; None if it is a bug."""
    if isinstance(error, ConfigError):
        return Failure(str(error), Exit.CONFIG)
    if isinstance(error, Unavailable):
        return Failure(_with_cause(error), Exit.TEMPORARY)
    if isinstance(error, StoreError):
        return Failure(_with_cause(error))
    if isinstance(error, BadPassword):
        return Failure(str(error))
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        return _of_system(error)
    return None


def _with_cause(error: StoreError) -> str:
    return f"{error}: {error.__cause__}" if error.__cause__ else str(error)


def _of_system(error: OSError) -> Failure:
    place = f"{error.filename}: " if error.filename else ""
    later = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EAGAIN, errno.EBUSY, errno.EMFILE, errno.ENFILE)
    return Failure(f"{place}{error.strerror or error}", Exit.TEMPORARY if later else Exit.FAILED)


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)


def no_accounts(directory: Path) -> Failure:
    """For a data directory of which nothing can be asked yet, with what to type first."""
    return Failure(f"{directory} holds no accounts; `{called.command()} account add NAME` makes the first")
