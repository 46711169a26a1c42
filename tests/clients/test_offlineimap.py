"""offlineimap3: two-way synchronisation with Maildir, a connection of its own for each folder."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support import two_sides
from tests.support.maildir import Maildir, snapshot
from tests.support.probe import Probe
from tests.support.sample_mail import alternative, forwarded, mails, plain, unicode_text
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("offlineimap")

LIMIT = 90
"""Seconds one run may take."""

CONFIGURATION = """
[general]
accounts = post
metadata = {root}/state
maxsyncaccounts = 1
ui = basic

[Account post]
localrepository = here
remoterepository = there
utf8foldernames = yes

[Repository here]
type = Maildir
localfolders = {root}/mail
sep = /

[Repository there]
type = IMAP
remotehost = {host}
remoteport = {port}
remoteuser = {user}
remotepass = {password}
ssl = yes
sslcacertfile = {cafile}
maxconnections = 2
"""

Run = Callable[[], None]


@pytest.fixture
def sync(server: Server, account: Account, tmp_path: Path) -> Run:
    rc = tmp_path / "offlineimaprc"
    login = {"user": account.name, "password": account.password}
    place = {"host": server.host, "port": server.ports.imaps, "cafile": server.cafile, "root": tmp_path}
    rc.write_text(CONFIGURATION.format(**login, **place))

    def run() -> None:
        command = ["offlineimap", "-c", str(rc), "-o"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ERROR" not in done.stdout + done.stderr

    return run


def test_both_sides_change_and_meet(sync: Run, probe: Probe, tmp_path: Path) -> None:
    two_sides.fill(probe, "Entw&APw-rfe")
    sync()

    inbox = Maildir(tmp_path / "mail" / "INBOX")
    here = inbox.letters()
    assert {key: letter.raw for key, letter in here.items()} == {mail.message_id: on_disk(mail.raw) for mail in mails()}
    assert here["<large@mail.example.test>"].flags == {"S"}
    drafts = Maildir(tmp_path / "mail" / "Entwürfe").letters()
    assert drafts[forwarded().message_id].flags == {"D"}

    inbox.add(plain("written-here", "Written here").raw, "S")
    inbox.set_flags(unicode_text().message_id, "FS")
    inbox.remove(alternative().message_id)
    two_sides.change_there(probe)
    sync()

    here, there = inbox.letters(), probe.by_id()
    two_sides.meet(here, there)
    assert there["<written-here@mail.example.test>"].raw == plain("written-here", "Written here").raw
    assert here["<arrived-there@mail.example.test>"].raw == on_disk(plain("arrived-there", "Arrived there").raw)

    before = snapshot(tmp_path / "mail"), probe.contents()
    sync()
    assert (snapshot(tmp_path / "mail"), probe.contents()) == before


def on_disk(raw: bytes) -> bytes:
    """A mail with the line ends a Maildir holds."""
    return raw.replace(b"\r\n", b"\n")
