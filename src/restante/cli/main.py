"""The command ``restante``: the list of what it can do.

A new family of commands is a file of its own and one line in :data:`COMMANDS`; nothing registers itself.
"""

from __future__ import annotations

from typing import Final

import click

from restante import __version__
from restante.cli.account_commands import account
from restante.cli.config_commands import config
from restante.cli.deliver_command import deliver
from restante.cli.export_command import export
from restante.cli.import_command import import_
from restante.cli.index_commands import index
from restante.cli.options import Group, shared_options
from restante.cli.serve_command import serve


@click.command()
@shared_options
def version() -> None:
    """Print the version."""
    click.echo(f"restante {__version__}")


COMMANDS: Final[tuple[click.Command, ...]] = (serve, account, import_, export, deliver, index, config, version)
"""Every command, in the order the help lists them."""


class _Restante(Group):
    """Lists the commands in the order of :data:`COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, not sorted."""
        return list(self.commands)


@click.group(cls=_Restante, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@shared_options
def cli() -> None:
    """Restante keeps mail that people reach over IMAP."""


for _command in COMMANDS:
    cli.add_command(_command)


def main() -> None:
    """The entry point: runs the command line, and exits with its code."""
    cli.main(prog_name="restante")
