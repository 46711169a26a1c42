"""curl: one IMAP command for each call, over TLS, STARTTLS and in plain text."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.probe import Probe
from tests.support.sample_mail import attachment, forwarded, mails, plain
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("curl")

Curl = Callable[..., bytes]


@pytest.fixture(params=["imaps", "imap+starttls", "imap"])
def curl(request: pytest.FixtureRequest, server: Server, account: Account) -> Curl:
    """``curl(path, *options)``: its output; any status but 0 fails the test."""
    scheme, _, starttls = request.param.partition("+")
    port = server.ports.imaps if scheme == "imaps" else server.ports.imap
    login = ["--user", f"{account.name}:{account.password}", "--cacert", str(server.cafile)]
    security = ["--ssl-reqd"] if starttls else []

    def run(path: str, *options: str) -> bytes:
        url = f"{scheme}://{server.host}:{port}/{path}"
        command = ["curl", "--silent", "--show-error", "--max-time", "20", *login, *security, url, *options]
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_read(curl: Curl, probe: Probe) -> None:
    for mail in mails():
        probe.append(mail.raw)
    probe.create("Archive/2026")
    listing = curl("")
    assert b"Archive/2026" in listing
    assert {b"* LIST"} == {line[:6] for line in listing.splitlines()}
    uids = [message.uid for message in probe.messages()]
    for uid, mail in zip(uids, mails(), strict=True):
        assert curl(f"INBOX;MAILINDEX={uids.index(uid) + 1}") == mail.raw
    assert curl(f"INBOX;UID={uids[3]};SECTION=1.1") == b"Meet me at the *caf=C3=A9*.\r\n"
    assert curl(f"INBOX;UID={uids[5]};SECTION=2.HEADER.FIELDS%20(SUBJECT)") == b"Subject: The bill is enclosed\r\n\r\n"
    assert curl("INBOX?SUBJECT%20bill") == b"* SEARCH 4 6\r\n"
    assert curl("INBOX", "--request", "UID SEARCH LARGER 200000") == b"* SEARCH %d\r\n" % uids[6]
    assert b"MESSAGES 7" in curl("", "--request", "STATUS INBOX (MESSAGES UIDNEXT)")


def test_write(curl: Curl, probe: Probe, tmp_path: Path) -> None:
    letter = tmp_path / "letter.eml"
    curl("", "--request", "CREATE Archive/2026")
    for mail in (plain(), attachment(), forwarded()):
        letter.write_bytes(mail.raw)
        curl("Archive%2F2026", "--upload-file", str(letter))
    curl("Archive%2F2026", "--request", r"STORE 2 +Flags \Flagged")
    curl("Archive%2F2026", "--request", r"STORE 1 +Flags \Deleted")
    found = probe.messages("Archive/2026")
    assert [message.raw for message in found] == [plain().raw, attachment().raw, forwarded().raw]
    assert [r"\Flagged" in message.flags for message in found] == [False, True, False]
    assert [r"\Deleted" in message.flags for message in found] == [True, False, False]
    curl("Archive%2F2026", "--request", "EXPUNGE")
    assert [message.raw for message in probe.messages("Archive/2026")] == [attachment().raw, forwarded().raw]
    curl("", "--request", "DELETE Archive/2026")
    assert "Archive/2026" not in probe.mailboxes()


def test_wrong_password_is_refused(server: Server, account: Account, probe: Probe) -> None:
    url = f"imaps://{server.host}:{server.ports.imaps}/"
    command = ["curl", "--silent", "--cacert", str(server.cafile), "--user", f"{account.name}:guess", url]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.returncode == 67
    assert done.stdout == b""
