"""Growing what is there to the next size: letters by MULTIAPPEND, accounts with a letter each.

Strategy: while the server takes a batch in, the next is made, so that the client hardly counts. What the server does behind,
such as indexing text, is awaited, and its CPU counts with the filling. Rule: a server whose filling would take longer than
its budget, judged by what it took so far, is left out from that size on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bench.compare.figures import Sample
from bench.compare.mail import ANNA
from bench.compare.side import Side
from bench.growth import accounts, letters

BATCH: Final = 500
"""Letters in one command."""


@dataclass(slots=True)
class Filler:
    """One server being filled.

    Attributes:
        side: the server.
        budget: seconds that all of its filling may take.
        ready: makes ready to grow from how many to how many, and leaves the server running.
        grow: grows from how many to how many.
        have: how many there are.
        spent: seconds that took.
        pace: seconds for one of those added last, with all that goes on behind.
        cost: of growing in the last step, for one of those added: CPU with all that goes on behind, and wall until the last
            one was acknowledged.
    """

    side: Side
    budget: float
    ready: Callable[[Side, int, int], None]
    grow: Callable[[Side, int, int], None]
    have: int = 0
    spent: float = 0.0
    pace: float = 0.0
    cost: Sample = field(default_factory=lambda: Sample(0, 0))

    def affords(self, size: int) -> bool:
        """Whether *size* can be reached within the budget, if more take as long, each, as those added last."""
        return self.spent + self.pace * (size - self.have) <= self.budget

    def reach(self, size: int) -> float:
        """Grow to *size*; the seconds it took, with all that goes on behind."""
        count, started = size - self.have, time.perf_counter()
        self.ready(self.side, self.have, size)
        cpu, begun = self.side.cpu(), time.perf_counter()
        self.grow(self.side, self.have, size)
        wall = time.perf_counter() - begun
        self.side.finish()
        taken = time.perf_counter() - started
        self.cost = Sample(self.side.cpu() - cpu, wall).each(count)
        self.have, self.spent, self.pace = size, self.spent + taken, taken / count
        return taken


def fill_mailbox(side: Side, have: int, size: int) -> None:
    """Letters *have* + 1 to *size* into INBOX."""
    client = side.client()
    begun = False
    for start in range(have + 1, size + 1, BATCH):
        command = letters.multiappend(range(start, min(start + BATCH, size + 1)))
        if begun:
            client.end()
        client.begin(command)
        begun = True
    client.end()


def fill_accounts(side: Side, have: int, size: int) -> None:
    """A letter to each of the accounts *have* to *size* - 1."""
    accounts.deliver(side, range(have, size))


def make_mailbox(side: Side, have: int, size: int) -> None:
    """The account, before the first letter."""
    if not have:
        side.server.prepare([ANNA])
        side.server.start()


def make_accounts(side: Side, have: int, size: int) -> None:
    """The accounts *have* to *size* - 1, while the server is down."""
    side.stop()
    side.server.prepare([accounts.name(number) for number in range(have, size)])
    side.server.start()
