"""A disk that is full, or cannot be written: refusals that can be tried again, everything readable, and no restart after."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.support.server import Account
from tests.support.service import PASSWORD, Service
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.talk import Refused, Talk

SIZE: Final = 8 << 20
SMALL: Final = b"Subject: small\r\n\r\nhello\r\n"
LARGE: Final = b"Subject: large\r\n\r\n" + b"0123456789" * 7 * 4000 + b"\r\n"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    try:
        with small_disk(tmp_path / "disk", SIZE) as mounted:
            yield mounted
    except PermissionError:
        pytest.skip("only root may mount a file system to fill")


@pytest.fixture
def service(disk: SmallDisk) -> Iterator[Service]:
    """A server with some mail in two accounts, neither of which it has opened yet."""
    service = Service(disk.path)
    accounts = [service.account(name) for name in ("ada", "grace")]
    with service.running():
        for account in accounts:
            with service.talk(account) as talk:
                talk.command("APPEND INBOX {}", SMALL)
                talk.command("APPEND INBOX {}", LARGE)
                talk.command("CREATE Box")
    with service.running():
        yield service


def ada() -> Account:
    return Account("ada", PASSWORD)


def deliver(service: Service, raw: bytes, *names: str) -> list[int]:
    """The codes that recipients are answered with, each for itself (RFC 2033 §4.2)."""
    with smtplib.LMTP("127.0.0.1", service.server.ports.lmtp, timeout=20) as lmtp:
        lmtp.ehlo()
        lmtp.docmd("MAIL FROM:<renee@example.test>")
        codes = [lmtp.docmd(f"RCPT TO:<{name}>")[0] for name in names]
        if 250 not in codes:
            return codes
        code, _ = lmtp.docmd("DATA")
        if code != 354:
            return [code]
        lmtp.send(raw + b".\r\n")
        return [lmtp.getreply()[0] if code == 250 else code for code in codes]


def reads(talk: Talk, *, read_only: bool) -> None:
    """Everything in INBOX can be read."""
    opened = talk.command("EXAMINE INBOX" if read_only else "SELECT INBOX").untagged
    assert b"* 2 EXISTS\r\n" in opened
    lines = talk.command("FETCH 1:* (FLAGS BODY[])").untagged
    assert b"".join(lines).count(SMALL) == 1
    assert b"".join(lines).count(LARGE) == 1
    assert talk.command("SEARCH TEXT hello").untagged[0].split() == [b"*", b"SEARCH", b"1"]


def refused(talk: Talk, text: str, *literals: bytes) -> None:
    """The command is refused for now, and the connection goes on."""
    with pytest.raises(Refused, match=r"NO \[UNAVAILABLE\]"):
        talk.command(text, *literals)
    talk.command("NOOP")


def fits_nothing(talk: Talk) -> None:
    """Fill what SQLite still has room for in pages it holds already."""
    with pytest.raises(Refused, match=r"NO \[UNAVAILABLE\]"):
        _append_many(talk)


def _append_many(talk: Talk) -> None:
    for _ in range(2000):
        talk.command("APPEND Box {}", SMALL + b"x" * 3000 + b"\r\n")


def test_full_disk_refuses_and_loses_nothing(service: Service, disk: SmallDisk) -> None:
    with service.talk(ada()) as talk, service.talk(ada()) as reader:
        reader.command("SELECT INBOX")
        disk.fill()
        fits_nothing(talk)
        refused(talk, "APPEND Box {}", LARGE)
        refused(talk, "APPEND Box {} {}", LARGE, SMALL)
        for raw in (LARGE, SMALL + b"x" * 60_000 + b"\r\n"):
            assert [code // 100 for code in deliver(service, raw, "ada", "grace")] == [4, 4]
        reads(reader, read_only=True)
        reads(reader, read_only=False)
        with service.talk(ada()) as other:
            reads(other, read_only=False)
            # Messages that are recent to somebody, which cannot be written down now.
            assert b"* FLAGS" in b"".join(other.command("SELECT Box").untagged)
        kept = int(talk.command("STATUS Box (MESSAGES)").untagged[-1].split()[-1].rstrip(b")"))
        disk.empty()
        talk.command("APPEND Box {}", LARGE)
        talk.command("APPEND Box {}", SMALL)
        assert deliver(service, LARGE, "ada", "grace") == [250, 250]
        with service.talk(Account("grace", PASSWORD)) as grace:
            assert b"* 3 EXISTS\r\n" in grace.command("SELECT INBOX").untagged
        assert talk.command("STATUS Box (MESSAGES)").untagged[-1].endswith(b"(MESSAGES %d)\r\n" % (kept + 2))
        reader.command("NOOP")
        reader.command("STORE 1 +FLAGS (\\Flagged)")
    assert not list((service.data / "staging").iterdir())
    service.stop()
    with service.running(), service.talk(ada()) as talk:
        status = talk.command("STATUS Box (MESSAGES)").untagged[-1]
        assert status.endswith(b"(MESSAGES %d)\r\n" % (kept + 2))
        assert b"* 3 EXISTS\r\n" in talk.command("SELECT INBOX").untagged
        assert len(talk.command("FETCH 1:* BODY.PEEK[]").untagged) == 3


def test_account_opened_on_a_full_disk_needs_no_restart_after(service: Service, disk: SmallDisk) -> None:
    """The database's shared memory is a file, too: where it cannot be made, nothing is read, but that is said and passes."""
    disk.fill()
    try:
        with service.talk(Account("grace", PASSWORD)) as talk:
            refused(talk, "SELECT INBOX")
            disk.empty()
            reads(talk, read_only=False)
    except Refused as answer:
        if b"NO [UNAVAILABLE]" not in answer.line:
            raise
        disk.empty()
    with service.talk(Account("grace", PASSWORD)) as talk:
        reads(talk, read_only=False)


def test_directory_that_becomes_read_only(service: Service, disk: SmallDisk) -> None:
    """Files cannot be made any more; those that are open still can be written, as after a change of permissions."""
    with service.talk(ada()) as talk:
        reads(talk, read_only=True)
        with disk.read_only():
            refused(talk, "APPEND INBOX {}", LARGE)
            assert [code // 100 for code in deliver(service, LARGE, "ada", "grace")] == [4, 4]
            reads(talk, read_only=True)
            with service.talk(ada()) as other:
                reads(other, read_only=True)
        talk.command("APPEND INBOX {}", LARGE)
        assert b"* 3 EXISTS\r\n" in talk.command("SELECT INBOX").untagged
    assert not list((service.data / "staging").iterdir())


def test_read_only_file_system_at_start_is_told_in_a_line(service: Service, disk: SmallDisk) -> None:
    service.stop()
    with disk.read_only():
        done = service.refused()
    assert done.returncode == 1, done.stderr
    assert done.stderr == f"restante: {service.data / 'serve.lock'}: Read-only file system\n"


def test_full_disk_at_start_is_told_in_a_line(service: Service, disk: SmallDisk) -> None:
    service.stop()
    disk.fill()
    done = service.refused()
    assert done.returncode == 75, done.stderr
    assert done.stderr.startswith("restante: the account directory cannot be reached now")
    disk.empty()
    with service.running(), service.talk(ada()) as talk:
        reads(talk, read_only=False)
