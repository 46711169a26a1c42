"""Who is whose parent, by references: step 1 of REFERENCES (RFC 5256 §3).

Strategy: each identifier is a node, found in one dictionary. A link is only ever made to a node without a parent, so it closes
a loop exactly when that node is the root above its new parent; a node without children is never that. What remains to be
walked is short in any mailbox people write.

The rule it protects: time is bounded whatever the references say. Once :data:`STEPS` (and some for each message) have been walked
upwards, links that would need a walk are left out, as those that close a loop are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from restante.imap.threads.forest import Messages

NONE: Final = -1
"""No parent."""

STEPS: Final = 2_000_000
"""Steps upwards that any mailbox may take, looking for loops."""

_STEPS_EACH: Final = 20
"""Steps upwards beyond those, for each message."""


class Links:
    """Parents of messages and dummies.

    Attributes:
        parents: each node's parent, or :data:`NONE`; messages first, then dummies.
    """

    __slots__ = ("_children", "_nodes", "_steps", "parents")

    def __init__(self, messages: Messages, steps: int = STEPS) -> None:
        index, places = messages.index, messages.places
        self.parents = [NONE] * len(places)
        self._children = [0] * len(places)
        self._steps = steps + _STEPS_EACH * len(places)
        self._nodes = _by_id(index.message_ids, places)
        references = index.references
        for node, at in enumerate(places):
            found = references(at)
            self._attach(node, self._chain(found) if found else NONE)

    def _chain(self, references: Sequence[int]) -> int:
        """Link each of *references* to the one before it (step 1.A); the last one's node."""
        nodes, parents = self._nodes, self.parents
        before = NONE
        for reference in references:
            node = nodes.get(reference, NONE)
            if node == NONE:
                node = nodes[reference] = len(parents)
                parents.append(NONE)
                self._children.append(0)
            if before != NONE and parents[node] == NONE and not self._loops(before, node):
                parents[node] = before
                self._children[before] += 1
            before = node
        return before

    def _attach(self, node: int, parent: int) -> None:
        """Make *parent*, or nobody, the parent of the message *node*, whoever was before (step 1.B)."""
        before = self.parents[node]
        if before == parent:
            return
        if before != NONE:
            self.parents[node] = NONE
            self._children[before] -= 1
        if parent != NONE and not self._loops(parent, node):
            self.parents[node] = parent
            self._children[parent] += 1

    def _loops(self, parent: int, node: int) -> bool:
        """Whether *node*, which has no parent, is above *parent* or is it."""
        if node == parent:
            return True
        if not self._children[node]:
            return False
        parents, steps = self.parents, 0
        while parents[parent] != NONE and steps <= self._steps:
            parent = parents[parent]
            steps += 1
        self._steps -= steps
        return parent == node or parents[parent] != NONE


def _by_id(ids: Sequence[int], places: Sequence[int]) -> dict[int, int]:
    """The node of each identifier; of several messages with one identifier the first has it (step 1.A)."""
    nodes: dict[int, int] = {}
    for node, at in enumerate(places):
        if ids[at]:
            nodes.setdefault(ids[at], node)
    return nodes
