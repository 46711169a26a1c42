"""The reference of all commands, in Markdown, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click

from restante.cli.main import cli
from restante.cli.outcome import MEANINGS

_OPENING: Final = """\
# Commands

`--data`, `--config` and `--set` are understood before and after a command's name; where both are given, the one after
it counts. What each setting means is in the [reference of settings](settings.md).

## Exit codes

| code | meaning |
| --- | --- |
"""

_COMPLETION: Final = """\

Errors are told on standard error, results on standard output.

## Completion

The shell completes commands and options after one of these lines, which belong in the shell's start file:

```sh
eval "$(_RESTANTE_COMPLETE=bash_source restante)"   # bash, in ~/.bashrc
eval "$(_RESTANTE_COMPLETE=zsh_source restante)"    # zsh, in ~/.zshrc
```

For fish, `_RESTANTE_COMPLETE=fish_source restante | source` in `~/.config/fish/completions/restante.fish`.
"""


def markdown() -> str:
    """The reference page."""
    codes = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANINGS.items())
    pages = "\n".join(_pages(cli, "restante", None))
    return f"{_OPENING}{codes}{_COMPLETION}\n{pages}"


def _pages(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    # The width is set, so that the page does not depend on the terminal it was made on.
    context = command.make_context(name, [], parent, resilient_parsing=True, terminal_width=100)
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from _pages(found, below, context)
