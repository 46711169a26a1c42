"""Filling both servers with the same mail, through IMAP; the large INBOX is a row of its own.

Rule: UIDs come out alike on all servers, because all is done in the same order.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from bench.compare.figures import Row, Sample
from bench.compare.mail import ANNA, BEN, CROWD, append, batches, message, multiappend
from bench.compare.side import Side

COLD: Final = ("envelopes", "structures", "bodies")
COLD_ROUNDS: Final = 3
"""Mailboxes whose messages nobody has fetched yet, for each of :data:`COLD`."""


def fill(sides: Sequence[Side]) -> Row:
    """Fill all; what the large INBOX cost, as the share of one message."""
    scale = sides[0].scale
    row = _inbox(sides)
    few = next(batches(scale.many, scale.many))
    for side in sides:
        _mailboxes(side)
        client = side.client(ANNA)
        for name in (cold(what, number) for what in COLD for number in range(COLD_ROUNDS)):
            client.command(b"CREATE " + name)
            client.command(multiappend(name, few))
        for account in CROWD[: scale.people]:
            crowd = side.client(account)
            crowd.command(b"CREATE Sent")
            crowd.command(multiappend(b"INBOX", few[: scale.crowd]))
        side.finish()
    return row


def cold(what: str, number: int) -> bytes:
    """The name of a mailbox that nobody has fetched from."""
    return f"Cold-{what}-{number}".encode()


def _inbox(sides: Sequence[Side]) -> Row:
    count = sides[0].scale.messages
    row = Row("arriving", f"MULTIAPPEND {count:,} messages of the corpus, a message")
    totals = {side.name: Sample(0, 0) for side in sides}
    for batch in batches(count):
        command = multiappend(b"INBOX", batch)
        for side in sides:
            taken = _timed(side, command)
            totals[side.name] = _sum(totals[side.name], taken)
    for side in sides:
        before = side.cpu()
        side.finish()
        totals[side.name] = _sum(totals[side.name], Sample(side.cpu() - before, 0))
    row.samples = {name: [total.each(count)] for name, total in totals.items()}
    return row


def _sum(one: Sample, other: Sample) -> Sample:
    return Sample(one.first + other.first, one.second + other.second)


def _timed(side: Side, command: bytes) -> Sample:
    client = side.client(ANNA)
    cpu, begun = side.cpu(), time.perf_counter()
    client.command(command)
    wall = time.perf_counter() - begun
    side.settle()
    return Sample(side.cpu() - cpu, wall)


def _mailboxes(side: Side) -> None:
    client = side.client(BEN)
    client.command(b"CREATE Folder")
    names = [b"Folder/%03d" % number for number in range(side.scale.mailboxes)]
    for start in range(0, len(names), 50):
        some = names[start : start + 50]
        client.commands([b"CREATE " + name for name in some])
        client.commands([append(name, message(number, 1000)) for number, name in enumerate(some)])
