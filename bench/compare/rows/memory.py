"""What a server holds: with nobody there, and for each connection that waits in a selected mailbox."""

from __future__ import annotations

from collections.abc import Sequence

from bench.compare import processes
from bench.compare.figures import MEMORY, Row, Sample
from bench.compare.mail import ANNA
from bench.compare.side import Side


def measured(sides: Sequence[Side]) -> list[Row]:
    """Memory of servers that have just been started; they are left running, with nobody there."""
    count = sides[0].scale.connections
    rest = Row("memory", "nobody connected", MEMORY)
    each = Row("memory", f"each of {count} connections idle in INBOX", MEMORY)
    for side in sides:
        side.stop()
        side.server.start()
        side.settle()
        before = processes.memory(side.server.pid)
        after = _idle(side, count)
        rest.samples[side.name] = [Sample(before.rss, before.pss)]
        each.samples[side.name] = [Sample(after.rss - before.rss, after.pss - before.pss).each(count)]
    return [rest, each]


def _idle(side: Side, count: int) -> processes.Memory:
    clients = [side.server.login(ANNA) for _ in range(count)]
    for client in clients:
        client.command(b"SELECT INBOX")
        client.idle()
    side.settle()
    found = processes.memory(side.server.pid)
    for client in clients:
        client.close()
    side.settle()
    return found
