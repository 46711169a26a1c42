"""What is done to a server with each number of accounts; each account has one message.

Strategy: one account, in the middle of the others, is worked on, by its name, so that finding it is part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bench.compare import processes
from bench.compare.answers import count, exists
from bench.compare.client import Client
from bench.compare.crowd import Conversation, Script, talk
from bench.compare.figures import MEMORY, Row, Sample
from bench.compare.rows import memory
from bench.compare.servers.server import login
from bench.compare.side import Side
from bench.compare.work import Work
from bench.growth.curves import Measured
from bench.growth.letters import letter
from bench.growth.messages import Growing

EACH: Final = 10
IDLE: Final = 1_000
"""Connections at most that wait; Dovecot needs a process for each."""

SENDERS: Final = 16


def name(number: int) -> str:
    """The account of this number, counted from 0."""
    return f"a{number:05d}"


def rows(size: int) -> list[Growing]:
    """The rows, for *size* accounts; their names are the same for all sizes."""
    chosen = name(size // 2)

    def client(side: Side) -> None:
        side.client(chosen)

    def listed(side: Side) -> bytes:
        return b"".join([side.client(chosen).command(b'LIST "" *') for _ in range(EACH)])

    def delivered(side: Side) -> bytes:
        return side.deliverer().deliver(f"{chosen}@example.org".encode(), [letter(n) for n in range(1, EACH + 1)])

    work = [
        Work("accounts", "start to greeting", _start, bool, Side.stop, warm=False, rounds=3),
        Work("accounts", "login, the first since the start", lambda side: _visit(side, chosen), exists, Side.restart,
             warm=False, rounds=3),
        Work("accounts", "login again", lambda side: b"".join([_visit(side, chosen) for _ in range(EACH)]), exists,
             times=EACH),
        Work("accounts", "LIST", listed, lambda a: count(a, b"LIST"), client, times=EACH),
        Work("accounts", "delivery to one", delivered, len, _ready, times=EACH),
    ]  # fmt: skip
    return [Growing("flat", each) for each in work]


def _start(side: Side) -> bytes:
    side.server.start()
    return b"up"


def _visit(side: Side, account: str) -> bytes:
    client = Client(side.server.imap)
    answers = [client.command(command) for command in (login(account), b"SELECT INBOX", b"LOGOUT")]
    client.close()
    return b"".join(answers)


def _ready(side: Side) -> None:
    side.deliverer()


def deliver(side: Side, numbers: Sequence[int]) -> bytes:
    """A letter to each of these accounts, from a few senders at once."""

    def script(some: Sequence[int]) -> Script:
        for number in some:
            reply = yield f"{name(number)}@example.org\n".encode() + letter(number + 1)
            if not reply.startswith(b"250"):
                raise ValueError(reply)

    def person(some: Sequence[int]) -> Iterator[Conversation]:
        yield side.server.deliverer(), script(some)

    return b"".join(talk([person(numbers[at::SENDERS]) for at in range(SENDERS)]))


def served(sides: Sequence[Side]) -> list[Measured]:
    """What servers hold that have delivered to all accounts that were added in this step."""
    row = Row("accounts", "memory after the first deliveries", MEMORY)
    for side in sides:
        found = processes.memory(side.server.pid)
        row.samples[side.name] = [Sample(found.rss, found.pss)]
    return [("flat", row)]


def held(sides: Sequence[Side], size: int) -> list[Measured]:
    """What servers hold that have just been started, and for each connection when one waits in each account, or in many."""
    rest = Row("accounts", "memory, nobody connected", MEMORY)
    each = Row("accounts", f"memory of an idle connection, one to an account, {IDLE:,} at most", MEMORY)
    for side in sides:
        side.restart()
        before = processes.memory(side.server.pid)
        rest.samples[side.name] = [Sample(before.rss, before.pss)]
        chosen = [name(number) for number in range(min(size, IDLE))]
        each.samples[side.name] = [memory.idle(side, chosen)]
    return [("flat", rest), ("flat", each)]
