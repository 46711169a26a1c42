"""FETCH: what a mail program asks when it shows a mailbox, and a message."""

from __future__ import annotations

import random
from collections.abc import Callable

from bench.compare.answers import fetch_lines, fetched, uids
from bench.compare.filling import COLD_ROUNDS
from bench.compare.side import Scale, Side
from bench.compare.work import Work

_HEADERS = b"BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID)]"
RANDOM = 100


def rows(scale: Scale) -> list[Work]:
    """The rows of this group; the cold ones come first, while they are cold."""
    many, cold = f"{scale.messages:,} messages", f"{scale.many:,} messages never fetched"
    page = f"{max(1, scale.messages - 49)}:*"
    return [
        Work("fetching", f"ENVELOPE, {cold}", _fetch(b"(UID ENVELOPE)"), _seen, _cold, rounds=COLD_ROUNDS, warm=False),
        Work("fetching", f"FLAGS, {many}", _fetch(b"(FLAGS)"), _flags, _inbox),
        Work("fetching", f"UID FLAGS INTERNALDATE RFC822.SIZE, {many}", _fetch(b"(UID FLAGS INTERNALDATE RFC822.SIZE)"),
             lambda a: (uids(a), fetched(a)), _inbox),
        Work("fetching", f"ENVELOPE, {many}", _fetch(b"(UID ENVELOPE)"), _seen, _inbox),
        Work("fetching", f"BODYSTRUCTURE, {many}", _fetch(b"(UID BODYSTRUCTURE)"), _seen, _inbox),
        Work("fetching", f"six header fields, {many}", _fetch(b"(UID " + _HEADERS + b")"), fetched, _inbox),
        Work("fetching", "a page of 50: UID FLAGS ENVELOPE BODYSTRUCTURE",
             _fetch(b"(UID FLAGS ENVELOPE BODYSTRUCTURE)", page.encode()), _seen, _inbox),
        Work("fetching", f"BODY.PEEK[], {many}", _fetch(b"(UID BODY.PEEK[])"), fetched, _inbox, rounds=3),
        Work("fetching", "BODY.PEEK[] of one, at random", _random, fetched, _inbox, times=RANDOM),
    ]  # fmt: skip


def _fetch(items: bytes, numbers: bytes = b"1:*") -> Callable[[Side], bytes]:
    return lambda side: side.client().command(b"FETCH " + numbers + b" " + items)


def _inbox(side: Side) -> None:
    side.inbox()


def _cold(side: Side) -> None:
    number = side.notes.get("cold", 0)
    side.notes["cold"] = number + 1
    side.client().select(b"Cold%d" % (number % COLD_ROUNDS))


def _seen(answer: bytes) -> frozenset[int]:
    """Which messages were told of; how ENVELOPE spells a text is the server's choice."""
    return uids(answer)


def _flags(answer: bytes) -> list[tuple[bytes, ...]]:
    return [tuple(sorted(line[line.rindex(b"FLAGS (") + 7 :].rstrip(b")").split())) for line in fetch_lines(answer)]


def _random(side: Side) -> bytes:
    client = side.client()
    choice = random.Random(side.scale.messages)
    numbers = [choice.randint(1, side.scale.messages) for _ in range(RANDOM)]
    return b"".join([client.command(b"UID FETCH %d (BODY.PEEK[])" % number) for number in numbers])
