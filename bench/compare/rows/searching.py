"""SEARCH, SORT and THREAD over the whole of the large mailbox."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from typing import Final

from bench.compare.answers import numbers, responses
from bench.compare.side import Scale, Side
from bench.compare.work import Work
from bench.corpus import RARE, number_at

SEARCHES = (
    ("UNSEEN", b"UNSEEN"),
    ("FROM", b"FROM anna.miller"),
    ("SUBJECT", b"SUBJECT budget"),
    ("BODY, a rare word", b"BODY " + RARE.encode()),
    ("BODY, a rare phrase", b'BODY "ticket hotel travel"'),
    ("TEXT, not there", b"TEXT nowhere.to.be.found"),
)
SORTS = (("SORT (REVERSE DATE)", b"(REVERSE DATE)"), ("SORT (SUBJECT)", b"(SUBJECT)"))


_MIDNIGHT: Final = calendar.timegm((2025, 9, 1, 0, 0, 0))


def rows(scale: Scale) -> list[Work]:
    """The rows of this group."""
    return [
        Work("searching", "SEARCH SINCE", _ask(b"UID SEARCH SINCE 1-Sep-2025"), _since, _inbox),
        *(
            Work("searching", f"SEARCH {name}", _ask(b"UID SEARCH " + keys), _found, _inbox,
                 bars=(5.0 if name.startswith(("BODY", "TEXT")) else 1.0, None))
            for name, keys in SEARCHES
        ),
        *(
            Work("searching", name, _ask(b"UID SORT " + keys + b" UTF-8 ALL"), _sorted, _inbox, needs=("SORT",))
            for name, keys in SORTS
        ),
        Work("searching", "THREAD REFERENCES", _ask(b"UID THREAD REFERENCES UTF-8 ALL"), _threads, _inbox,
             needs=("THREAD=REFERENCES",)),
    ]  # fmt: skip


def _inbox(side: Side) -> None:
    side.inbox()


def _ask(command: bytes) -> Callable[[Side], bytes]:
    return lambda side: side.client().command(command)


def _found(answer: bytes) -> frozenset[int]:
    return frozenset(numbers(answer, b"SEARCH"))


def _since(answer: bytes) -> frozenset[int]:
    """What was found, but for those near midnight: a server that keeps no zone with INTERNALDATE puts them on another day."""
    low, high = (number_at(_MIDNIGHT + hours * 3600) + 1 for hours in (-14, 14))
    return frozenset(uid for uid in numbers(answer, b"SEARCH") if not low <= uid <= high)


def _sorted(answer: bytes) -> tuple[int, ...]:
    return numbers(answer, b"SORT")


def _threads(answer: bytes) -> bytes:
    return b"".join(response.line for response in responses(answer) if response.line.startswith(b"* THREAD"))
