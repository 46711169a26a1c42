"""REFERENCES: threads by who refers to whom, then by subject (RFC 5256 §3); and REFS, by references alone.

Strategy: :mod:`links` says who is whose parent (step 1). Messages are then hung under the nearest message above them in the
order of their sent dates, so that siblings and threads come out sorted by themselves (steps 2 to 4), and only what the
gathering of subjects moves (step 5) is sorted again (step 6).

The rule it protects: exactly the RFC's algorithm, in time that grows with messages and references alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from restante.imap.threads.forest import Forest, Messages
from restante.imap.threads.links import NONE, Links

_GONE: Final = -2


@dataclass(slots=True)
class _Trees:
    """Trees that may still change; *rank* is each message's place in the order of sent dates."""

    messages: Messages
    rank: list[int]
    roots: list[int] = field(default_factory=list)
    children: dict[int, list[int]] = field(default_factory=dict)

    def is_dummy(self, node: int) -> bool:
        return node >= len(self.rank)

    def first(self, node: int) -> int:
        """The message that stands for *node*: itself, or a dummy's first child."""
        return self.children[node][0] if self.is_dummy(node) else node

    def is_reply(self, node: int) -> bool:
        return not self.is_dummy(node) and bool(self.messages.index.replies[self.messages.places[node]])

    def order(self, nodes: list[int]) -> None:
        """Sort siblings by sent date (step 6)."""
        rank = self.rank
        nodes.sort(key=lambda node: rank[self.first(node)])


def references(messages: Messages) -> Forest:
    """Thread by references and subject."""
    trees = _grow(messages, Links(messages).parents)
    _gather(trees)
    return Forest(trees.roots, trees.children)


def refs(messages: Messages) -> Forest:
    """Thread by references alone; the thread with the latest message comes last."""
    trees = _grow(messages, Links(messages).parents)
    last = _latest(trees)
    return Forest(sorted(trees.roots, key=last.__getitem__), trees.children)


def _grow(messages: Messages, parents: list[int]) -> _Trees:
    """Steps 2 to 4: hang every message under the one above it, dummies left out but for those over several threads."""
    by_date = messages.by_date()
    rank = [0] * len(by_date)
    for place, node in enumerate(by_date):
        rank[node] = place
    above = _above(parents, len(rank))
    trees = _Trees(messages, rank)
    roots: dict[int, None] = {}
    for node in by_date:
        over = above[node]
        if over != NONE:
            trees.children.setdefault(over, []).append(node)
        # A dummy's place among the threads is its first child's.
        if over == NONE or over >= len(rank):
            roots.setdefault(node if over == NONE else over)
    trees.roots = [_promoted(trees, root) for root in roots]
    return trees


def _promoted(trees: _Trees, root: int) -> int:
    """The only child in place of its dummy (step 3)."""
    if trees.is_dummy(root) and len(trees.children[root]) == 1:
        return trees.children.pop(root)[0]
    return root


def _above(parents: list[int], messages: int) -> list[int]:
    """For each node the nearest message above it, or the topmost dummy where there are only dummies, or none."""
    above = [_GONE] * len(parents)
    for start in range(len(parents)):
        path = []
        node = start
        while node != NONE and above[node] == _GONE:
            path.append(node)
            over = parents[node]
            if over == NONE:
                above[node] = NONE
            elif over < messages:
                above[node] = over
            node = over if over >= messages else NONE
        for node in reversed(path):
            over = parents[node]
            if over >= messages:
                above[node] = over if above[over] == NONE else above[over]
    return above


# Step 5: threads of one subject


def _gather(trees: _Trees) -> None:
    subjects = [trees.messages.subject(trees.first(root)) for root in trees.roots]
    table = _subject_table(trees, subjects)
    if len(table) == len(subjects):
        return
    merging = _Merging(trees, table)
    for root, subject in zip(trees.roots, subjects, strict=True):
        if not subject or table[subject] == root:
            merging.roots.setdefault(root)
        else:
            merging.merge(root, subject)
    merging.finish()


def _subject_table(trees: _Trees, subjects: list[str]) -> dict[str, int]:
    """One thread for each subject that there is (step 5.B)."""
    table: dict[str, int] = {}
    for root, subject in zip(trees.roots, subjects, strict=True):
        if not subject:
            continue
        known = table.setdefault(subject, root)
        if trees.is_dummy(known) or known == root:
            continue
        if trees.is_dummy(root) or (trees.is_reply(known) and not trees.is_reply(root)):
            table[subject] = root
    return table


class _Merging:
    """Step 5.C, and step 6 for what it touches."""

    def __init__(self, trees: _Trees, table: dict[str, int]) -> None:
        self.trees = trees
        self.table = table
        self.roots: dict[int, None] = {}
        self.touched: set[int] = set()
        self._next = max(len(trees.rank), *trees.children, *trees.roots) + 1

    def merge(self, node: int, subject: str) -> None:
        """Put the thread of *node* together with the one that has its *subject*."""
        trees, known = self.trees, self.table[subject]
        if trees.is_dummy(known):
            self._add(known, trees.children.pop(node) if trees.is_dummy(node) else [node])
        elif trees.is_reply(node) and not trees.is_reply(known):
            self._add(known, [node])
        else:
            dummy = self.table[subject] = self._next
            self._next += 1
            self._add(dummy, [known, node])
            self.roots.pop(known, None)
            self.roots[dummy] = None

    def _add(self, parent: int, nodes: list[int]) -> None:
        self.trees.children.setdefault(parent, []).extend(nodes)
        self.touched.add(parent)

    def finish(self) -> None:
        """Sort what was moved, and the threads."""
        for parent in self.touched:
            self.trees.order(self.trees.children[parent])
        self.trees.roots = list(self.roots)
        self.trees.order(self.trees.roots)


def _latest(trees: _Trees) -> dict[int, int]:
    """The place in the order of dates of each thread's last message."""
    last: dict[int, int] = {}
    for root in trees.roots:
        latest, ahead = 0, [root]
        while ahead:
            node = ahead.pop()
            if not trees.is_dummy(node):
                latest = max(latest, trees.rank[node])
            ahead += trees.children.get(node, ())
        last[root] = latest
    return last
