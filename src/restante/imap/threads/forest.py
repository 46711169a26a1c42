"""Threads as trees, what they are made from, and how a THREAD response writes them (RFC 5256 §4).

Strategy: nodes are numbers. Those below the number of messages are the messages, in mailbox order; what is beyond are dummies,
which stand for messages that are not there. Trees may be as deep as a mailbox is long, so nothing here calls itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from restante.model.collation import Collation
from restante.store.sort_index import SortIndex


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages to thread.

    Attributes:
        index: what is known of them.
        places: their positions in it, ascending; node *n* is the message at ``places[n]``.
        collation: by which subjects are equal (RFC 5255 §4.2).
    """

    index: SortIndex
    places: Sequence[int]
    collation: Collation

    def by_date(self) -> list[int]:
        """The nodes by sent date, those of one date in mailbox order (RFC 5256 §2.2)."""
        sent, places = self.index.sent, self.places
        dates = [sent[at] for at in places]
        return sorted(range(len(dates)), key=dates.__getitem__)

    def subject(self, node: int) -> str:
        """The key of a node's base subject."""
        return self.collation.key(self.index.subjects[self.places[node]])


@dataclass(frozen=True, slots=True)
class Forest:
    """Threads, in order.

    Attributes:
        roots: the first message of each thread, or a dummy with two children or more.
        children: of each node that has any, in order; never a dummy.
    """

    roots: Sequence[int]
    children: Mapping[int, Sequence[int]]


Threading = Callable[[Messages], Forest]
"""A threading algorithm."""


def wire(forest: Forest, numbers: Sequence[int]) -> bytes:
    """``1*thread-list``, node *n* as ``numbers[n]`` and dummies as nothing; empty for no threads."""
    labels = [b"%d" % number for number in numbers]
    children, messages = forest.children, len(labels)
    out: list[bytes] = []
    ahead = list(reversed(forest.roots))
    while ahead:
        node = ahead.pop()
        if node == _END:
            out.append(b")")
            continue
        out.append(b"(")
        ahead.append(_END)
        below = children.get(node, ())
        while len(below) == 1:
            out += (labels[node], b" ")
            node = below[0]
            below = children.get(node, ())
        if node < messages:
            out.append(labels[node] + b" " if below else labels[node])
        ahead += reversed(below)
    return b"".join(out)


_END: Final = -1
