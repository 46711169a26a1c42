"""HTML read mark by mark, plainly: what ``restante.mime.html`` is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

_MARK: Final = re.compile(
    r"""<(?: (?P<comment>!--)
        | (?=[a-z/!?]) (?P<close>/?+) (?P<name>[a-z][a-z0-9]*+)?+
          (?: [^<>=]++ | = \s*+ (?: "[^"]*+" | '[^']*+' )?+ )*+ (?P<end>>?+) )""",
    re.IGNORECASE | re.VERBOSE,
)
_HIDDEN: Final = {
    name: re.compile(rf"</{name}[^<>]*+>?", re.IGNORECASE)
    for name in ("script", "style", "head", "title", "template", "noframes")
}
"""Elements no reader sees, and how each ends."""

_BLOCKS: Final = frozenset(
    "p div br hr tr td th li ul ol dl dt dd h1 h2 h3 h4 h5 h6 table tbody thead blockquote pre section article "  # noqa: SIM905
    "header footer body html center form option".split()
)
_COMMENT_END: Final = re.compile(r"--!?>")
_HUGE_REFERENCE: Final = re.compile(r"&#(?:\d{8,}+|x[0-9a-f]{8,}+);?", re.IGNORECASE)


def plain_html_text(html: str) -> str:
    """What a reader sees of *html*: no tags, comments, scripts or styles; entities resolved; blocks apart from each other."""
    shown = "".join(_shown(html))
    return unescape(_HUGE_REFERENCE.sub("\ufffd", shown)) if "&" in shown else shown


def _shown(html: str) -> Iterator[str]:
    """The pieces of *html* outside marks; what is hidden and never closed hides the rest."""
    at = 0
    while found := _MARK.search(html, at):
        yield html[at : found.start()]
        end = _mark_end(html, found)
        if end is None:
            return
        if not found["comment"]:
            yield _in_place_of(found)
        at = end
    yield html[at:]


def _mark_end(html: str, mark: re.Match[str]) -> int | None:
    """Where what *mark* begins ends; None if nowhere."""
    if mark["comment"]:
        # ``<!-->`` is a whole comment.
        closed = _COMMENT_END.search(html, mark.start() + 2)
    elif mark["end"] and not mark["close"] and (hidden := _HIDDEN.get((mark["name"] or "").lower())):
        closed = hidden.search(html, mark.end())
    else:
        return mark.end()
    return None if closed is None else closed.end()


def _in_place_of(tag: re.Match[str]) -> str:
    if not tag["end"]:
        return tag[0]
    return "\n" if (tag["name"] or "").lower() in _BLOCKS else ""
