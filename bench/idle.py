"""Waiting clients: what each costs in memory, and how soon all hear of a new message. ``python -m bench.idle [--sessions N]``

Strategy: a real server process on loopback and clients on raw sockets, each in IDLE. Memory is the server's resident set, before
and after; the news is an APPEND by another client. Once with every session on one mailbox, once with each on its own account.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from restante import app
from restante.config import Config
from restante.config.model import Auth, Data

PASSWORD = "correct horse battery"
SETTINGS = (
    "limits.connections_per_account=1000000",
    "limits.connections_per_address=1000000",
    "limits.connections=1000000",
    "auth.throttle_concurrent=10000",
    "auth.argon2_time=1",
    "auth.argon2_memory=1 MiB",
    "auth.scram_iterations=0",
    "log.level=warning",
)
# As SETTINGS has it, so that no password is hashed anew at its first login.
CHEAP = Auth(argon2_time=1, argon2_memory=1 << 20, scram_iterations=0)
MESSAGE = b"Subject: news\r\n\r\nnow\r\n"


@dataclass
class Client:
    """A raw connection."""

    sock: socket.socket
    file: BinaryIO

    def say(self, *commands: bytes) -> None:
        self.sock.sendall(b"".join(one + b"\r\n" for one in commands))

    def until(self, start: bytes) -> None:
        while not (line := self.file.readline()).startswith(start):
            if not line:
                raise ConnectionError("the server closed the connection")


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int

    def connect(self, name: str) -> Client:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        client = Client(sock, sock.makefile("rb"))
        client.until(b"* OK")
        client.say(b'a LOGIN %b "%b"' % (name.encode(), PASSWORD.encode()), b"b SELECT INBOX")
        client.until(b"b OK")
        return client

    def idle(self, name: str) -> Client:
        client = self.connect(name)
        client.say(b"c IDLE")
        client.until(b"+")
        return client

    @property
    def resident(self) -> int:
        """KiB."""
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        return int(found[1]) if found else 0

    @property
    def cpu(self) -> float:
        """Seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


async def make_accounts(data: Path, names: list[str]) -> None:
    async with app.open_mail(Config(data=Data(dir=data), auth=CHEAP)) as mail:
        for start in range(0, len(names), 50):
            await asyncio.gather(*(mail.accounts.add(name, PASSWORD) for name in names[start : start + 50]))


def start(data: Path) -> Server:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "restante", "serve", "--data", str(data), "--imap", f"127.0.0.1:{port}"]
    command += ["--imaps", "", "--lmtp", ""]
    for one in SETTINGS:
        command += ["--set", one]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return Server(process, port)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise TimeoutError("the server did not start")


def one_mailbox(server: Server, sessions: int, rounds: int) -> None:
    """Every session on one mailbox."""
    writer = server.connect("one")
    before = server.resident
    waiting = [server.idle("one") for _ in range(sessions)]
    time.sleep(1)
    each = (server.resident - before) / sessions
    heard, cpu = [], server.cpu
    for _ in range(rounds):
        began = time.perf_counter()
        writer.say(b"d APPEND INBOX {%d+}" % len(MESSAGE) + b"\r\n" + MESSAGE)
        for client in waiting:
            client.until(b"* ")  # EXISTS
        heard.append((time.perf_counter() - began) * 1000)
        writer.until(b"d OK")
        for client in waiting:
            client.sock.setblocking(False)
            try:
                while client.sock.recv(65536):
                    pass
            except BlockingIOError:
                pass
            client.sock.settimeout(60)
    cpu = (server.cpu - cpu) / rounds * 1000
    print(f"{sessions} sessions on one mailbox: {each:.1f} KiB each; all heard of a message within", end=" ")
    print(f"{statistics.median(heard):.0f} ms (median of {rounds}); {cpu:.0f} ms of server CPU a message")
    for client in (*waiting, writer):
        client.sock.close()


def own_accounts(server: Server, names: list[str]) -> None:
    """Each session on an account of its own."""
    server.connect(names[0]).sock.close()
    before = server.resident
    waiting = [server.idle(name) for name in names]
    time.sleep(1)
    print(f"{len(names)} sessions on as many accounts: {(server.resident - before) / len(names):.1f} KiB each")
    for client in waiting:
        client.sock.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000, help="on one mailbox")
    parser.add_argument("--accounts", type=int, default=5000, help="sessions on accounts of their own")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    need = max(given.sessions, given.accounts) + 200
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(need * 2, 4096), hard), hard))
    data = Path(tempfile.mkdtemp(prefix="bench-idle-"))
    names = [f"a{number}" for number in range(given.accounts)]
    try:
        asyncio.run(make_accounts(data, ["one", *names]))
        runs: list[Callable[[Server], None]] = [
            lambda server: one_mailbox(server, given.sessions, given.rounds),
            lambda server: own_accounts(server, names),
        ]
        for run in runs:
            server = start(data)
            try:
                run(server)
            finally:
                server.process.terminate()
                server.process.wait(60)
    finally:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
