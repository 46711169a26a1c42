"""What only the SQLite engine promises: safe opening, several processes, privacy of the file."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from restante.store.directory import Credentials
from restante.store.errors import Corrupt, NewerFormat, Unavailable
from restante.store.sqlite.directory import SqliteDirectory
from restante.store.sqlite.directory_schema import OLDEST_SQLITE, SCHEMA_VERSION, refuse_old_sqlite

ANY = Credentials("$hash")

ADD_MANY = """
import asyncio, sys
from pathlib import Path
from restante.store.directory import Credentials
from restante.store.sqlite.directory import SqliteDirectory

async def main(path, prefix):
    directory = SqliteDirectory.open(Path(path), busy_timeout=30)
    for n in range(10):
        await directory.add(f"{prefix}{n}", Credentials("$hash"))
    await directory.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_what_was_written_is_there_when_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "directory.sqlite"
    first = SqliteDirectory.open(path)
    anna = await first.add("anna", ANY)
    secret = await first.secret()
    await first.close()
    again = SqliteDirectory.open(path)
    assert await again.get("anna") == anna
    assert await again.secret() == secret
    await again.close()


async def test_another_connections_change_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "directory.sqlite"
    server, command_line = SqliteDirectory.open(path), SqliteDirectory.open(path)
    anna = await server.add("anna", ANY)
    before = await server.version()
    await command_line.set_disabled(anna.id, disabled=True)
    assert await server.version() > before
    seen = await server.get("anna")
    assert seen
    assert seen.disabled
    await server.close()
    await command_line.close()


async def test_processes_that_make_and_fill_it_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "directory.sqlite"
    started = [
        subprocess.Popen([sys.executable, "-c", ADD_MANY, str(path), prefix], stderr=subprocess.PIPE)
        for prefix in "abc"
    ]
    for process in started:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
    directory = SqliteDirectory.open(path)
    assert len(await directory.list()) == 30
    await directory.close()


@pytest.mark.parametrize("mode", [None, 0o644])
async def test_only_the_owner_can_read_it(tmp_path: Path, mode: int | None) -> None:
    path = tmp_path / "directory.sqlite"
    if mode is not None:
        path.touch()
        path.chmod(mode)
    directory = SqliteDirectory.open(path)
    await directory.add("anna", ANY)
    files = list(tmp_path.iterdir())
    assert len(files) == 3, "database, log and its index"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    await directory.close()


async def test_it_commits_to_disk(tmp_path: Path) -> None:
    directory = SqliteDirectory.open(tmp_path / "directory.sqlite")
    connection = directory._connection
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("foreign_keys") == 1
    await directory.close()


def test_a_newer_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "directory.sqlite"
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", SCHEMA_VERSION + 6)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerFormat, match=rf"version {SCHEMA_VERSION + 6}.* up to {SCHEMA_VERSION}"):
        SqliteDirectory.open(path)
    assert path.read_bytes() == before


def test_an_old_sqlite_is_refused() -> None:
    refuse_old_sqlite(OLDEST_SQLITE)
    refuse_old_sqlite("3.100.0")
    with pytest.raises(Unavailable, match=r"3\.51\.2 can lose commits"):
        refuse_old_sqlite("3.51.2")


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "directory.sqlite"
    path.write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(Corrupt):
        SqliteDirectory.open(path)


def test_a_place_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        SqliteDirectory.open(tmp_path / "missing" / "directory.sqlite")


async def test_a_writer_that_waits_too_long_says_so_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "directory.sqlite"
    directory = SqliteDirectory.open(path, busy_timeout=0.01)
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await directory.add("anna", ANY)
    other.execute("ROLLBACK")
    other.close()
    assert (await directory.add("anna", ANY)).name == "anna"
    await directory.close()


async def test_a_closed_directory_is_unavailable(tmp_path: Path) -> None:
    directory = SqliteDirectory.open(tmp_path / "directory.sqlite")
    await directory.close()
    with pytest.raises(Unavailable):
        await directory.get("anna")
