"""Opening mailboxes and asking how full they are."""

from __future__ import annotations

from bench.compare.answers import all_ok, count, exists, status
from bench.compare.mail import BEN
from bench.compare.side import Scale, Side
from bench.compare.work import Work

EACH = 20
ITEMS = b"(MESSAGES UNSEEN UIDNEXT UIDVALIDITY)"


def rows(scale: Scale) -> list[Work]:
    """The rows of this group."""
    many = f"{scale.mailboxes} mailboxes"
    return [
        Work("mailboxes", f"SELECT, {scale.messages:,} messages", _select, exists, times=EACH),
        Work("mailboxes", f"SELECT, {scale.messages:,} messages, after a restart", _first, exists, _restarted,
             rounds=3, warm=False),
        Work("mailboxes", f"STATUS, {scale.messages:,} messages", _status, counts, _elsewhere, times=EACH),
        Work("mailboxes", f"LIST, {many}", _list, lambda a: count(a, b"LIST")),
        Work("mailboxes", f"LIST RETURN (STATUS), {many}", _list_status, counts, needs=("LIST-STATUS",)),
        Work("mailboxes", f"STATUS of {many}, pipelined", _each, counts),
        Work("mailboxes", "CREATE, DELETE", _create, all_ok, times=EACH),
    ]  # fmt: skip


def counts(answer: bytes) -> list[tuple[int, int, int]]:
    return sorted((each[b"MESSAGES"], each[b"UNSEEN"], each[b"UIDNEXT"]) for each in status(answer))


def _select(side: Side) -> bytes:
    client = side.inbox()
    return b"".join([client.command(b"SELECT INBOX") for _ in range(EACH)])


def _restarted(side: Side) -> None:
    side.restart()
    side.client()


def _first(side: Side) -> bytes:
    return side.client().command(b"SELECT INBOX")


def _elsewhere(side: Side) -> None:
    side.spare(0)


def _status(side: Side) -> bytes:
    return b"".join([side.spare(0).command(b"STATUS INBOX " + ITEMS) for _ in range(EACH)])


def _list(side: Side) -> bytes:
    return side.client(BEN).command(b'LIST "" *')


def _list_status(side: Side) -> bytes:
    return side.client(BEN).command(b'LIST "" * RETURN (STATUS ' + ITEMS + b")")


def _each(side: Side) -> bytes:
    names = [b"Folder/%03d" % number for number in range(side.scale.mailboxes)]
    return side.client(BEN).commands([b"STATUS " + name + b" " + ITEMS for name in names])


def _create(side: Side) -> bytes:
    client = side.client(BEN)
    return b"".join([client.command(command) for _ in range(EACH) for command in (b"CREATE New", b"DELETE New")])
