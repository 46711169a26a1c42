"""``restante account``: adds, lists, changes and deletes accounts and their aliases."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Final, TypeVar

import click

from restante.auth.password import MAX_OCTETS
from restante.auth.password import generate as invented
from restante.cli.options import Group, loaded, shared_options
from restante.cli.outcome import Failure, no_accounts
from restante.ops.accounts import Accounts
from restante.store.directory import AccountRecord

T = TypeVar("T")

_STDIN: Final = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
_GENERATE: Final = click.option("--generate", is_flag=True, help="Invent a password and print it.")
_ROW: Final = "{:<32} {:<9} {:<11} {}"


@click.group(cls=Group)
@shared_options
def account() -> None:
    """Add, list, change and delete accounts."""


@account.command()
@click.argument("name")
@_STDIN
@_GENERATE
@click.option("--alias", "aliases", metavar="ADDRESS", multiple=True, help="An address that leads here. Repeatable.")
@click.option("--display-name", metavar="TEXT", help="The person's name.")
@shared_options
def add(name: str, aliases: tuple[str, ...], display_name: str | None, *, password_stdin: bool, generate: bool) -> None:
    """Add an account, with a password that is asked for on the terminal."""
    password = _password(from_stdin=password_stdin, invent=generate)
    _run(lambda accounts: accounts.add(name, password, display_name=display_name, aliases=aliases), create=True)
    _done(f"account {name} was added", password if generate else None)


@account.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array, with aliases and times.")
@shared_options
def list_accounts(*, as_json: bool) -> None:
    """List the accounts."""
    found = _run(_with_aliases)
    if as_json:
        click.echo(json.dumps([_as_json(record, aliases) for record, aliases in found], indent=2, ensure_ascii=False))
        return
    click.echo(_ROW.format("name", "login", "created", "aliases"))
    for record, aliases in found:
        state = "disabled" if record.disabled else "enabled"
        click.echo(_ROW.format(record.name, state, f"{_created(record):%Y-%m-%d}", " ".join(aliases)).rstrip())


@account.command("password")
@click.argument("name")
@_STDIN
@_GENERATE
@shared_options
def change_password(name: str, *, password_stdin: bool, generate: bool) -> None:
    """Change the password; it is asked for on the terminal."""
    _run(lambda accounts: accounts.find(name))
    password = _password(from_stdin=password_stdin, invent=generate)
    _run(lambda accounts: accounts.change_password(name, password))
    _done(f"the password of {name} was changed", password if generate else None)


@account.command()
@click.argument("old")
@click.argument("new")
@click.option("--keep-address", is_flag=True, help="Keep the old name as an alias.")
@shared_options
def rename(old: str, new: str, *, keep_address: bool) -> None:
    """Give an account another name; its mail stays."""
    _run(lambda accounts: accounts.rename(old, new, keep_address=keep_address))
    _done(f"account {old} is now {new}")


@account.command()
@click.argument("name")
@shared_options
def disable(name: str) -> None:
    """Forbid logging in; mail is still received."""
    _run(lambda accounts: accounts.disable(name))
    _done(f"account {name} cannot log in any more")


@account.command()
@click.argument("name")
@shared_options
def enable(name: str) -> None:
    """Allow logging in again."""
    _run(lambda accounts: accounts.enable(name))
    _done(f"account {name} can log in again")


@account.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@shared_options
def delete(name: str, *, yes: bool) -> None:
    """Delete an account, its aliases and all its mail."""
    _run(lambda accounts: accounts.find(name))
    if not yes:
        if not _is_terminal():
            raise click.UsageError("there is no terminal to ask on: give --yes if all mail of the account shall go")
        click.confirm(f"Delete account {name} and all its mail? This cannot be undone", abort=True, err=True)
    _run(lambda accounts: accounts.delete(name))
    _done(f"account {name} was deleted")


@account.group(cls=Group)
@shared_options
def alias() -> None:
    """Add, remove and list an account's other addresses."""


@alias.command("add")
@click.argument("name")
@click.argument("address")
@shared_options
def add_alias(name: str, address: str) -> None:
    """Let mail to ADDRESS reach account NAME; @example.org is every address of a domain."""
    key = _run(lambda accounts: accounts.add_alias(name, address))
    _done(f"mail to {key} reaches {name}")


@alias.command("remove")
@click.argument("name")
@click.argument("address")
@shared_options
def remove_alias(name: str, address: str) -> None:
    """Let mail to ADDRESS no longer reach account NAME."""
    _run(lambda accounts: accounts.remove_alias(name, address))
    _done(f"mail to {address} does not reach {name} any more")


@alias.command("list")
@click.argument("name")
@shared_options
def list_aliases(name: str) -> None:
    """List the addresses that lead to account NAME, one a line."""
    for address in _run(lambda accounts: accounts.aliases(name)):
        click.echo(address)


def _run(action: Callable[[Accounts], Awaitable[T]], *, create: bool = False) -> T:
    """What *action* returns; only with *create* is a data directory made that is not there."""
    # Imported late: it brings in the engines, which most commands do without.
    from restante import app

    config = loaded().config
    if not create and not app.has_accounts(config):
        raise no_accounts(config.data.dir)

    async def act() -> T:
        async with app.open_accounts(config) as accounts:
            return await action(accounts)

    return asyncio.run(act())


async def _with_aliases(accounts: Accounts) -> list[tuple[AccountRecord, tuple[str, ...]]]:
    return [(record, await accounts.aliases(record.name)) for record in await accounts.list()]


def _as_json(record: AccountRecord, aliases: Iterable[str]) -> dict[str, object]:
    return {
        "id": record.id,
        "name": record.name,
        "display_name": record.display_name,
        "disabled": record.disabled,
        "created": _created(record).isoformat(),
        "aliases": list(aliases),
    }


def _created(record: AccountRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _password(*, from_stdin: bool, invent: bool) -> str:
    if from_stdin and invent:
        raise click.UsageError("--password-stdin and --generate exclude each other")
    if invent:
        return invented()
    if from_stdin:
        return _read_password()
    if not _is_terminal():
        raise click.UsageError("there is no terminal to ask for a password: give --password-stdin or --generate")
    return str(click.prompt("Password", type=str, hide_input=True, confirmation_prompt="Again", err=True))


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _read_password() -> str:
    # One octet more than may be, and a line end, so that a longer one is refused instead of cut.
    octets = sys.stdin.buffer.read(MAX_OCTETS + 3)
    text = octets.removesuffix(b"\n").removesuffix(b"\r")
    if b"\n" in text:
        raise Failure("standard input holds more than one line; a password is one")
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise Failure("the password on standard input is not UTF-8") from error


def _done(message: str, password: str | None = None) -> None:
    """Says so on standard error; standard output is left to an invented password alone."""
    click.echo(message, err=True)
    if password is not None:
        click.echo(password)
