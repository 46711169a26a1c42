"""ImapFlow, the Node.js client behind mail gateways: ENVELOPE and BODYSTRUCTURE, downloads by part, IDLE events."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import cast

import pytest
from tests.support.probe import Probe
from tests.support.programs import NODE_DIR
from tests.support.sample_mail import BINARY, alternative, attachment, forwarded, large, mails, plain
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("imapflow")

LIMIT = 40
"""Seconds one scenario may take."""


@pytest.fixture
def environment(server: Server, account: Account) -> dict[str, str]:
    return os.environ | {
        "IMAP_HOST": server.host,
        "IMAP_PORT": str(server.ports.imaps),
        "IMAP_USER": account.name,
        "IMAP_PASSWORD": account.password,
        "IMAP_CAFILE": str(server.cafile),
    }


def start(scenario: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start one scenario of ``session.mjs``."""
    command = ["node", str(NODE_DIR / "session.mjs"), scenario]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)


def result(process: subprocess.Popen[str]) -> dict[str, object]:
    """What a scenario printed last; a status other than 0 fails the test."""
    with process:
        try:
            out, err = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert process.returncode == 0, err
    return cast("dict[str, object]", json.loads(out.splitlines()[-1]))


def event(process: subprocess.Popen[str]) -> dict[str, object]:
    """The next line a scenario prints; it gives up by itself where it waits too long."""
    assert process.stdout is not None
    return cast("dict[str, object]", json.loads(process.stdout.readline() or "{}"))


def test_list_fetch_and_download(environment: dict[str, str], probe: Probe) -> None:
    for mail in mails():
        probe.append(mail.raw)
    probe.create("Entw&APw-rfe")
    said = result(start("read", environment))
    messages = cast("list[dict[str, object]]", said["messages"])
    assert {"INBOX", "Entwürfe"} <= set(cast("list[str]", said["folders"]))
    assert [message["subject"] for message in messages] == [mail.subject for mail in mails()]
    assert [message["messageId"] for message in messages] == [mail.message_id for mail in mails()]
    assert [base64.b64decode(str(message["source"])) for message in messages] == [mail.raw for mail in mails()]
    assert {message["from"] for message in messages} == {"Renée François"}
    both = ["multipart/alternative", ["text/plain"], ["text/html"]]
    enclosed = ["multipart/mixed", both, ["application/octet-stream"]]
    assert messages[3]["parts"] == enclosed
    assert messages[5]["parts"] == ["multipart/mixed", ["text/plain"], ["message/rfc822", enclosed]]
    assert said["enclosed"] == {"name": "Rechnung März.bin", "content": base64.b64encode(BINARY).decode()}
    assert said["headers"] == "Subject: The bill is enclosed\r\n\r\n"
    assert {message.flags for message in probe.messages()} == {frozenset()}


def test_append_flags_copy_move_and_delete(environment: dict[str, str], probe: Probe, tmp_path: Path) -> None:
    for mail in mails()[1:]:
        probe.append(mail.raw)
    letter = tmp_path / "letter.eml"
    letter.write_bytes(plain().raw)
    said = result(start("change", environment | {"MAIL_FILE": str(letter)}))
    assert said["deleted"] is True
    kept = probe.by_id("Archiv/M&AOQ-rz")
    assert kept[plain().message_id].raw == plain().raw
    assert kept[plain().message_id].flags == {r"\Seen", r"\Flagged"}
    assert kept[alternative().message_id].raw == alternative().raw
    assert said["moved"] == [[said["appended"], kept[plain().message_id].uid]]
    status = cast("dict[str, object]", said["status"])
    assert (status["messages"], status["unseen"]) == (2, 1)
    left = probe.by_id()
    assert {plain().message_id, "<inline-image@mail.example.test>"}.isdisjoint(left)
    assert left[large().message_id].flags == {r"\Answered"}
    assert left[forwarded().message_id].raw == forwarded().raw


def test_events_reach_an_idle_client(
    environment: dict[str, str], server: Server, account: Account, probe: Probe
) -> None:
    probe.append(attachment().raw)
    uid = probe.messages()[0].uid
    process = start("watch", environment)
    try:
        assert event(process) == {"ready": True}
        server.deliver(account, plain().raw)
        assert event(process) == {"event": "exists", "prevCount": 1, "count": 2}
        probe.store("INBOX", uid, r"+FLAGS (\Flagged)")
        assert event(process) == {"event": "flags", "seq": 1, "flags": [r"\Flagged"]}
        probe.delete("INBOX", uid)
    finally:
        said = result(process)
    assert said == {"event": "expunge", "seq": 1}
    assert list(probe.by_id()) == [plain().message_id]
