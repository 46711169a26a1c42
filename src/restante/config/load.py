"""Reads the configuration: defaults, then the file, then the environment, then the flags.

Strategy: each source yields entries; later ones stand above earlier ones; every problem of every source is gathered
before anything is refused, so that one run shows them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from restante.config.model import SECTIONS, Config, Data
from restante.config.place import default_data_dir, default_file
from restante.config.problem import ConfigError, Problem
from restante.config.source import (
    CONFIG_VARIABLE,
    SETTINGS,
    Entry,
    Flag,
    Origin,
    from_environment,
    from_file,
    from_flag,
)
from restante.config.value import read

_FEWEST_ROUNDS: Final = 4096
_DEFAULT: Final = Origin("default")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that was read and found good.

    Attributes:
        config: the effective values.
        origins: where each came from, by the setting's path; every setting is listed.
        file: the file that was read, or None.
    """

    config: Config
    origins: Mapping[str, Origin]
    file: Path | None

    def value(self, path: str) -> object:
        """The effective value of the setting at *path*, for example ``limits.line``."""
        setting = SETTINGS[path]
        value: object = getattr(getattr(self.config, setting.section), setting.name)
        return value


def load(file: Path | None = None, *, environ: Mapping[str, str] | None = None, flags: Iterable[Flag] = ()) -> Loaded:
    """The configuration from *file* (else ``RESTANTE_CONFIG``, else the default place), *environ* and *flags*.

    A file that was named must exist; the default one may be missing. Raises :class:`ConfigError` with all problems.
    """
    environ = os.environ if environ is None else environ
    chosen = _choose(file, environ)
    values, origins, problems = _gather(_entries(chosen, environ, flags))
    config = _build({"data.dir": default_data_dir(environ), **values})
    problems.extend(_disagreements(config, origins))
    if problems:
        raise ConfigError(problems)
    return Loaded(config, origins, chosen)


def _gather(
    entries: Iterable[Entry | Problem],
) -> tuple[dict[str, object], dict[str, Origin], list[Problem]]:
    """Values and origins by path, of two entries for one setting the later, and what is wrong with any of them."""
    values: dict[str, object] = {}
    origins = dict.fromkeys(SETTINGS, _DEFAULT)
    problems: list[Problem] = []
    for entry in entries:
        if isinstance(entry, Problem):
            problems.append(entry)
            continue
        try:
            values[entry.setting.path] = read(entry.setting, entry.given)
            origins[entry.setting.path] = entry.origin
        except ValueError as error:
            problems.append(Problem(str(entry.origin), str(error)))
    return values, origins, problems


def _choose(file: Path | None, environ: Mapping[str, str]) -> Path | None:
    if file is not None:
        return file
    if named := environ.get(CONFIG_VARIABLE):
        return Path(named)
    usual = default_file(environ)
    return usual if usual.exists() else None


def _entries(file: Path | None, environ: Mapping[str, str], flags: Iterable[Flag]) -> Iterator[Entry | Problem]:
    if file is not None:
        yield from from_file(file)
    yield from from_environment(environ)
    yield from map(from_flag, flags)


def _build(values: Mapping[str, object]) -> Config:
    tables: dict[str, dict[str, object]] = {name: {} for name in SECTIONS}
    for path, value in values.items():
        setting = SETTINGS[path]
        tables[setting.section][setting.name] = value
    built = {name: msgspec.structs.replace(_EMPTY[name], **table) for name, table in tables.items() if table}
    return msgspec.structs.replace(Config(data=Data(dir=Path())), **built)


_EMPTY: Final = {name: table() for name, table in SECTIONS.items()}


def _disagreements(config: Config, origins: Mapping[str, Origin]) -> Iterator[Problem]:
    """What no single setting shows: settings that contradict each other."""

    def at(paths: Sequence[str]) -> str:
        return next((str(origins[path]) for path in paths if origins[path] is not _DEFAULT), paths[0])

    auth, tls = config.auth, config.tls
    pair = ("tls.certificate", "tls.key")
    if (tls.certificate is None) != (tls.key is None):
        yield Problem(at(pair), f"{pair[0]} and {pair[1]} go together: set both or neither")
    delays = ("auth.throttle_max_delay", "auth.throttle_first_delay")
    if auth.throttle_max_delay < auth.throttle_first_delay:
        yield Problem(at(delays), f"{delays[0]} must not be below {delays[1]}")
    rounds = "auth.scram_iterations"
    if 0 < auth.scram_iterations < _FEWEST_ROUNDS:
        yield Problem(at([rounds]), f"{rounds} must be {_FEWEST_ROUNDS} at least, or 0 for no SCRAM (RFC 7677 §4)")
    names = list(config.mailboxes.by_use().values())
    if len(set(names)) < len(names):
        uses = [path for path in SETTINGS if path.startswith("mailboxes.")]
        yield Problem(at(uses), "two mailboxes have the same name")
