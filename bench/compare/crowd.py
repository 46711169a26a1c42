"""Many clients at once, in one thread.

Strategy: what a client does is a generator: it yields a request and is given the answer; one selector wakes whoever has
been answered. Nobody waits between requests, so a crowd of so many is so many requests under way all the time.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Protocol

Script = Generator[bytes, bytes, None]
"""Yields requests, is sent answers."""


class Talker(Protocol):
    """A connection that a script can speak on."""

    socket: socket.socket

    def begin(self, text: bytes, /) -> None:
        """Send a request."""
        ...

    def pump(self) -> bytes | None:
        """Take what has come; the answer if it is whole."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


Conversation = tuple[Talker, Script]


@dataclass(slots=True)
class _Turn:
    talker: Talker
    script: Script
    rest: Iterator[Conversation]


def talk(people: list[Iterator[Conversation]], *, hang_up: bool = True) -> list[bytes]:
    """Let each of *people* have its conversations, one after the other, all people at once; the answers. Raises Refused."""
    answers: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        waiting = sum(_next(selector, person) for person in people)
        while waiting:
            for key, _ in selector.select():
                turn: _Turn = key.data
                if (answer := turn.talker.pump()) is None:
                    continue
                answers.append(answer)
                if not _ask(turn, answer):
                    selector.unregister(turn.talker.socket)
                    if hang_up:
                        turn.talker.close()
                    waiting -= not _next(selector, turn.rest)
    return answers


def _ask(turn: _Turn, answer: bytes) -> bool:
    """Whether there is another request, which is then sent."""
    try:
        request = turn.script.send(answer)
    except StopIteration:
        return False
    turn.talker.begin(request)
    return True


def _next(selector: selectors.BaseSelector, person: Iterator[Conversation]) -> bool:
    """Whether there is another conversation, which is then begun."""
    for talker, script in person:
        request = next(script, None)
        if request is None:
            talker.close()
            continue
        turn = _Turn(talker, script, person)
        selector.register(talker.socket, selectors.EVENT_READ, turn)
        talker.begin(request)
        return True
    return False
