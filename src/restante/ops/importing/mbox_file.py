"""One mbox file: where its messages begin and end, and reading them.

Strategy: the file is searched for ``From `` lines a megabyte at a time, at given offsets, so neither its size nor that of a
message matters. A ``From `` line separates after an empty line if it has a time and a year, and anywhere if it is exactly what
programs write there. Where the first messages all have a Content-Length that leads to the next separator (the cl dialects),
it is believed, each time it does.

The rule it protects: what is written as mboxrd is read as it was; and no message is cut in two for a line of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_WINDOW: Final = 1024 * 1024
_MAX_LINE: Final = 1000
_HEAD: Final = 64 * 1024
_SAMPLE: Final = 10
_FROM: Final = re.compile(rb"^From [^\n]{0,990}(?:\n|\Z)", re.MULTILINE)
_PLAUSIBLE: Final = re.compile(rb"From (?=[^\n]*\d:\d\d)(?=[^\n]*\b\d{4}\b)")
_EXACT: Final = re.compile(
    rb"From \S+ +(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]?\d "
    rb"\d\d:\d\d(?::\d\d)? (?:[A-Z]{1,5} |[+-]\d{4} )?\d{4}(?: [+-]\d{4})?\r?\n?"
)
_LENGTH: Final = re.compile(rb"^Content-Length:[ \t]*(\d{1,15})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_HEADER_END: Final = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A message's place in the file, offsets in octets.

    Attributes:
        line: where its ``From `` line begins.
        start: where the message begins.
        end: where it ends, the empty line that mbox adds excluded.
        quoted: whether quoting is to be taken away; not so where a Content-Length guards lines that are not quoted.
        last: whether the file ends with it.
    """

    line: int
    start: int
    end: int
    quoted: bool = True
    last: bool = False


def begins_mbox(head: bytes) -> bool:
    """Whether a file that begins with *head* is an mbox."""
    return _PLAUSIBLE.match(head.lstrip(b"\r\n")) is not None


def spans(fd: int, size: int) -> Iterator[Span]:
    """The messages of the file *fd* of *size* octets, in order. Blocks; raises OSError."""
    by_length = _lengths_hold(fd, size)
    open_: tuple[int, int] | None = None
    until, guarded = 0, False
    for line, start in _separators(fd, size):
        if line < until:
            guarded = True
            continue
        if open_ is not None:
            yield Span(*open_, _end(fd, open_[1], line), not guarded)
        open_, guarded = (line, start), False
        until = (_stated_end(fd, size, start) or 0) if by_length else 0
    if open_ is not None:
        yield Span(*open_, _end(fd, open_[1], size), not guarded, last=True)


def _separators(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """Where each separating line begins and ends."""
    for at in range(0, size, _WINDOW):
        # Two octets before, to see whether the line before is empty; a line more behind, to see one begun.
        base = max(at - 3, 0)
        window = os.pread(fd, _WINDOW + _MAX_LINE + 3, base)
        for found in _FROM.finditer(window, at - base):
            if found.start() + base >= at + _WINDOW:
                break
            if _separates(window, found, at_start=base == 0):
                yield base + found.start(), base + found.end()


def _separates(window: bytes, found: re.Match[bytes], *, at_start: bool) -> bool:
    before = window[max(found.start() - 3, 0) : found.start()]
    after_empty = before.endswith((b"\n\n", b"\n\r\n")) or (at_start and not before.strip(b"\r\n"))
    return (_PLAUSIBLE if after_empty else _EXACT).match(found[0]) is not None


def _end(fd: int, start: int, end: int) -> int:
    """*end* without the empty line before a separator."""
    tail = os.pread(fd, min(3, end - start), max(start, end - 3))
    if tail.endswith(b"\n\r\n") or (tail == b"\r\n" and end - start == 2):
        return end - 2
    if tail.endswith(b"\n\n") or (tail == b"\n" and end - start == 1):
        return end - 1
    return end


def _stated_end(fd: int, size: int, start: int) -> int | None:
    """Where the Content-Length of the message at *start* leads, if that is to a separator or the file's end."""
    head = os.pread(fd, _HEAD, start)
    header_end = _HEADER_END.search(head)
    if header_end is None:
        return None
    stated = _LENGTH.search(head, 0, header_end.start() + 1)
    if stated is None:
        return None
    end = start + header_end.end() + int(stated[1])
    if end > size:
        return None
    after = os.pread(fd, _MAX_LINE, end).lstrip(b"\r\n")
    return end if not after or _PLAUSIBLE.match(after) else None


def _lengths_hold(fd: int, size: int) -> bool:
    """Whether the first messages have a Content-Length that can be believed."""
    at = 0
    for _ in range(_SAMPLE):
        head = os.pread(fd, _MAX_LINE, at)
        line = _FROM.match(head, len(head) - len(head.lstrip(b"\r\n")))
        if line is None:
            return at > 0 and not head.strip(b"\r\n")
        end = _stated_end(fd, size, at + line.end())
        if end is None:
            return False
        at = end
    return True
