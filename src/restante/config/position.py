"""Finds the line on which a TOML document sets a key, which :mod:`tomllib` does not tell.

Strategy: one pass of one regular expression over a text that is known to be valid TOML. Strings, comments and brackets
are skipped as wholes, so that only headers and keys at the start of a line are looked at. Linear in the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Final

KeyPath = tuple[str, ...]
"""A key's path, for example ``("limits", "line")``."""

_KEY: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_DOTTED: Final = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_HEADER: Final = re.compile(rf"[ \t]*\[{{1,2}}[ \t]*({_DOTTED})[ \t]*\]")
_ASSIGNMENT: Final = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")
_TOKEN: Final = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'(?:[^']|'(?!''))*'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[\[\]{}\n]''',
    re.DOTALL,
)
_OPEN: Final = "[{"
_CLOSE: Final = "]}"


def positions(text: str) -> dict[KeyPath, int]:
    """Every key path that valid TOML *text* sets, headers too, with the number of its line, from 1.

    Keys inside an inline table are not listed: the table's own line stands for them.
    """
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for line, start in _logical_lines(text):
        if header := _HEADER.match(text, start):
            table = _split(header[1])
            found.setdefault(table, line)
        elif assignment := _ASSIGNMENT.match(text, start):
            found.setdefault(table + _split(assignment[1]), line)
    return found


def line_of(found: dict[KeyPath, int], path: KeyPath) -> int:
    """The line of *path*, or of the closest table around it; 1 when nothing is found."""
    while path and path not in found:
        path = path[:-1]
    return found.get(path, 1)


def _logical_lines(text: str) -> Iterator[tuple[int, int]]:
    """Number and offset of each line that no string or bracket reaches into."""
    yield 1, 0
    line, depth = 1, 0
    for token in _TOKEN.finditer(text):
        word = token[0]
        depth += (word in _OPEN) - (word in _CLOSE)
        line += word.count("\n")
        if word == "\n" and depth == 0:
            yield line, token.end()


def _split(dotted: str) -> KeyPath:
    """The keys of a *dotted* key, unquoted."""
    path: list[str] = []
    table: object = tomllib.loads(f"{dotted} = 0")
    while isinstance(table, dict):
        key, table = next(iter(table.items()))
        path.append(key)
    return tuple(path)
