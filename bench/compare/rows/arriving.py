"""Mail that arrives: APPEND, MULTIAPPEND, and delivery by LMTP."""

from __future__ import annotations

from collections.abc import Iterator

from bench.compare.answers import all_ok
from bench.compare.crowd import Conversation, Script, talk
from bench.compare.mail import CARL, append, batches, large, message, multiappend
from bench.compare.side import Scale, Side
from bench.compare.work import Work

CONNECTIONS = 16
EACH = 10
DELIVERED = 40


def rows(scale: Scale) -> list[Work]:
    """The rows of this group."""
    some = min(100, scale.messages)
    hundred = multiappend(b"Arrived", next(batches(some)))
    film = append(b"Arrived", large(scale.large))
    return [
        Work("arriving", "APPEND 4 KB", _one_by_one, all_ok, _mailbox, times=DELIVERED),
        Work(
            "arriving",
            f"APPEND 4 KB, {CONNECTIONS} connections",
            _at_once,
            all_ok,
            _mailbox,
            times=CONNECTIONS * EACH,
            bars=(1.0, 1.0),
        ),
        Work(
            "arriving",
            f"MULTIAPPEND {some}, a message",
            lambda s: s.client().command(hundred),
            all_ok,
            _mailbox,
            times=some,
        ),
        Work(
            "arriving",
            f"APPEND {scale.large // 1_000_000} MB",
            lambda s: s.client().command(film),
            all_ok,
            _mailbox,
            rounds=3,
        ),
        Work("arriving", "LMTP 4 KB", _deliver, len, _deliverer, times=DELIVERED),
        Work("arriving", f"LMTP 4 KB, {CONNECTIONS} connections", _crowd, len, times=CONNECTIONS * EACH),
    ]


def _mailbox(side: Side) -> None:
    side.make(b"Arrived")
    for number in range(CONNECTIONS):
        side.spare(number)


def _one_by_one(side: Side) -> bytes:
    client = side.client()
    return b"".join([client.command(append(b"Arrived", message(number))) for number in range(DELIVERED)])


def _at_once(side: Side) -> bytes:
    def script() -> Script:
        for number in range(EACH):
            yield append(b"Arrived", message(number))

    def person(number: int) -> Iterator[Conversation]:
        yield side.spare(number), script()

    return b"".join(talk([person(number) for number in range(CONNECTIONS)], hang_up=False))


def _deliverer(side: Side) -> None:
    side.deliverer()


def _address() -> bytes:
    return f"{CARL}@example.org".encode()


def _deliver(side: Side) -> bytes:
    return side.deliverer().deliver(_address(), map(message, range(DELIVERED)))


def _crowd(side: Side) -> bytes:
    def script() -> Script:
        for number in range(EACH):
            reply = yield _address() + b"\n" + message(number)
            if not reply.startswith(b"250"):
                raise ValueError(reply)

    def person() -> Iterator[Conversation]:
        yield side.server.deliverer(), script()

    return b"".join(answer[:3] for answer in talk([person() for _ in range(CONNECTIONS)]))
