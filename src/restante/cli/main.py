"""The command ``restante``: the list of what it can do.

A new family of commands is a file of its own and one line in :data:`COMMANDS`; nothing registers itself. A file is loaded when
its command is called for, since a delivery hands each message to a process of its own, and a server need not know how to import.
"""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Final

import click

from restante import __version__, compiled
from restante.cli.options import Group, shared_options


@click.command()
@shared_options
def version() -> None:
    """Print the version, and whether its hot modules are compiled."""
    click.echo(f"restante {__version__}, {compiled.described()}")


COMMANDS: Final = {
    "serve": "serve_command.serve",
    "account": "account_commands.account",
    "import": "import_command.import_",
    "export": "export_command.export",
    "deliver": "deliver_command.deliver",
    "index": "index_commands.index",
    "config": "config_commands.config",
    "version": "main.version",
}
"""Every command and where it is, in the order the help lists them."""


_YOUNG: Final = 10_000
"""Objects made before those that are young are looked through for cycles: neither what a command loads nor an answer of
thousands of lines has any while it is made, and most objects die by themselves."""


class _Restante(Group):
    """Finds the commands by :data:`COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, not sorted."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded now, or None if there is none of that name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(".")
        found = getattr(import_module(f"restante.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_Restante, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@shared_options
def cli() -> None:
    """Restante keeps mail that people reach over IMAP."""


def main() -> None:
    """The entry point: runs the command line, and exits with its code."""
    gc.set_threshold(_YOUNG, 20, 20)
    cli.main(prog_name="restante")
