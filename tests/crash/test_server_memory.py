"""Many who wait and many who never read: the server's memory stays within what its settings allow, and others are served."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import pytest
from tests.support.server import Account
from tests.support.service import Service
from tests.support.talk import Talk

IDLE: Final = 300
DEAF: Final = 50
MIB: Final = 1 << 20
OUTPUT: Final = 256 * 1024
"""Octets of output that may wait for one client, as configured here."""

PER_IDLE: Final = 64 * 1024
"""Octets an idle session may cost."""

BATCH: Final = 32 * 33_000
"""The octets of one batch of messages, the most that is rendered before the client's pace is looked at. uvloop keeps the one
before it as well, whole, until the last octet of it has gone, be it far less than may wait."""

INBOX: Final = 512 * 1024
"""Octets a client may have sent ahead: the inbox, and what the loop reads at once."""

MESSAGES: Final = 64
MESSAGE: Final = b"Subject: big\r\n\r\n" + b"0123456789" * 3300 + b"\r\n"


@pytest.mark.slow
def test_memory_is_bounded_and_others_are_served(tmp_path: Path) -> None:
    service = Service(
        tmp_path,
        limits__connections_per_account=str(IDLE + DEAF + 2),
        limits__output_buffer=str(OUTPUT),
    )
    account = service.account("ada")
    with service.running():
        with service.talk(account) as talk:
            for _ in range(MESSAGES // 8):
                talk.command("APPEND INBOX" + " {}" * 8, *[MESSAGE] * 8)
            talk.command("SELECT INBOX")
            talk.command("FETCH 1:* BODY.PEEK[]")
        start = service.resident()
        idle = [_idle(service, account) for _ in range(IDLE)]
        waiting = service.resident()
        assert waiting - start < IDLE * PER_IDLE, f"{(waiting - start) // IDLE} octets for each who waits"
        deaf = [_deaf(service, account) for _ in range(DEAF)]
        most = _watch(service, account)
        allowed = DEAF * (OUTPUT + 2 * BATCH + INBOX + PER_IDLE) + 16 * MIB
        assert most - waiting < allowed, f"{(most - waiting) // DEAF} octets for each who does not read"
        _wake_everybody(service, account, idle)
        for each in (*deaf, *idle):
            each.reset()
        _served_within(service, account, 1.0)
        assert service.resident() - waiting < allowed


def test_connections_leave_descriptors_for_mail(tmp_path: Path) -> None:
    service = Service(tmp_path)
    account = service.account("ada")
    with service.running(descriptors=120):
        with service.talk(account) as talk:
            others = [Talk(service.server.ports.imap) for _ in range(100)]
            turned_away = [each for each in others if each.greeting.startswith(b"* BYE [LIMIT]")]
            assert len(turned_away) == 100 - 59
            talk.command("APPEND INBOX {}", MESSAGE * 3)
            talk.command("SELECT INBOX")
            talk.command("SEARCH TEXT 0123")
            for each in others:
                each.close()
        service.talk(account).close()
        assert "fewer connections than configured" in service.server.log()
        assert "out of system resource" not in service.server.log()


def _idle(service: Service, account: Account) -> Talk:
    talk = service.talk(account)
    talk.command("SELECT INBOX")
    talk.send(b"i IDLE\r\n")
    assert talk.response().startswith(b"+")
    return talk


def _deaf(service: Service, account: Account) -> Talk:
    """A client that asks and asks, and reads nothing of what comes."""
    talk = service.talk(account)
    talk.command("EXAMINE INBOX")
    talk.socket.setblocking(False)
    try:
        for number in range(1000):
            talk.socket.sendall(b"d%d FETCH 1:* (UID ENVELOPE BODY.PEEK[])\r\n" % number * 100)
    except BlockingIOError:
        pass
    talk.socket.setblocking(True)
    talk.socket.settimeout(20)
    return talk


def _watch(service: Service, account: Account) -> int:
    """The most memory seen while others are served, each command within a second."""
    most = 0
    for _ in range(20):
        _served_within(service, account, 1.0)
        most = max(most, service.resident())
    return most


def _served_within(service: Service, account: Account, seconds: float) -> None:
    with service.talk(account) as talk:
        for command in ("SELECT INBOX", "FETCH 1 (FLAGS BODY.PEEK[])", "SEARCH UNSEEN", "NOOP"):
            began = time.monotonic()
            talk.command(command)
            assert time.monotonic() - began < seconds, f"{command} took too long"


def _wake_everybody(service: Service, account: Account, idle: list[Talk]) -> None:
    """All who wait hear of a new message."""
    with service.talk(account) as talk:
        talk.command("APPEND INBOX {}", MESSAGE)
    for each in idle:
        while not each.response().endswith(b" EXISTS\r\n"):
            pass
