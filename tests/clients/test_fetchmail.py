"""fetchmail: all mail handed to a program, by message number, kept or removed, once or while idle."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.probe import Probe
from tests.support.sample_mail import Mail, mails, plain
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("fetchmail")

LIMIT = 40
"""Seconds one run may take."""

CONFIGURATION = """
set no bouncemail
poll {host} protocol IMAP port {port}
    username "{user}" password "{password}"
    ssl sslcertck sslcertfile "{cafile}" sslcertpath "{root}"
    no rewrite
    mda "{mda}"
"""

Command = Callable[..., list[str]]


@pytest.fixture
def command(server: Server, account: Account, tmp_path: Path) -> Command:
    """``command(mda, *options)``: the command line of fetchmail for this account."""
    place = {"host": server.host, "port": server.ports.imaps, "cafile": server.cafile, "root": tmp_path}
    rc = tmp_path / "fetchmailrc"
    rc.touch(mode=0o600)

    def build(mda: str, *options: str) -> list[str]:
        rc.write_text(CONFIGURATION.format(user=account.name, password=account.password, mda=mda, **place))
        return ["fetchmail", "--fetchmailrc", str(rc), "--nosyslog", *options]

    return build


def environment(root: Path) -> dict[str, str]:
    """fetchmail's own files go where the test's are."""
    return os.environ | {"HOME": str(root), "FETCHMAILHOME": str(root), "LC_ALL": "C"}


def fetch(command: list[str], root: Path) -> int:
    """Run fetchmail once; its status: 0 for mail fetched, 1 for none."""
    done = subprocess.run(command, capture_output=True, text=True, env=environment(root), timeout=LIMIT, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode


def into_files(root: Path) -> str:
    """A delivery program that writes each mail to a file of its own."""
    (root / "got").mkdir()
    script = root / "deliver"
    script.write_text(f'#!/bin/sh\nexec cat > "{root}/got/$$"\n')
    script.chmod(0o755)
    return str(script)


def got(root: Path) -> set[bytes]:
    """The mails delivered, without the one Received field fetchmail puts first."""
    return {without_trace(file.read_bytes()) for file in (root / "got").iterdir()}


def without_trace(raw: bytes) -> bytes:
    """A mail from the first Received field that is its own."""
    return raw[raw.index(b"Received: from relay.") :]


def as_fetched(mail: Mail) -> bytes:
    """A mail with the line ends that fetchmail hands over."""
    return mail.raw.replace(b"\r\n", b"\n")


def test_fetch_and_keep(command: Command, probe: Probe, tmp_path: Path) -> None:
    for mail in mails():
        probe.append(mail.raw)
    mda = into_files(tmp_path)
    assert fetch(command(mda, "--keep"), tmp_path) == 0
    assert got(tmp_path) == {as_fetched(mail) for mail in mails()}
    assert [message.raw for message in probe.messages()] == [mail.raw for mail in mails()]
    assert {message.flags for message in probe.messages()} == {frozenset({r"\Seen"})}
    assert fetch(command(mda, "--keep"), tmp_path) == 1


def test_fetch_and_remove(command: Command, probe: Probe, tmp_path: Path) -> None:
    for mail in mails():
        probe.append(mail.raw, flags=[r"\Seen"] if mail.name == "plain" else [])
    assert fetch(command(into_files(tmp_path), "--all", "--nokeep"), tmp_path) == 0
    assert got(tmp_path) == {as_fetched(mail) for mail in mails()}
    assert probe.messages() == []


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[int]:
    """A named pipe that a delivery program writes to, open at this end."""
    os.mkfifo(tmp_path / "pipe")
    descriptor = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def test_idle(command: Command, server: Server, account: Account, tmp_path: Path, pipe: int) -> None:
    server.deliver(account, plain("waiting").raw)
    script = tmp_path / "deliver"
    script.write_text(f'#!/bin/sh\nexec cat > "{tmp_path}/pipe"\n')
    script.chmod(0o755)
    line = command(str(script), "--idle", "--keep", "--nodetach", "--pidfile", str(tmp_path / "pid"))
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(tmp_path))
    try:
        assert b"<waiting@mail.example.test>" in read_until(pipe, b"The clerk")
        server.deliver(account, plain("arriving").raw)
        assert b"<arriving@mail.example.test>" in read_until(pipe, b"The clerk")
    finally:
        process.terminate()
        process.wait(LIMIT)


def read_until(descriptor: int, end: bytes) -> bytes:
    """What comes through the pipe up to and with *end*."""
    data, deadline = b"", time.monotonic() + LIMIT
    while end not in data:
        ready = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]
        assert ready, f"nothing came, after {data!r}"
        data += os.read(descriptor, 65536)
    return data
