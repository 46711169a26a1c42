"""A stretch in which a process serves octets that had come before it began.

Several processes may write to one mailbox, so an engine asks the disk what is newest each time it is asked. While a server
answers what a client sent in one piece, a hundred commands perhaps, once is enough: what another process acknowledges during
that stretch, nobody who sent these octets can have known of.

The rule it protects: outside a stretch nothing is remembered, so whoever knows nothing of this always gets the newest.
"""

from __future__ import annotations


class Moment:
    """The stretch of now.

    Attributes:
        held: whether there is one. It never lasts over an await.
        number: which one it is.
    """

    __slots__ = ("held", "number")

    def __init__(self) -> None:
        self.held = False
        self.number = 0

    def begin(self) -> None:
        """From here on, until :meth:`end`, what was read once stays new enough."""
        self.number += 1
        self.held = True

    def end(self) -> None:
        """Ask the disk again from here on."""
        self.held = False
