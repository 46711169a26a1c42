"""Paths: the addresses of MAIL and RCPT (RFC 5321 §4.1.2, RFC 6531 §3.3).

Strategy: one expression finds where a path ends and drops its source route, which RFC 5321 §3.3 says to ignore. What it
names is the directory's matter. Spaces before the path and missing angle brackets, which old programs send, are forgiven.

The rule it protects: no path holds a control character, so none can end a line of a header or a reply.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_PLAIN: Final = r'[^\s\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff"(),:;<>@\[\]\\]'
_QUOTED: Final = r'"(?:[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"\\]|\\[ -~])*+"'
_DOMAIN: Final = rf"(?:{_PLAIN}++|\[[0-9A-Za-z:.\-]++\])"
_MAILBOX: Final = rf"(?:{_QUOTED}|{_PLAIN}++)(?:@{_DOMAIN})?"
_ROUTE: Final = rf"(?:@{_DOMAIN}(?:,@{_DOMAIN})*+:)?"
_PATH: Final = re.compile(
    rf"[ \t]*(?:<[ \t]*{_ROUTE}(?P<inside>(?:{_MAILBOX})?)[ \t]*>|(?P<bare>{_MAILBOX}))(?=[ \t]|$)"
)


class Path(NamedTuple):
    """A path: the *address* as written, empty for the null reverse-path, and where in the line it *end*\\ s."""

    address: str
    end: int


def read_path(line: str, at: int) -> Path | None:
    """The path that begins at *at*; None if there is none."""
    match = _PATH.match(line, at)
    if match is None:
        return None
    inside, bare = match["inside"], match["bare"]
    return Path(bare if inside is None else inside, match.end())
