"""mutt: a person at a terminal (reading, tagging, saving, flagging, deleting), and mail sent with a copy on the server."""

from __future__ import annotations

import email
import email.policy
import os
import subprocess
from pathlib import Path

import pytest
from tests.support import terminal
from tests.support.probe import Probe
from tests.support.sample_mail import (
    BINARY,
    alternative,
    attachment,
    forwarded,
    inline_image,
    large,
    mails,
    plain,
    unicode_text,
)
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("mutt")

LIMIT = 40
"""Seconds one session may take."""

CONFIGURATION = """
set folder = "imaps://{host}:{port}/"
set spoolfile = "+INBOX"
set record = "+Sent"
set imap_user = "{user}"
set imap_pass = "{password}"
set certificate_file = "{cafile}"
set ssl_starttls = no
set header_cache = "{root}/headers"
set message_cachedir = "{root}/bodies"
set tmpdir = "{root}"
set sendmail = "/bin/true"
set from = "{user}"
set charset = "utf-8"
set send_charset = "us-ascii:utf-8"
set copy = yes
set delete = yes
set quit = yes
set confirmappend = no
set confirmcreate = no
set mark_old = no
set wait_key = no
set beep = no
unset imap_passive
"""


class Mutt:
    """mutt with a configuration of its own."""

    def __init__(self, root: Path, server: Server, account: Account) -> None:
        self._root = root
        self._rc = root / "muttrc"
        place = {"host": server.host, "port": server.ports.imaps, "cafile": server.cafile, "root": root}
        self._rc.write_text(CONFIGURATION.format(user=account.name, password=account.password, **place))
        self._environment = os.environ | {"HOME": str(root), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}

    def press(self, keys: str, folder: str = "+INBOX") -> str:
        """Open *folder*, let *keys* be typed, quit; what was drawn."""
        command = ["mutt", "-n", "-F", str(self._rc), "-f", folder, "-e", f"push '{keys}<quit>'"]
        return terminal.run(command, self._environment, LIMIT)

    def send(self, subject: str, text: str, *options: str) -> None:
        """Send a mail without a terminal; the copy goes to the server."""
        command = ["mutt", "-n", "-F", str(self._rc), "-s", subject, *options, "--", "someone@example.test"]
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, env=self._environment, timeout=LIMIT, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def mutt(tmp_path: Path, server: Server, account: Account) -> Mutt:
    return Mutt(tmp_path, server, account)


def test_a_copy_of_what_is_sent_is_kept(mutt: Mutt, probe: Probe, tmp_path: Path) -> None:
    probe.create("Sent")
    enclosed = tmp_path / "Rechnung März.bin"
    enclosed.write_bytes(BINARY)
    mutt.send("Schöne Grüße", "Bis später.\n", "-a", str(enclosed))
    kept = probe.messages("Sent")
    assert len(kept) == 1
    assert kept[0].flags == {r"\Seen"}
    letter = email.message_from_bytes(kept[0].raw, policy=email.policy.default)
    assert letter["Subject"] == "Schöne Grüße"
    text, attached = letter.iter_parts()
    assert text.get_content().splitlines() == ["Bis später."]
    assert (attached.get_filename(), attached.get_content()) == ("Rechnung März.bin", BINARY)


def test_read_and_pipe(mutt: Mutt, probe: Probe, tmp_path: Path) -> None:
    for mail in mails():
        probe.append(mail.raw)
    drawn = mutt.press(f"<limit>~s parcel<enter><display-message><exit><pipe-message>cat > {tmp_path}/piped<enter>")
    assert "A parcel" in drawn
    piped = (tmp_path / "piped").read_bytes()
    assert piped.replace(b"\n", b"\r\n") == large().raw
    read = {message.message_id for message in probe.messages() if r"\Seen" in message.flags}
    assert read == {large().message_id}


def test_tag_save_flag_and_delete(mutt: Mutt, probe: Probe) -> None:
    for mail in mails():
        probe.append(mail.raw)
    mutt.press(
        "<tag-pattern>~s bill<enter><tag-prefix><save-message>=Archive/2026<enter>"
        "<untag-pattern>~A<enter>"
        "<search>~s nine<enter><flag-message>"
        "<delete-pattern>~s picture<enter>"
        "<search>~s forms<enter><copy-message>=Archive/2026<enter>"
        "<sync-mailbox>"
    )
    left = probe.by_id()
    assert set(left) == {mail.message_id for mail in (plain(), unicode_text(), alternative(), large())}
    assert r"\Flagged" in left[plain().message_id].flags
    kept = probe.by_id("Archive/2026")
    assert set(kept) == {mail.message_id for mail in (attachment(), forwarded(), alternative())}
    assert kept[forwarded().message_id].raw == forwarded().raw
    assert inline_image().message_id not in {
        message.message_id for each in probe.contents().values() for message in each
    }


def test_the_header_cache_is_good_for_a_second_visit(mutt: Mutt, probe: Probe) -> None:
    for mail in mails():
        probe.append(mail.raw)
    mutt.press("")
    first = probe.messages()[0]
    probe.store("INBOX", probe.messages()[-1].uid, r"+FLAGS (\Flagged)")
    probe.delete("INBOX", first.uid)
    probe.append(plain("later", "A later letter").raw)
    drawn = mutt.press("<limit>~F<enter><limit>~A<enter>")
    assert "A parcel" in drawn
    assert "A later letter" in drawn
    assert "The post office" not in drawn
