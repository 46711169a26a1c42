"""A disk that is full, read-only or gone: refused, nothing changed, and well again by itself."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from tests.support.store import ALICE, Clock, check_account, fill, new, uids

from restante.model.flags import FlagSet
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.errors import Corrupt, Unavailable
from restante.store.model import Field, FlagOp
from restante.store.sqlite import database
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore

SEEN = FlagSet(["\\Seen"])
BIG = b"Subject: big\r\n\r\n" + b"x" * 900


class Disk:
    """Every connection opened while it is ill is ill; the account's present ones are too."""

    def __init__(self, account: SqliteAccount, monkeypatch: pytest.MonkeyPatch) -> None:
        self._account = account
        self._patch = monkeypatch
        self._connect = database.connect

    def fall_ill(self, statement: str) -> None:
        def connect(path: Path) -> apsw.Connection:
            connection = self._connect(path)
            connection.execute(statement)
            return connection

        self._patch.setattr(database, "connect", connect)
        self._account.database.drop_writer()

    def recover(self) -> None:
        self._patch.setattr(database, "connect", self._connect)
        self._account.database.drop_writer()


@pytest.fixture
def disk(account: SqliteAccount, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(account, monkeypatch)


FULL = "PRAGMA max_page_count = 1"
READ_ONLY = "PRAGMA query_only = 1"


async def test_a_full_disk_refuses_and_forgets_nothing(
    account: SqliteAccount, inbox: SqliteMailbox, disk: Disk
) -> None:
    await fill(inbox, (), ())
    before, index = await inbox.status(), list((await inbox.index()).uids)
    disk.fall_ill(FULL)
    results = await asyncio.gather(
        *(inbox.append([new(BIG)] * 100) for _ in range(4)),
        account.create(MailboxName("Work")),
        inbox.append([new(BIG)] * 100),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, BaseException)]
    assert refused
    assert all(isinstance(each, Unavailable) for each in refused)
    assert all(isinstance(each.__cause__, apsw.FullError) for each in refused)
    assert "full" in str(refused[0])
    disk.recover()
    assert (await inbox.status()).messages == before.messages
    assert list((await inbox.index()).uids) == index
    assert await fill(inbox, ()) == uids(3)
    await check_account(account)


async def test_a_job_that_fits_is_not_refused_for_its_neighbour(
    account: SqliteAccount, inbox: SqliteMailbox, disk: Disk
) -> None:
    await fill(inbox, ())
    disk.fall_ill(FULL)
    work = [inbox.append([new(BIG)] * 50), inbox.update_flags(uids(1), FlagOp.ADD, SEEN)]
    refused, flagged = await asyncio.gather(*work, return_exceptions=True)
    assert isinstance(refused, Unavailable)
    assert not isinstance(flagged, BaseException), flagged
    assert (await inbox.status()).unseen == 0
    disk.recover()
    await check_account(account)


async def test_a_read_only_disk_still_reads(account: SqliteAccount, inbox: SqliteMailbox, disk: Disk) -> None:
    await fill(inbox, ())
    disk.fall_ill(READ_ONLY)
    for write in (inbox.append([new()]), inbox.update_flags(uids(1), FlagOp.ADD, SEEN), inbox.claim_recent()):
        with pytest.raises(Unavailable) as refused:
            await write
        assert isinstance(refused.value.__cause__, apsw.ReadOnlyError)
    assert (await inbox.messages(uids(1), Field.RAW))[0].raw
    assert (await inbox.index()).flags[0] is FlagSet()
    disk.recover()
    assert (await inbox.update_flags(uids(1), FlagOp.ADD, SEEN)).now[0].flags is SEEN
    await check_account(account)


async def test_no_room_for_a_large_message(
    store: SqliteStore, account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    upload = store.upload(5000)
    upload.write(BIG * 5)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Unavailable):
            await inbox.append([new(upload), new(BIG * 5)])  # type: ignore[arg-type]  # an upload does as well
    assert not list((account.database.path.parent / "blobs").rglob("*"))
    assert not list((account.database.path.parents[2] / "staging").iterdir())
    assert (await inbox.status()).messages == 0
    await check_account(account)


async def test_a_blob_whose_row_is_refused_is_removed(account: SqliteAccount, inbox: SqliteMailbox, disk: Disk) -> None:
    disk.fall_ill(READ_ONLY)
    with pytest.raises(Unavailable):
        await inbox.append([new(BIG * 5)])
    assert not [each for each in (account.database.path.parent / "blobs").rglob("*") if each.is_file()]
    disk.recover()


async def test_damage_is_told_from_bugs(store: SqliteStore, account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await fill(inbox, *[()] * 50)
    await store.close()
    path = account.database.path
    octets = bytearray(path.read_bytes())
    octets[4096:] = b"\x55" * (len(octets) - 4096)
    path.write_bytes(octets)
    again = SqliteStore(path.parents[2])
    await again.open()
    with pytest.raises(Corrupt):
        await (await again.account(ALICE)).mailbox(INBOX)
    await again.delete_account(ALICE)
    assert await again.accounts() == []
    await again.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB."""
    path = tmp_path / "small"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(path)], check=False, capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small file system here: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


async def fill_up(inbox: SqliteMailbox) -> int:
    """Append until the disk is full; how many were taken."""
    for stored in range(10_000):
        try:
            await inbox.append([new(BIG * (12 if stored % 2 else 5))])
        except Unavailable:
            return stored
    pytest.fail("the disk was never full")


async def test_a_file_system_that_fills_up(small_disk: Path, clock: Clock) -> None:
    store = SqliteStore(small_disk / "data", clock=clock, inline=8000, grace=0)
    await store.open()
    account = await store.create_account(ALICE)
    inbox = await account.mailbox(INBOX)
    ballast = small_disk / "ballast"
    for _ in range(3):
        ballast.write_bytes(b"x" * 8_000_000)
        before = await inbox.status()
        stored = await fill_up(inbox)
        assert stored > 10
        now = await inbox.status()
        assert (now.messages, now.uid_next) == (stored, before.uid_next + stored)
        await check_account(account)
        # Room again, and everything goes on; what is expunged and swept makes room for the next turn.
        ballast.unlink()
        assert (await inbox.append([new(BIG), new(BIG * 12)])).uids == uids(now.uid_next, now.uid_next + 1)
        await inbox.expunge(deleted_only=False)
        clock.now += 10
        await store.sweep()
    await check_account(account)
    await store.close()
