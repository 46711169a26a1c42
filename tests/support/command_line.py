"""Runs the command line in this process, away from the person's own configuration and environment."""

import os
from pathlib import Path

from click.testing import CliRunner, Result

from restante.cli.main import cli


class CommandLine:
    """Runs ``restante`` with *home* as the person's home directory."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __call__(self, *words: str, stdin: str | bytes = "", env: dict[str, str] | None = None) -> Result:
        cleared: dict[str, str | None] = {name: None for name in os.environ if name.startswith(("RESTANTE_", "XDG_"))}
        places = {"HOME": str(self._home), "XDG_CONFIG_HOME": str(self._home), "XDG_STATE_HOME": str(self._home)}
        runner = CliRunner(env={**cleared, **places, **(env or {})})
        return runner.invoke(cli, list(words), input=stdin, prog_name="restante")
