"""What a server holds: with nobody there, and for each connection that waits in a selected mailbox."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from bench.compare import processes
from bench.compare.figures import MEMORY, Bars, Row, Sample
from bench.compare.mail import ANNA, CROWD
from bench.compare.side import Side

IDLE: Bars = (5.0, None)
"""The bar is on resident memory."""

ACCOUNTS = 10


def measured(sides: Sequence[Side]) -> list[Row]:
    """Memory of servers that have just been started; they are left running, with nobody there."""
    scale = sides[0].scale
    rest = Row("memory", "nobody connected", MEMORY)
    one = Row("memory", f"each of {scale.connections} connections idle in one INBOX", MEMORY, IDLE)
    many = Row("memory", f"each of {scale.connections} connections idle in {ACCOUNTS} accounts' INBOX", MEMORY, IDLE)
    for side in sides:
        for row, names in ((one, [ANNA]), (many, CROWD[:ACCOUNTS])):
            side.restart()
            before = processes.memory(side.server.pid)
            rest.samples.setdefault(side.name, []).append(Sample(before.rss, before.pss))
            after = idle(side, [name for name, _ in zip(itertools.cycle(names), range(scale.connections))])
            row.samples[side.name] = [Sample(after.rss - before.rss, after.pss - before.pss).each(scale.connections)]
    return [rest, one, many]


def idle(side: Side, accounts: Sequence[str]) -> processes.Memory:
    """What the server holds while a connection of each of *accounts* waits in its INBOX; they hang up afterwards."""
    clients = [side.server.login(account) for account in accounts]
    for client in clients:
        client.command(b"SELECT INBOX")
        client.idle()
    side.settle()
    found = processes.memory(side.server.pid)
    for client in clients:
        client.close()
    side.settle()
    return found
