"""FETCH: what a mail program asks when it shows a mailbox, and a message."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from bench.compare.answers import bodies, fetch_lines, fetched, uids
from bench.compare.figures import EVERY, Bars
from bench.compare.filling import COLD_ROUNDS, cold
from bench.compare.side import Scale, Side
from bench.compare.work import Work

_HEADERS = b"BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID)]"
RANDOM = 100
_AMBITIOUS: Final[Bars] = (5.0, None)


def rows(scale: Scale) -> list[Work]:
    """The rows of this group; the cold ones come first, while they are cold."""
    many, new = f"{scale.messages:,} messages", f"{scale.many:,} messages never fetched"
    page = f"{max(1, scale.messages - 49)}:*"
    return [
        _cold("envelopes", f"ENVELOPE, {new}", b"(UID ENVELOPE)", _seen, _AMBITIOUS),
        _cold("structures", f"BODYSTRUCTURE, {new}", b"(UID BODYSTRUCTURE)", _seen, _AMBITIOUS),
        _cold("bodies", f"BODY.PEEK[], {new}", b"(UID BODY.PEEK[])", bodies),
        Work("fetching", f"FLAGS, {many}", _fetch(b"(FLAGS)"), _flags, _inbox),
        Work("fetching", f"UID FLAGS INTERNALDATE RFC822.SIZE, {many}", _fetch(b"(UID FLAGS INTERNALDATE RFC822.SIZE)"),
             lambda a: (uids(a), fetched(a)), _inbox),
        Work("fetching", f"ENVELOPE, {many}", _fetch(b"(UID ENVELOPE)"), _seen, _inbox),
        Work("fetching", f"BODYSTRUCTURE, {many}", _fetch(b"(UID BODYSTRUCTURE)"), _seen, _inbox),
        Work("fetching", f"six header fields, {many}", _fetch(b"(UID " + _HEADERS + b")"), fetched, _inbox),
        Work("fetching", "a page of 50: UID FLAGS ENVELOPE BODYSTRUCTURE",
             _fetch(b"(UID FLAGS ENVELOPE BODYSTRUCTURE)", page.encode()), _seen, _inbox),
        Work("fetching", f"BODY.PEEK[], {many}", _fetch(b"(UID BODY.PEEK[])"), bodies, _inbox, rounds=3),
        Work("fetching", "BODY.PEEK[] of one, at random", _random, bodies, _inbox, times=RANDOM),
        _restarted(f"FLAGS, {many}", b"(FLAGS)", _flags),
        _restarted(f"ENVELOPE, {many}", b"(UID ENVELOPE)", _seen),
        _restarted(f"BODYSTRUCTURE, {many}", b"(UID BODYSTRUCTURE)", _seen),
        _restarted("BODY.PEEK[] of one", b"(UID BODY.PEEK[])", bodies, b"%d" % max(1, scale.messages // 2)),
    ]  # fmt: skip


def _fetch(items: bytes, numbers: bytes = b"1:*") -> Callable[[Side], bytes]:
    return lambda side: side.client().command(b"FETCH " + numbers + b" " + items)


def _inbox(side: Side) -> None:
    side.inbox()


def _cold(what: str, name: str, items: bytes, finding: Callable[[bytes], object], bars: Bars = EVERY) -> Work:
    """A row that each time takes a mailbox that nobody has fetched from."""

    def ready(side: Side) -> None:
        number = side.notes.get(what, 0)
        side.notes[what] = number + 1
        side.client().select(cold(what, number % COLD_ROUNDS))

    return Work("fetching", name, _fetch(items), finding, ready, rounds=COLD_ROUNDS, warm=False, bars=bars)


def _restarted(name: str, items: bytes, finding: Callable[[bytes], object], numbers: bytes = b"1:*") -> Work:
    """A row that begins with a server that has just been started, its mailbox selected and nothing else asked for."""

    def ready(side: Side) -> None:
        side.restart()
        side.inbox()

    run = _fetch(items, numbers)
    return Work("fetching", f"{name}, after a restart", run, finding, ready, rounds=3, warm=False)


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
