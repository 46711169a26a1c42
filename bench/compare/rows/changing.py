"""STORE, COPY, MOVE, EXPUNGE."""

from __future__ import annotations

from bench.compare.answers import all_ok, copied, count
from bench.compare.side import Scale, Side
from bench.compare.work import Work

ONE = 50
ROUNDS = 4
"""Rounds of what copies, moves and expunges, the unmeasured one not counted."""


def rows(scale: Scale) -> list[Work]:
    """The rows of this group."""
    all_of_it, many = min(5_000, scale.messages), f"{scale.many:,} messages"
    return [
        Work("changing", "STORE of one", _one, all_ok, _inbox, times=ONE),
        Work("changing", f"STORE of {all_of_it:,}", _all, lambda a: count(a, b"FETCH"), _inbox, times=2),
        Work("changing", f"COPY {many}", _copy, copied, _copy_ready, rounds=ROUNDS, needs=("UIDPLUS",)),
        Work("changing", f"MOVE {many}", _move, copied, _move_ready, rounds=ROUNDS, needs=("MOVE", "UIDPLUS")),
        Work("changing", f"EXPUNGE {many}", _expunge, lambda a: count(a, b"EXPUNGE"), _expunge_ready, rounds=ROUNDS),
    ]  # fmt: skip


def _inbox(side: Side) -> None:
    side.inbox()


def _one(side: Side) -> bytes:
    client = side.inbox()
    signs = (b"+", b"-")
    return b"".join(
        [
            client.command(b"STORE %d %bFLAGS (\\Flagged)" % (1 + number // 2, signs[number % 2]))
            for number in range(ONE)
        ]
    )


def _all(side: Side) -> bytes:
    last = min(5_000, side.scale.messages)
    client = side.inbox()
    return b"".join([client.command(b"STORE 1:%d %bFLAGS (bench)" % (last, sign)) for sign in (b"+", b"-")])


def _copy_ready(side: Side) -> None:
    side.make(b"Copies")
    side.inbox()


def _copy(side: Side) -> bytes:
    return side.client().command(b"COPY 1:%d Copies" % side.scale.many)


def _move_ready(side: Side) -> None:
    """Put there what is to move, so that it can be done at any time."""
    _copy_ready(side)
    _copy(side)
    side.make(b"Moved")
    side.client().select(b"Copies")


def _move(side: Side) -> bytes:
    return side.client().command(b"MOVE 1:%d Moved" % side.scale.many)


def _expunge_ready(side: Side) -> None:
    _copy_ready(side)
    _copy(side)
    side.client().select(b"Copies").command(b"STORE 1:%d +FLAGS.SILENT (\\Deleted)" % side.scale.many)


def _expunge(side: Side) -> bytes:
    return side.client().command(b"EXPUNGE")
