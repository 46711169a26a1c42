"""HTML as a reader sees it: text without marks (HTML Living Standard §13.2.5).

Strategy: one regular expression finds marks, tags with their quoted attributes whole; a mark that never ends is text. A stretch
of the document is split at all its marks at once, in C, and a table says what stands in place of each; only where something is
hidden (a comment, a style sheet) is its end sought, and a new stretch begun. Stretches are of bounded length, and what a mark
swallowed in vain is not looked at again, so that a large document neither costs more than its length nor keeps others waiting.

The rule it protects: an attribute's value is never text, whatever it holds, and damage hides none of what follows it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

_MARKS: Final = re.compile(
    r"""(< (?: !--
        | (?=[a-zA-Z/!?]) [^<>=]*+ (?: = \s*+ (?: "[^"]*+" | '[^']*+' )?+ [^<>=]*+ )*+ >?+ ))""",
    re.VERBOSE,
)
# Case is spelled out, for without it the interpreter's search for the next "<" is a quick one.
_NAME: Final = re.compile(r"</?+([a-z][a-z0-9]*+)?+", re.IGNORECASE)
_COMMENT: Final = "<!--"
_COMMENT_END: Final = re.compile(r"--!?>")
_HIDDEN: Final = {
    name: re.compile(rf"</{name}[^<>]*+>?", re.IGNORECASE)
    for name in ("script", "style", "head", "title", "template", "noframes")
}
"""Elements no reader sees, and how each ends."""

_BLOCKS: Final = frozenset(
    "p div br hr tr td th li ul ol dl dt dd h1 h2 h3 h4 h5 h6 table tbody thead blockquote pre section article "  # noqa: SIM905
    "header footer body html center form option".split()
)
_HUGE_REFERENCE: Final = re.compile(r"&#(?:\d{8,}+|x[0-9a-f]{8,}+);?", re.IGNORECASE)

_STRETCH: Final = 64 * 1024
"""Characters that are split at once."""

_LEAST: Final = 1024
"""The same, after something hidden: many such in a row must not have the same characters split again and again."""

_SHORT: Final = 32
_KEPT: Final = 4096
"""Marks whose place in the text is remembered, and the longest of them."""


def html_text(html: str) -> str:
    """What a reader sees of *html*: no tags, comments, scripts or styles; entities resolved; blocks apart from each other."""
    shown = "".join(_shown(html)) if "<" in html else html
    if "&" not in shown:
        return shown
    # Imported late: two thousand names of characters, and a server may never see HTML.
    from html import unescape

    return unescape(_HUGE_REFERENCE.sub("\ufffd", shown))


def _shown(html: str) -> Iterator[str]:
    """The text of *html* in pieces; what is hidden and never closed hides the rest."""
    at, length = 0, _STRETCH
    while at < len(html):
        parts = _MARKS.split(html[at : at + length])
        last = at + length >= len(html)
        if not last:
            _hold_back(parts)
        length = min(2 * length, _STRETCH) if len(parts) > 1 or parts[0] else 2 * length
        instead = [*map(_PLACES.__getitem__, parts[1::2])]
        if None in instead:
            hidden = 2 * instead.index(None) + 1
            end = _hidden_end(html, parts[hidden], at + sum(map(len, parts[: hidden + 1])))
            if end is None:
                end = len(html)
            parts, at, length = parts[:hidden], end, _LEAST
            instead = instead[: hidden // 2]
        else:
            at = len(html) if last else at + sum(map(len, parts))
        parts[1::2] = instead
        yield "".join(parts)


def _hold_back(parts: list[str]) -> None:
    """Take from *parts* of a stretch what may read otherwise once more of the document is seen: the last mark, mostly."""
    parts[-1] = parts[-1].removesuffix("<")
    doubtful = len(parts)
    if not parts[-1] and len(parts) > 1 and not parts[-2].endswith(">"):
        doubtful = len(parts) - 2
    ends: list[int] | None = None
    for quote in "\"'":
        text = "".join(parts)
        at = text.rfind(quote)
        # A value whose quote is not closed here may go on far beyond the mark's apparent end.
        if at >= 0 and text[:at].rstrip().endswith("="):
            ends = ends or [*accumulate(map(len, parts))]
            part = bisect_left(ends, at + 1)
            doubtful = min(doubtful, part) if part % 2 else doubtful
    del parts[doubtful:]


class _Places(dict[str, str | None]):
    """What stands in the text in place of a mark; None for a mark that hides what follows."""

    def __missing__(self, mark: str) -> str | None:
        found = _in_place_of(mark)
        if len(mark) <= _SHORT and len(self) < _KEPT:
            self[mark] = found
        return found


_PLACES: Final = _Places()


def _in_place_of(mark: str) -> str | None:
    if mark == _COMMENT:
        return None
    if not mark.endswith(">"):
        return mark
    name = _name(mark)
    if name in _HIDDEN and not mark.startswith("</"):
        return None
    return "\n" if name in _BLOCKS else ""


def _name(mark: str) -> str:
    found = _NAME.match(mark)
    return (found[1] or "").lower() if found else ""


def _hidden_end(html: str, mark: str, end: int) -> int | None:
    """Where what *mark*, which ends at *end*, hides ends; None if nowhere."""
    # ``<!-->`` is a whole comment.
    closed = _COMMENT_END.search(html, end - 2) if mark == _COMMENT else _HIDDEN[_name(mark)].search(html, end)
    return None if closed is None else closed.end()
