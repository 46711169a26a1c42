"""Clients that vanish at every point of the dialogue: nothing of theirs stays behind, and nobody else notices."""

from __future__ import annotations

import base64
import smtplib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from tests.support.server import Account
from tests.support.service import Service
from tests.support.talk import Refused, Talk

LIMIT: Final = 5
BIG: Final = b"Subject: big\r\n\r\n" + b"0123456789" * 7 * 4000 + b"\r\n"
PATIENCE: Final = 10.0
"""Seconds until the server must have let go; it does so at once, but is not asked when."""
MANY: Final = 1000
KEPT: Final = 4
"""Descriptors of closed connections that SQLite keeps for the next ones to the same file: two for each thread that searches."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("cut"), limits__connections_per_account=str(LIMIT))
    account = service.account("ada")
    service.account("witness")
    with service.running():
        with service.talk(account) as talk:
            talk.command("CREATE Box")
            for _ in range(12):
                talk.command("APPEND Box {}", BIG)
        yield service


@pytest.fixture
def ada() -> Account:
    return Account("ada", "sesame-7-open")


def literal(talk: Talk) -> None:
    """In the middle of a literal that goes to a file."""
    talk.send(b"a APPEND INBOX {200000}\r\n")
    assert talk.response().startswith(b"+")
    talk.send(b"x" * 100_000)


def literal_in_memory(talk: Talk) -> None:
    """In the middle of a literal that is kept in memory."""
    talk.send(b"a APPEND INBOX {2000+}\r\n" + b"x" * 1000)


def after_literal(talk: Talk) -> None:
    """After a literal, before the line's end."""
    talk.send(b"a APPEND INBOX {%d+}\r\n" % len(BIG) + BIG)


def second_literal(talk: Talk) -> None:
    """In the second message of a MULTIAPPEND, the first being complete."""
    talk.send(b"a APPEND INBOX {%d+}\r\n" % len(BIG) + BIG + b" (\\Seen) {100000+}\r\n" + b"y" * 50_000)


def half_a_line(talk: Talk) -> None:
    """In the middle of a command line."""
    talk.send(b"a SELECT In")


def idle(talk: Talk) -> None:
    """In IDLE."""
    talk.command("SELECT INBOX")
    talk.send(b"a IDLE\r\n")
    assert talk.response().startswith(b"+")


def authenticate(talk: Talk) -> None:
    """In AUTHENTICATE, after half of the response."""
    talk.command("UNAUTHENTICATE")
    talk.send(b"a AUTHENTICATE PLAIN\r\n")
    assert talk.response().startswith(b"+")
    talk.send(base64.b64encode(b"\0ada\0sesame")[:6])


def fetch(talk: Talk) -> None:
    """In a large FETCH of which the beginning was read."""
    talk.command("EXAMINE Box")
    talk.send(b"a FETCH 1:* (UID BODY.PEEK[])\r\n" * 20)
    assert talk.socket.recv(1000)


def compressed(talk: Talk) -> None:
    """Under COMPRESS, in the middle of a block."""
    talk.command("COMPRESS DEFLATE")
    talk.send(b"\x04\x10\x00")


def search(talk: Talk) -> None:
    """While a search reads every text."""
    talk.command("EXAMINE Box")
    talk.send(b"a SEARCH TEXT nowhere-to-be-found\r\n" * 5)


POINTS: Final = [
    literal, literal_in_memory, after_literal, second_literal, half_a_line, idle, authenticate, fetch, compressed, search,
]  # fmt: skip


def half_close(talk: Talk) -> None:
    """Say that nothing more comes, and wait for the server to close."""
    talk.socket.shutdown(socket.SHUT_WR)
    talk.at_end()
    talk.close()


@pytest.mark.parametrize("leave", [Talk.close, Talk.reset, half_close], ids=["closed", "reset", "half-closed"])
@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.__name__)
def test_nothing_stays_behind(
    service: Service, ada: Account, point: Callable[[Talk], None], leave: Callable[[Talk], None]
) -> None:
    with _logged_in(service, ada) as talk:
        before = _inbox(talk)
        talk.command("EXAMINE Box")
        # What the server keeps open for the account it opens now.
        talk.command("FETCH 1 BODY.PEEK[]")
        talk.command("SEARCH TEXT nowhere-to-be-found")
    descriptors = _await_rest(service, MANY)
    for _ in range(2):
        # As many as the account may have: were one still counted, the last would be refused.
        talks = [_logged_in(service, ada) for _ in range(LIMIT)]
        with pytest.raises(Refused, match="LIMIT"):
            service.talk(ada)
        for talk in talks:
            point(talk)
        for talk in talks:
            leave(talk)
    _await_rest(service, descriptors + KEPT)
    assert not list((service.data / "staging").iterdir())
    with _logged_in(service, ada) as talk:
        assert _inbox(talk) == before
    assert "Traceback" not in service.server.log()


def _logged_in(service: Service, account: Account) -> Talk:
    """A connection of *account*, once the server has noticed that others are gone."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return service.talk(account)
        except Refused:
            assert time.monotonic() < deadline, "connections that are gone are still counted"


def _inbox(talk: Talk) -> bytes:
    return talk.command("STATUS INBOX (MESSAGES UIDNEXT HIGHESTMODSEQ)").untagged[-1]


def _await_rest(service: Service, descriptors: int) -> int:
    """The server's file descriptors, once no client is connected any more and they are *descriptors* at most."""
    deadline = time.monotonic() + PATIENCE
    while service.connections() or service.descriptors() > descriptors:
        assert time.monotonic() < deadline, f"{service.connections()} connections, {service.descriptors()} descriptors"
        # A round trip: whatever had arrived before it was dealt with.
        with Talk(service.server.ports.imap) as talk:
            talk.command("LOGOUT")
            talk.at_end()
    return service.descriptors()


def test_lmtp_client_that_vanishes_delivers_nothing(service: Service, ada: Account) -> None:
    with _logged_in(service, ada) as talk:
        before = _inbox(talk)
    descriptors = _await_rest(service, MANY)
    for cut in (b"MAIL FROM:<>\r\n", b"RCPT TO:<ada>\r\n", b"DATA\r\n", BIG[:100_000], BIG, b"\r\n."):
        lmtp = smtplib.LMTP("127.0.0.1", service.server.ports.lmtp, timeout=20)
        lmtp.ehlo()
        whole = b"MAIL FROM:<>\r\nRCPT TO:<ada>\r\nDATA\r\n" + BIG + b"\r\n."
        assert lmtp.sock is not None
        lmtp.sock.sendall(whole[: whole.index(cut) + len(cut)])
        lmtp.close()
    _await_rest(service, descriptors + KEPT)
    assert not list((service.data / "staging").iterdir())
    with _logged_in(service, ada) as talk:
        assert _inbox(talk) == before


def test_half_closed_client_gets_its_answers(service: Service, ada: Account) -> None:
    """All commands that arrived are answered, as ``printf … | nc`` expects."""
    talk = service.talk(ada)
    talk.send(b"a EXAMINE Box\r\nb FETCH 1:12 BODY.PEEK[]\r\nc STATUS INBOX (MESSAGES)\r\n")
    talk.socket.shutdown(socket.SHUT_WR)
    said = talk.at_end()
    talk.close()
    assert said.count(BIG) == 12
    assert b"\r\nc OK " in said


def test_others_do_not_wait(service: Service, ada: Account) -> None:
    with service.talk(Account("witness", "sesame-7-open")) as witness:
        talks = [_logged_in(service, ada) for _ in range(LIMIT)]
        for talk in talks:
            fetch(talk)
        began = time.monotonic()
        for _ in range(20):
            witness.command("NOOP")
        assert time.monotonic() - began < 1
        for talk in talks:
            talk.reset()
