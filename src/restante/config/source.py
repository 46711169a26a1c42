"""Where settings come from: the file, the environment, the flags. Each yields what was given, by setting.

The rule it protects: what is not understood is refused with its place, never passed over.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from restante import called
from restante.config.model import SECTIONS, settings
from restante.config.position import KeyPath, line_of, positions
from restante.config.problem import ConfigError, Problem, did_you_mean
from restante.config.setting import ENVIRONMENT_PREFIX, Setting
from restante.config.value import Given

SETTINGS: Final[dict[str, Setting]] = {setting.path: setting for setting in settings()}
"""Every setting by its path."""

CONFIG_VARIABLE: Final = "RESTANTE_CONFIG"
"""Names the configuration file."""

_COMPILE_VARIABLE: Final = "RESTANTE_COMPILE"
"""Is for installing, see ``docs/install.md``, and may still be there afterwards."""

MAX_FILE: Final = 1 << 20
"""Octets. A larger file is no configuration."""

_BY_VARIABLE: Final = {setting.environment: setting for setting in SETTINGS.values()}
_AT_LINE: Final = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)
_ORCHESTRATOR: Final = re.compile(r"RESTANTE_(?:SERVICE|PORT)(?:_.*)?")
"""Kubernetes sets these for a service that is called restante."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from.

    Attributes:
        kind: the sort of source; each stands above the ones before it.
        name: ``restante.toml:12``, the variable or the flag; empty for a default.
    """

    kind: Literal["default", "file", "environment", "flag"]
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.kind


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting as one source gave it."""

    setting: Setting
    given: Given
    origin: Origin


@dataclass(frozen=True, slots=True)
class Flag:
    """A setting given on the command line: its *path*, the *text*, and the flag's *name*."""

    path: str
    text: str
    name: str


def from_file(file: Path) -> Iterator[Entry | Problem]:
    """What *file* sets. Raises :class:`ConfigError` when it cannot be read or is not TOML."""
    text = _text_of(file)
    try:
        tables = tomllib.loads(text)
    except ValueError as error:
        # Not only TOMLDecodeError: a number of thousands of digits is refused by Python itself.
        raise ConfigError([_syntax_problem(file, text, str(error))]) from error
    except RecursionError as error:
        raise ConfigError([Problem(str(file), "is nested too deeply")]) from error
    found = positions(text)
    for name, table in tables.items():
        where = f"{file}:{line_of(found, (name,))}"
        if name not in SECTIONS:
            yield Problem(where, _unknown_table(name))
        elif not isinstance(table, dict):
            yield Problem(where, f"{name} is a table: write [{name}] and its settings below")
        else:
            yield from _table_entries(file, found, name, table)


def from_environment(environ: Mapping[str, str]) -> Iterator[Entry | Problem]:
    """What *environ* sets. A variable of ours that no setting has is a problem, for it was meant for something."""
    for variable in sorted(environ):
        if setting := _BY_VARIABLE.get(variable):
            yield Entry(setting, Given(environ[variable], True, Path()), Origin("environment", variable))
        elif _is_ours(variable):
            known = (*_BY_VARIABLE, CONFIG_VARIABLE)
            yield Problem(variable, f"no setting has this variable{did_you_mean(variable, known)}")


def from_flag(flag: Flag) -> Entry | Problem:
    """What one *flag* sets."""
    setting = SETTINGS.get(flag.path)
    if setting is None:
        return Problem(flag.name, f"unknown setting {flag.path}{did_you_mean(flag.path, SETTINGS)}")
    return Entry(setting, Given(flag.text, True, Path()), Origin("flag", flag.name))


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            octets = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise ConfigError([Problem(str(file), f"cannot be read: {error.strerror}")]) from error
    if len(octets) > MAX_FILE:
        raise ConfigError([Problem(str(file), f"is larger than {MAX_FILE} octets, so it is no configuration")])
    try:
        return octets.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(f"{file}:{line}", "is not UTF-8")]) from error


def _syntax_problem(file: Path, text: str, message: str) -> Problem:
    if match := _AT_LINE.fullmatch(message):
        return Problem(f"{file}:{match[2]}", f"not TOML: {match[1]} (column {match[3]})")
    return Problem(f"{file}:{text.count(chr(10)) + 1}", f"not TOML: {message}")


def _table_entries(
    file: Path, found: dict[KeyPath, int], section: str, table: dict[str, object]
) -> Iterator[Entry | Problem]:
    for key, value in table.items():
        where = f"{file}:{line_of(found, (section, key))}"
        if setting := SETTINGS.get(f"{section}.{key}"):
            yield Entry(setting, Given(value, False, file.absolute().parent), Origin("file", where))
        else:
            yield Problem(where, _unknown_key(section, key))


def _unknown_table(name: str) -> str:
    here = [path for path, setting in SETTINGS.items() if setting.name == name]
    hint = f"; did you mean {here[0]}?" if here else did_you_mean(name, SECTIONS)
    return f"unknown table {name}{hint}"


def _unknown_key(section: str, key: str) -> str:
    here = [setting.name for setting in SETTINGS.values() if setting.section == section]
    elsewhere = [path for path, setting in SETTINGS.items() if setting.name == key]
    hint = f"; did you mean {elsewhere[0]}?" if elsewhere else did_you_mean(key, here)
    return f"unknown setting {section}.{key}{hint}"


def _is_ours(variable: str) -> bool:
    return (
        variable.startswith(ENVIRONMENT_PREFIX)
        and variable not in (CONFIG_VARIABLE, _COMPILE_VARIABLE, called.VARIABLE)
        and not _ORCHESTRATOR.fullmatch(variable)
    )
