"""ORDEREDSUBJECT: messages of one base subject are a thread, its first message the parent of all others (RFC 5256 §3).

Strategy: messages are taken in the order of their sent dates, so that each thread, and the threads among each other, come out
in order by themselves.
"""

from __future__ import annotations

from restante.imap.threads.forest import Forest, Messages


def ordered_subject(messages: Messages) -> Forest:
    """Thread by base subject."""
    first: dict[str, int] = {}
    children: dict[int, list[int]] = {}
    for node in messages.by_date():
        root = first.setdefault(messages.subject(node), node)
        if root != node:
            children.setdefault(root, []).append(node)
    return Forest(list(first.values()), children)
