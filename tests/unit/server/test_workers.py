"""Several processes behind one set of sockets: what one changes the others see and push; one that dies is replaced."""

from __future__ import annotations

import imaplib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

WORKERS = 3
_DEADLINE = 30.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, str, str]]:
    command = [sys.executable, "-m", "restante", "serve", "--data", str(tmp_path), "--imap", "127.0.0.1:0"]
    command += ["--imaps", "", "--lmtp", "", "--set", f"process.workers={WORKERS}", "--set", "auth.argon2_memory=1 MiB"]
    log = tmp_path / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    told = ""
    while "shown this once" not in told:
        line = process.stdout.readline()
        assert line, log.read_text()
        told += line
    port, user, password = (
        re.search(pattern, told)[1]  # type: ignore[index] # a failure to find it is a failure of the test
        for pattern in (r"port (\d+)", r"User\s+(\S+)", r"Password\s+(\S+)")
    )
    yield process, int(port), user, password
    process.terminate()
    assert process.wait(_DEADLINE) == 0, log.read_text()
    process.stdout.close()
    assert "SERVERBUG" not in log.read_text()
    assert '"event": "bug"' not in log.read_text()


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _workers(pid: int, gone: int = 0) -> list[int]:
    """All workers, once as many are there as there should be and *gone* is not among them."""
    end = time.monotonic() + _DEADLINE
    while gone in (now := _children(pid)) or len(now) < WORKERS:
        assert time.monotonic() < end
        time.sleep(0.02)  # a process's children are nothing one can wait for
    return now


def _connect(port: int, user: str, password: str) -> imaplib.IMAP4:
    client = imaplib.IMAP4("127.0.0.1", port, timeout=_DEADLINE)
    client.login(user, password)
    client.select()
    return client


def test_a_change_through_one_is_pushed_by_all(server: tuple[subprocess.Popen[str], int, str, str]) -> None:
    process, port, user, password = server
    assert len(_workers(process.pid)) == WORKERS
    watching = [_connect(port, user, password) for _ in range(4 * WORKERS)]
    for client in watching:
        client.send(b"i IDLE\r\n")
        assert client.readline().startswith(b"+ ")
    writer = _connect(port, user, password)
    began = time.monotonic()
    assert writer.append("INBOX", "", "", b"Subject: news\r\n\r\nnow\r\n")[0] == "OK"
    for client in watching:
        assert client.readline().strip() == b"* 2 EXISTS"
    # Not a measurement: without hints between processes it would be two minutes.
    assert time.monotonic() - began < 20
    for client in (*watching, writer):
        client.shutdown()


def test_a_worker_that_dies_is_replaced(server: tuple[subprocess.Popen[str], int, str, str]) -> None:
    process, port, user, password = server
    victim = _workers(process.pid)[0]
    os.kill(victim, signal.SIGKILL)
    assert victim not in _workers(process.pid, gone=victim)
    client = _connect(port, user, password)
    assert client.noop()[0] == "OK"
    client.shutdown()
