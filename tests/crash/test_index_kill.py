"""A rebuild of the index of text, killed in the middle: nothing is lost, searches stay right, and the next process goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import apsw
from tests.support.command_line import CommandLine

from restante.model.ids import AccountId
from restante.model.mailbox_name import INBOX
from restante.store import query as q
from restante.store.sqlite.store import SqliteStore

MESSAGES = 600
PATIENCE = 60.0
"""Seconds for a rebuild to begin."""

CHEAP = ("--set", "auth.argon2_time=1", "--set", "auth.argon2_memory=1M", "--set", "auth.scram_iterations=0")


def filled(home: Path) -> Path:
    """A data directory with an account whose messages are indexed."""
    data, mails, run = home / "data", home / "mails", CommandLine(home)
    mails.mkdir()
    for number in range(MESSAGES):
        (mails / f"{number:03}.eml").write_bytes(b"Subject: number %d\r\n\r\nlunch number%dth\r\n" % (number, number))
    assert (
        run("--data", str(data), *CHEAP, "account", "add", "ann", "--password-stdin", stdin="sesame\n").exit_code == 0
    )
    for words in (("import", str(mails)), ("index", "rebuild")):
        assert run("--data", str(data), *words).exit_code == 0
    return data


def killed_half_way(data: Path, database: Path) -> int:
    """Start a rebuild and kill it; how many contents waited then."""
    connection = apsw.Connection(str(database))
    start = "from restante.cli.main import main; main()"
    command = [sys.executable, "-c", start, "--data", str(data), "index", "rebuild"]
    process = subprocess.Popen(command, env=os.environ | {"HOME": str(data)}, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        while not 0 < waiting(connection) < MESSAGES:
            assert process.poll() is None, "the rebuild was over before it could be killed"
            assert time.monotonic() < until
            time.sleep(0.002)  # another process: there is nothing to await
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = waiting(connection)
    connection.close()
    return left


def waiting(connection: apsw.Connection) -> int:
    count = connection.execute("SELECT count(*) FROM unindexed WHERE waits").get
    assert isinstance(count, int)
    return count


def test_a_killed_rebuild_loses_nothing(tmp_path: Path) -> None:
    data = filled(tmp_path)
    (database,) = data.glob("accounts/*/mail.db")
    assert 0 < killed_half_way(data, database) < MESSAGES
    asyncio.run(found_whole(data, AccountId(database.parent.name)))


async def found_whole(data: Path, account_id: AccountId) -> None:
    store = SqliteStore(data)
    await store.open()
    try:
        account = await store.account(account_id)
        inbox = await account.mailbox(INBOX)
        subjects = [await inbox.search(q.Header("subject", f"number {number}")) for number in (7, 300, 599)]
        bodies = [await inbox.search(q.Body(f"number{number}th")) for number in (7, 300, 599)]
        assert [len(found) for found in subjects] == [11, 1, 1]
        assert [len(found) for found in bodies] == [1, 1, 1]
        assert account.text._task is not None
        await account.text._task
        assert (await account.text.status())[:3] == (MESSAGES, 0, 0)
        assert await account.text.check(lambda done, total: None) == []
    finally:
        await store.close()
