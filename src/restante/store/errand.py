"""Something asked for that may take long: how far it has come, and whether anybody still waits for it.

Strategy: one object for each command, written by whoever works, in whatever thread, and read by whoever waits. Numbers are only
ever replaced, so no lock is needed.

The rule it protects: work nobody waits for ends soon, and waiting shows what is done of how much (RFC 9585 §3).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Errand:
    """A command's work.

    Attributes:
        state: messages done and all there are to do; None while that is not known.
        wanted: whether anybody waits.
    """

    state: tuple[int, int] | None = None
    wanted: bool = True

    def tell(self, done: int, goal: int) -> None:
        """So many are *done* of the *goal*; at the goal, what remains is of another kind, and not known."""
        self.state = (done, goal) if done < goal else None

    def give_up(self) -> None:
        """Nobody waits any more."""
        self.wanted = False
