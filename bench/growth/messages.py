"""What is done to a mailbox at each size.

Rule: a mailbox keeps its size, give or take what rounds append, a few hundred at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.compare import processes
from bench.compare.answers import all_ok, count, exists, fetched, numbers
from bench.compare.figures import MEMORY, Row, Sample
from bench.compare.mail import append
from bench.compare.rows import following, mailboxes
from bench.compare.side import Scale, Side
from bench.compare.work import Work
from bench.growth.curves import Growth, Measured
from bench.growth.letters import FOUND, RARE, letter, multiappend

EACH: Final = 10
GONE: Final = 10
LEAST: Final = 100
"""Messages that the rows need."""

_PHRASE: Final = b'"steba posabra dri"'
"""Three frequent words, seldom in a row."""


@dataclass(frozen=True, slots=True)
class Growing:
    """Work, and how its cost should grow, at most."""

    expected: Growth
    work: Work


def rows(size: int) -> list[Growing]:
    """The rows, for a mailbox of *size* messages; their names are the same for all sizes."""
    middle = size // 2
    page = b"%d:%d" % (middle, middle + 49)
    return [
        Growing("flat", _work("SELECT", _say(b"SELECT INBOX", EACH), exists, times=EACH)),
        Growing("linear", _work("SELECT, after a restart", _say(b"SELECT INBOX"), exists, _restarted, warm=False)),
        Growing("flat", _work("STATUS", _status, mailboxes.counts, _elsewhere, times=EACH)),
        Growing("flat", _work("FETCH FLAGS of one", _say(b"FETCH %d (FLAGS)" % middle, EACH), fetched, times=EACH)),
        Growing("flat", _work("FETCH FLAGS of 50", _say(b"FETCH " + page + b" (FLAGS)", EACH), fetched, times=EACH)),
        Growing("flat", _work("FETCH ENVELOPE of 50", _say(b"FETCH " + page + b" (ENVELOPE)"), _told)),
        Growing("linear", _work("FETCH FLAGS of all", _say(b"FETCH 1:* (FLAGS)"), fetched)),
        Growing("linear", _work("SEARCH UNSEEN", _say(b"UID SEARCH UNSEEN"), _found)),
        Growing("flat", _work("SEARCH BODY, a rare word", _say(b"UID SEARCH BODY " + RARE), _rare)),
        Growing("linear", _work("SEARCH BODY, a phrase", _say(b"UID SEARCH BODY " + _PHRASE), _found)),
        Growing("linear", _work("SORT (REVERSE DATE)", _say(b"UID SORT (REVERSE DATE) UTF-8 ALL"), _sorted)),
        Growing("flat", _work("APPEND of one", _append, all_ok, _elsewhere, times=EACH)),
        Growing("flat", _work("STORE of one", _store(middle), lambda a: count(a, b"FETCH"), times=EACH)),
        Growing("flat", _work(f"EXPUNGE of {GONE}", _say(b"EXPUNGE"), _expunged, _doomed)),
        *(Growing("flat", work) for work in following.rows(Scale(messages=size)) if "QRESYNC" in work.needs),
    ]


def _inbox(side: Side) -> None:
    side.inbox()


def _work(
    name: str,
    run: Callable[[Side], bytes],
    finding: Callable[[bytes], object],
    before: Callable[[Side], None] = _inbox,
    *,
    times: int = 1,
    warm: bool = True,
) -> Work:
    return Work("messages", name, run, finding, before, times=times, rounds=5 if warm else 3, warm=warm)


def _say(command: bytes, times: int = 1) -> Callable[[Side], bytes]:
    return lambda side: b"".join([side.client().command(command) for _ in range(times)])


def _restarted(side: Side) -> None:
    side.restart()
    side.client()


def _elsewhere(side: Side) -> None:
    """A connection that has selected nothing, and so is told nothing."""
    side.inbox()
    side.spare(0)


def _status(side: Side) -> bytes:
    return b"".join([side.spare(0).command(b"STATUS INBOX " + mailboxes.ITEMS) for _ in range(EACH)])


def _append(side: Side) -> bytes:
    return b"".join([side.spare(0).command(append(b"INBOX", letter(number))) for number in range(1, EACH + 1)])


def _store(number: int) -> Callable[[Side], bytes]:
    commands = [b"STORE %d %bFLAGS (\\Flagged)" % (number, b"+-"[at % 2 :][:1]) for at in range(EACH)]
    return lambda side: b"".join([side.client().command(command) for command in commands])


def _doomed(side: Side) -> None:
    """As many new messages as are to go, and those, all over the later half, marked."""
    side.spare(0).command(multiappend(range(1, GONE + 1)))
    client = side.inbox()
    total = exists(client.command(b"SELECT INBOX"))
    some = b",".join([b"%d" % (total // 2 + at * total // (2 * GONE)) for at in range(GONE)])
    client.command(b"STORE " + some + b" +FLAGS.SILENT (\\Deleted)")


def _expunged(answer: bytes) -> int:
    if (gone := count(answer, b"EXPUNGE")) != GONE:
        raise ValueError(f"{gone} expunged")
    return gone


def _told(answer: bytes) -> list[int]:
    return [number for number, _ in fetched(answer)]


def _found(answer: bytes) -> frozenset[int]:
    return frozenset(numbers(answer, b"SEARCH"))


def _rare(answer: bytes) -> frozenset[int]:
    found = _found(answer)
    if not found or len(found) > FOUND:
        raise ValueError(f"{len(found)} found")
    return found


def _sorted(answer: bytes) -> tuple[int, ...]:
    return numbers(answer, b"SORT")


def memory(sides: Sequence[Side]) -> list[Measured]:
    """What one connection in the mailbox adds to a server that has just been started."""
    row = Row("messages", "memory of the open mailbox", MEMORY)
    for side in sides:
        side.restart()
        before = processes.memory(side.server.pid)
        side.inbox()
        side.settle()
        after = processes.memory(side.server.pid)
        row.samples[side.name] = [Sample(after.rss - before.rss, after.pss - before.pss)]
    return [("linear", row)]
