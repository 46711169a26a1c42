"""mbsync (isync): two-way synchronisation with Maildir, by UID, over TLS and in plain text."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support import two_sides
from tests.support.maildir import Maildir, snapshot
from tests.support.probe import Probe
from tests.support.sample_mail import alternative, attachment, forwarded, mails, plain, unicode_text
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("mbsync")

LIMIT = 60
"""Seconds one run may take."""

CONFIGURATION = """
IMAPAccount post
Host {host}
Port {port}
User {user}
Pass {password}
{security}

IMAPStore server
Account post

MaildirStore local
Path {root}/
Inbox {root}/INBOX
SubFolders Verbatim

Channel all
Far :server:
Near :local:
Patterns *
Create Both
Remove Both
Expunge Both
CopyArrivalDate yes
SyncState *
"""

Run = Callable[[], None]


@pytest.fixture(params=["tls", "plain"])
def sync(request: pytest.FixtureRequest, server: Server, account: Account, tmp_path: Path) -> Run:
    secure = request.param == "tls"
    configuration = CONFIGURATION.format(
        host=server.host,
        port=server.ports.imaps if secure else server.ports.imap,
        user=account.name,
        password=account.password,
        security=f"SSLType IMAPS\nCertificateFile {server.cafile}" if secure else "SSLType None\nAuthMechs LOGIN",
        root=tmp_path / "mail",
    )
    (tmp_path / "mail").mkdir()
    rc = tmp_path / "mbsyncrc"
    rc.write_text(configuration)

    def run() -> None:
        command = ["mbsync", "-c", str(rc), "-V", "all"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_both_sides_change_and_meet(sync: Run, probe: Probe, tmp_path: Path) -> None:
    two_sides.fill(probe, "Entw&APw-rfe/2026")
    sync()

    inbox = Maildir(tmp_path / "mail" / "INBOX")
    here = inbox.letters()
    assert {key: own(letter.raw) for key, letter in here.items()} == {
        mail.message_id: on_disk(mail.raw) for mail in mails()
    }
    assert here["<large@mail.example.test>"].flags == {"S"}
    drafts = Maildir(tmp_path / "mail" / "Entw&APw-rfe" / "2026").letters()
    assert drafts[forwarded().message_id].flags == {"D"}

    inbox.add(plain("written-here", "Written here").raw, "S")
    inbox.set_flags(unicode_text().message_id, "FS")
    inbox.set_flags(alternative().message_id, "T")
    two_sides.change_there(probe)
    sync()

    here, there = inbox.letters(), probe.by_id()
    two_sides.meet(here, there)
    assert own(there["<written-here@mail.example.test>"].raw) == plain("written-here", "Written here").raw
    assert own(here["<arrived-there@mail.example.test>"].raw) == on_disk(plain("arrived-there", "Arrived there").raw)

    before = snapshot(tmp_path / "mail"), probe.contents()
    sync()
    assert (snapshot(tmp_path / "mail"), probe.contents()) == before


def test_a_folder_made_here_appears_there(sync: Run, probe: Probe, tmp_path: Path) -> None:
    sync()
    for name in ("cur", "new", "tmp"):
        (tmp_path / "mail" / "Reisen" / name).mkdir(parents=True)
    Maildir(tmp_path / "mail" / "Reisen").add(attachment().raw, "F")
    sync()
    found = probe.messages("Reisen")
    assert [own(message.raw) for message in found] == [attachment().raw]
    assert found[0].flags == {r"\Flagged"}


def test_many_letters_travel_in_a_pipeline(sync: Run, probe: Probe, tmp_path: Path) -> None:
    sync()
    inbox = Maildir(tmp_path / "mail" / "INBOX")
    letters = [plain(f"letter-{number}", f"Letter {number}") for number in range(150)]
    for letter in letters:
        inbox.add(letter.raw, "S" if letter.message_id.startswith("<letter-1") else "")
    sync()
    there = probe.by_id()
    assert {key: own(message.raw) for key, message in there.items()} == {each.message_id: each.raw for each in letters}
    assert sum(r"\Seen" in message.flags for message in there.values()) == 61

    for letter in letters[:100]:
        inbox.remove(letter.message_id)
    for letter in letters[100:]:
        inbox.set_flags(letter.message_id, "FS")
    sync()
    left = probe.by_id()
    assert set(left) == {letter.message_id for letter in letters[100:]}
    assert {message.flags for message in left.values()} == {frozenset({r"\Flagged", r"\Seen"})}


def on_disk(raw: bytes) -> bytes:
    """A mail with the line ends a Maildir holds."""
    return raw.replace(b"\r\n", b"\n")


def own(raw: bytes) -> bytes:
    """A mail without the one line mbsync adds to what it carries over."""
    return re.sub(rb"^X-TUID: .*\n", b"", raw, count=1, flags=re.MULTILINE)
