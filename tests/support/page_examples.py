"""The examples of a Markdown page that are meant to be run: fenced blocks under a comment ``<!-- test: WHAT -->``.

What follows ``test:`` is the block's part: ``serve`` starts a server, ``run`` is run, ``prints`` is what the block before it
prints, ``serve prints`` what the server prints, ``file NAME`` is a file's content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BLOCK: Final = re.compile(r"^<!-- test: ([^\n]+?) -->\n```([a-z]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANYTHING: Final = "…"


@dataclass(frozen=True, slots=True)
class Example:
    """One block.

    Attributes:
        part: what is to be done with it.
        kind: the language after the fence.
        text: its lines.
    """

    part: str
    kind: str
    text: str


def examples(page: Path, changes: Mapping[str, str]) -> list[Example]:
    """The marked blocks of *page* in order, with *changes* made to their text: places and ports that a test has elsewhere."""
    found = []
    for part, kind, text in _BLOCK.findall(page.read_text()):
        for written, here in changes.items():
            text = text.replace(written, here)
        found.append(Example(part, kind, text))
    return found


def is_as_shown(printed: str, shown: str) -> bool:
    """Whether *printed* holds *shown*, where ``…`` is anything and numbers and their units may differ."""
    pattern = re.sub(r"\d+", r"\\d+", re.escape(shown.strip()))
    pattern = re.sub(r"[KMG]iB", "[KMG]iB", pattern).replace(_ANYTHING, "[^\n]+")
    return re.search(pattern, printed) is not None
