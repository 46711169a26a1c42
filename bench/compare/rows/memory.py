"""What a server holds: with nobody there, and for each connection that waits in a selected mailbox."""

from __future__ import annotations

from collections.abc import Sequence

from bench.compare import processes
from bench.compare.client import Client
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
            chosen = [names[number % len(names)] for number in range(scale.connections + 1)]
            row.samples[side.name] = [idle(side, chosen)]
    return [rest, one, many]


def idle(side: Side, accounts: Sequence[str]) -> Sample:
    """What each connection but the first holds, when one of each of *accounts* waits in its INBOX; they hang up afterwards.

    With the first comes what the server takes once, whoever connects.
    """
    clients = [_idle(side, accounts[0])]
    side.settle()
    before = processes.memory(side.server.pid)
    clients += [_idle(side, account) for account in accounts[1:]]
    side.settle()
    after = processes.memory(side.server.pid)
    for client in clients:
        client.close()
    side.settle()
    return Sample(after.rss - before.rss, after.pss - before.pss).each(len(clients) - 1)


def _idle(side: Side, account: str) -> Client:
    client = side.server.login(account)
    client.command(b"SELECT INBOX")
    client.idle()
    return client
