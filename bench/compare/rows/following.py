"""Following what others do: resynchronising after a while, and hearing of it at once."""

from __future__ import annotations

from bench.compare.answers import code, exists, uids, vanished
from bench.compare.mail import append, message
from bench.compare.side import Scale, Side
from bench.compare.work import Work

FLAGGED = 8
GONE = 2
FIRST = 40
"""The first of the connections of this group."""


def rows(scale: Scale) -> list[Work]:
    """The rows of this group."""
    return [
        Work(
            "following",
            f"SELECT (QRESYNC) after {FLAGGED + GONE} changes",
            _resync,
            _changes,
            _change,
            needs=("QRESYNC",),
        ),
        Work("following", "APPEND until an IDLE connection hears of it", _hear, bool, _wait, rounds=5, needs=("IDLE",)),
    ]


def _change(side: Side) -> None:
    """Note where the mailbox stands, then change it by another connection."""
    client = side.spare(FIRST)
    total = exists(client.command(b"SELECT INBOX"))
    for number in range(GONE):
        client.command(append(b"INBOX", message(number)))
    answer = client.command(b"SELECT INBOX (CONDSTORE)")
    side.notes["uidvalidity"], side.notes["modseq"] = code(answer, b"UIDVALIDITY"), code(answer, b"HIGHESTMODSEQ")
    side.notes["turn"] = side.notes.get("turn", 0) + 1
    for number in range(FLAGGED):
        sign = b"-+"[side.notes["turn"] % 2 :][:1]
        client.command(b"STORE %d %bFLAGS.SILENT (changed)" % (1 + number * total // FLAGGED, sign))
    client.command(b"STORE %d:* +FLAGS.SILENT (\\Deleted)" % (total + 1))
    client.command(b"EXPUNGE")
    side.fresh(FIRST + 1).command(b"ENABLE QRESYNC")


def _resync(side: Side) -> bytes:
    since = b"%d %d" % (side.notes["uidvalidity"], side.notes["modseq"])
    return side.spare(FIRST + 1).command(b"SELECT INBOX (QRESYNC (" + since + b"))")


def _changes(answer: bytes) -> tuple[int, int, frozenset[int]]:
    changed = uids(answer)
    if len(changed) != FLAGGED or len(vanished(answer)) < GONE:
        raise ValueError(f"{len(changed)} changed, {len(vanished(answer))} vanished")
    return exists(answer), len(changed), changed


def _wait(side: Side) -> None:
    side.make(b"Followed")
    idle = side.fresh(FIRST + 2)
    idle.command(b"SELECT Followed")
    idle.idle()


def _hear(side: Side) -> bytes:
    side.client().command(append(b"Followed", message(1)))
    return side.spare(FIRST + 2).news(b" EXISTS")
