"""SEARCH, SORT and THREAD over the whole of the large mailbox."""

from __future__ import annotations

from collections.abc import Callable

from bench.compare.answers import numbers, responses
from bench.compare.side import Scale, Side
from bench.compare.work import Work

SEARCHES = (
    ("UNSEEN", b"UNSEEN"),
    ("FROM", b"FROM anna.miller"),
    ("SUBJECT", b"SUBJECT budget"),
    ("BODY, a rare phrase", b'BODY "ticket hotel travel"'),
    ("TEXT, not there", b"TEXT nowhere.to.be.found"),
)
SORTS = (("SORT (REVERSE DATE)", b"(REVERSE DATE)"), ("SORT (SUBJECT)", b"(SUBJECT)"))


def rows(scale: Scale) -> list[Work]:
    """The rows of this group."""
    return [
        Work("searching", "SEARCH SINCE", _ask(b"UID SEARCH SINCE 1-Sep-2025"), _about, _inbox),
        *(Work("searching", f"SEARCH {name}", _ask(b"UID SEARCH " + keys), _found, _inbox) for name, keys in SEARCHES),
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


def _about(answer: bytes) -> int:
    """How many hundreds: a server that keeps no zone with INTERNALDATE puts a few messages on another day."""
    return round(len(numbers(answer, b"SEARCH")), -2)


def _sorted(answer: bytes) -> tuple[int, ...]:
    return numbers(answer, b"SORT")


def _threads(answer: bytes) -> bytes:
    return b"".join(response.line for response in responses(answer) if response.line.startswith(b"* THREAD"))
