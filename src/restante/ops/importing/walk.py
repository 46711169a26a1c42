"""Directories, walked in the same order each time, without following links in circles.

The rule it protects: an import that is run again meets the messages in the same order, on which counting copies relies.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from restante.ops.importing.model import Refusal, reason_of

_MAX_DEPTH: Final = 64


@dataclass(slots=True)
class Directory:
    """A directory: its entries by kind, in order of their names."""

    path: Path
    levels: tuple[str, ...] = ()
    directories: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)


def look(path: Path, levels: tuple[str, ...] = ()) -> Directory:
    """The entries of one directory. Raises OSError."""
    found = Directory(path, levels)
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found.directories.append(entry.name)
            elif entry.is_dir():
                found.linked.append(entry.name)
            elif entry.is_file() or entry.is_symlink():
                found.files.append(entry.name)
    found.directories.sort()
    found.files.sort()
    return found


def walk(top: Path, refused: list[Refusal], skip: frozenset[str] = frozenset()) -> Iterator[Directory]:
    """*top* and all directories below but those called as in *skip*; *levels* are their names. Notes what cannot be read."""
    waiting: list[tuple[Path, tuple[str, ...]]] = [(top, ())]
    while waiting:
        path, levels = waiting.pop()
        try:
            found = look(path, levels)
        except OSError as error:
            refused.append(Refusal(str(path), reason_of(error)))
            continue
        refused.extend(
            Refusal(str(path / name), "a link to a directory, which is not followed") for name in found.linked
        )
        yield found
        if len(levels) >= _MAX_DEPTH:
            refused.append(Refusal(str(path), f"what lies below is more than {_MAX_DEPTH} directories deep"))
            continue
        below = [name for name in found.directories if name not in skip]
        waiting.extend((path / name, (*levels, name)) for name in reversed(below))


def octets_of(path: Path, names: list[str]) -> int:
    """The size of files; those that have gone count nothing."""
    total = 0
    for name in names:
        try:
            total += (path / name).stat().st_size
        except OSError:
            continue
    return total
