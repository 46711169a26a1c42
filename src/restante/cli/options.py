"""The options every command shares: ``--data``, ``--config`` and ``--set``, before or after the command's name.

Strategy: each level of the command line takes them and notes what it was given in one place; the level nearest to the
command wins. A command asks :func:`loaded` for the configuration when it needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

import click

from restante import logs
from restante.cli.outcome import failure
from restante.config import Flag, Loaded, load
from restante.store.errors import StoreError

F = TypeVar("F", bound=Callable[..., object])

_DATA: Final = "restante.data"
_CONFIG: Final = "restante.config"
_SET: Final = "restante.set"


def shared_options(command: F) -> F:
    """Decorator: adds the shared options to a command or a group."""
    for add in (_set_option, _config_option, _data_option):
        command = add(command)
    return command


class Group(click.Group):
    """A group of commands that turns expected errors into one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; expected errors end it with their exit code."""
        try:
            result: object = super().invoke(ctx)
        except (OSError, ValueError, StoreError) as error:
            found = failure(error)
            if found is None:
                raise
            raise found from error
        return result


def loaded(flags: Iterable[Flag] = ()) -> Loaded:
    """The configuration, with what the command line says over it; *flags* are the command's own. Sets up logging.

    Raises ConfigError.
    """
    meta = click.get_current_context().meta
    given = list(flags)
    if data := meta.get(_DATA):
        given.append(Flag("data.dir", data, "--data"))
    given.extend(Flag(path.strip(), text, f"--set {path}") for path, text in meta.get(_SET, ()))
    file = meta.get(_CONFIG)
    found = load(Path(file) if file else None, flags=given)
    logs.configure(found.config.log.level, found.config.log.format)
    return found


def _note(name: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    def note(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.meta[name] = value

    return note


def _note_set(ctx: click.Context, option: click.Parameter, value: tuple[str, ...]) -> None:
    for text in value:
        path, found, rest = text.partition("=")
        if not found:
            raise click.BadParameter(f"{text!r} is not section.name=value", ctx, option)
        ctx.meta.setdefault(_SET, []).append((path, rest))


_data_option: Final = click.option(
    "--data", metavar="DIR", expose_value=False, callback=_note(_DATA), help="Where mail is kept (RESTANTE_DATA)."
)
_config_option: Final = click.option(
    "--config", metavar="FILE", expose_value=False, callback=_note(_CONFIG), help="Configuration (RESTANTE_CONFIG)."
)
_set_option: Final = click.option(
    "--set",
    metavar="SECTION.NAME=VALUE",
    multiple=True,
    expose_value=False,
    callback=_note_set,
    help="Gives a setting a value, over everything else. May be repeated.",
)
