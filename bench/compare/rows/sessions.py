"""Connecting, logging in, and commands that do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from bench.compare.answers import all_ok, exists
from bench.compare.client import Client
from bench.compare.crowd import Conversation, Script, talk
from bench.compare.mail import ANNA
from bench.compare.servers.server import login
from bench.compare.side import Side
from bench.compare.work import Work

CONNECTIONS = 32
PIPELINED = 500
EACH = 20


def rows() -> list[Work]:
    """The rows of this group."""
    return [
        Work("start", "start to greeting", _start, all_greeted, Side.stop, rounds=5, warm=False),
        Work("sessions", "connect, LOGIN, LOGOUT", _logins, all_ok, times=EACH),
        Work("sessions", "connect, LOGIN, SELECT INBOX, LOGOUT", _sessions, exists, times=EACH),
        Work("sessions", "NOOP", _noops, all_ok, _ready, times=200),
        Work("sessions", f"NOOP, {CONNECTIONS} connections", _many, all_ok, _connections, times=CONNECTIONS * EACH),
        Work("sessions", f"NOOP, {PIPELINED} pipelined", _pipelined, all_ok, _ready, times=PIPELINED),
    ]


def all_greeted(answer: bytes) -> bool:
    """Whether the server came up."""
    return answer == b"up"


def _start(side: Side) -> bytes:
    side.server.start()
    return b"up"


def _logins(side: Side) -> bytes:
    return _sessions(side, ())


def _sessions(side: Side, commands: tuple[bytes, ...] = (b"SELECT INBOX",)) -> bytes:
    answers = []
    for _ in range(EACH):
        client = Client(side.server.imap)
        answers += [client.command(command) for command in (login(ANNA), *commands, b"LOGOUT")]
        client.close()
    return b"".join(answers)


def _ready(side: Side) -> None:
    side.inbox()


def _noops(side: Side) -> bytes:
    client = side.inbox()
    return b"".join([client.command(b"NOOP") for _ in range(200)])


def _pipelined(side: Side) -> bytes:
    return side.inbox().commands([b"NOOP"] * PIPELINED)


def _connections(side: Side) -> None:
    for number in range(CONNECTIONS):
        side.spare(number)


def _many(side: Side) -> bytes:
    def script() -> Script:
        for _ in range(EACH):
            yield b"NOOP"

    def person(number: int) -> Iterator[Conversation]:
        yield side.spare(number), script()

    return b"".join(talk([person(number) for number in range(CONNECTIONS)], hang_up=False))
