"""Comments in structured fields (RFC 5322 §3.2.2): nested, with quoted pairs, and never closed by those who attack.

Strategy: one pass over the few octets that matter; an unclosed comment reaches to the end, so nothing is read twice.
"""

from __future__ import annotations

import re
from typing import Final

_EDGE: Final = re.compile(rb"[()]|\\.", re.DOTALL)
_OUTSIDE: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|\(', re.DOTALL)
_QUOTED_PAIR: Final = re.compile(rb"\\(.)", re.DOTALL)


def comment_end(value: bytes, start: int) -> int:
    """The offset after the comment whose ``(`` stands at *start*; the length of *value* if it is never closed."""
    depth = 0
    for edge in _EDGE.finditer(value, start):
        mark = edge[0]
        if mark == b"(":
            depth += 1
        elif mark == b")":
            depth -= 1
            if not depth:
                return edge.end()
    return len(value)


def without_comments(value: bytes) -> bytes:
    """*value* with each comment outside a quoted string replaced by one space."""
    if b"(" not in value:
        return value
    kept: list[bytes] = []
    at = done = 0
    while found := _OUTSIDE.search(value, at):
        at = found.end()
        if found[0] == b"(":
            kept.append(value[done : found.start()])
            at = done = comment_end(value, found.start())
    kept.append(value[done:])
    return b" ".join(kept)


def unquote(value: bytes) -> bytes:
    """*value* with its quoted pairs resolved (RFC 5322 §3.2.1)."""
    return _QUOTED_PAIR.sub(rb"\1", value) if b"\\" in value else value
