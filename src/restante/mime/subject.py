"""The base subject, by which messages are sorted and threaded (RFC 5256 §2.1).

Strategy: the RFC's six steps as two offsets that move towards each other; no text is copied until the end, so that a subject of a
million prefixes costs no more than its length.

The rule it protects: exactly the RFC's algorithm, since a client that works offline must come to the same result.
"""

from __future__ import annotations

import re
from typing import Final

_WHITE: Final = re.compile(r"[ \t\r\n]+")
_TRAILER: Final = "(fwd)"
_FORWARD: Final = "[fwd:"
_BLOB: Final = re.compile(r"\[[^\[\]]*+\][ \t]*+")
_REFWD: Final = re.compile(r"(?:re|fwd?)[ \t]*+(?:\[[^\[\]]*+\][ \t]*+)?:", re.IGNORECASE | re.ASCII)


def base_subject(subject: str) -> tuple[str, bool]:
    """The base of a decoded *subject*, and whether it is a reply's or a forward's (RFC 5256 §2.1, §3)."""
    text = _WHITE.sub(" ", subject)
    start, end, marked = 0, len(text), False
    while True:
        end, cut = _without_trailers(text, start, end)
        start, led = _without_leaders(text, start, end)
        marked = marked or cut or led
        if not _is_forward(text, start, end):
            return text[start:end], marked
        start, end, marked = start + len(_FORWARD), end - 1, True


def _without_trailers(text: str, start: int, end: int) -> tuple[int, bool]:
    """Step 2: the end without ``(fwd)`` and white space, and whether there was a ``(fwd)``."""
    cut = False
    while end > start:
        if text[end - 1] == " ":
            end -= 1
        elif end - start >= len(_TRAILER) and text[end - len(_TRAILER) : end].lower() == _TRAILER:
            end -= len(_TRAILER)
            cut = True
        else:
            break
    return end, cut


def _without_leaders(text: str, start: int, end: int) -> tuple[int, bool]:
    """Steps 3 to 5: the start after all leaders and blobs, and whether there was a ``re`` or ``fwd``.

    A run of blobs either leads to a ``re:`` and goes with it, or goes blob by blob as long as something is left behind it.
    """
    led = False
    while True:
        while start < end and text[start] == " ":
            start += 1
        after, last = start, start
        while blob := _BLOB.match(text, after, end):
            last, after = after, blob.end()
        refwd = _REFWD.match(text, after, end)
        if refwd is None:
            return (after if after < end else last), led
        start, led = refwd.end(), True


def _is_forward(text: str, start: int, end: int) -> bool:
    """Step 6: whether what is left is ``[fwd:`` … ``]``."""
    return (
        end - start > len(_FORWARD) and text[end - 1] == "]" and text[start : start + len(_FORWARD)].lower() == _FORWARD
    )
