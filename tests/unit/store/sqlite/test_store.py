"""The embedded engine as a whole: files and their modes, formats, several processes, sweeping, file descriptors."""

from __future__ import annotations

import asyncio
import gc
import os
import stat
from pathlib import Path

import apsw
import pytest
from tests.support.older_formats import undo_changed, undo_shorter_index
from tests.support.store import ALICE, Clock, check_account, fill, new, octets, uids

from restante.model.flags import FlagSet
from restante.model.ids import AccountId, Uid
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.errors import Corrupt, NewerFormat, NoSuchAccount, NoSuchMailbox, Unavailable
from restante.store.model import Field, FlagOp, StoreLimits
from restante.store.sqlite import database, schema
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.database import check_driver
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore

SEEN = FlagSet(["\\Seen"])
LARGE = b"Subject: large\r\n\r\n" + b"x" * 5000


async def test_nothing_is_readable_by_others(tmp_path: Path, store: SqliteStore, inbox: SqliteMailbox) -> None:
    await inbox.append([new(), new(LARGE)])
    upload = store.upload(5000)
    for path in tmp_path.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    upload.discard()


async def test_a_large_message_is_a_file(tmp_path: Path, store: SqliteStore, inbox: SqliteMailbox) -> None:
    upload = store.upload(len(LARGE))
    upload.write(LARGE[:100])
    upload.write(LARGE[100:])
    assert upload.size == len(LARGE)
    await inbox.append([new(upload), new(LARGE), new()])  # type: ignore[arg-type]  # an upload does as well
    records = await inbox.messages(uids(1, 2, 3), Field.RAW | Field.HEADER)
    assert [bool(record.blob) for record in records] == [True, True, False]
    assert [await octets(store, record) for record in records[:2]] == [LARGE, LARGE]
    assert records[0].header == b"Subject: large\r\n\r\n"
    blob = records[0].blob
    assert blob is not None
    assert b"".join([piece async for piece in store.blobs.open(blob, 10, 7)]) == LARGE[10:17]
    assert b"".join([piece async for piece in store.blobs.open(blob, 5010, 999)]) == LARGE[5010:]
    assert list((tmp_path / "staging").iterdir()) == []


@pytest.mark.parametrize("blob", ["", "alice", "alice/../../x", "alice/" + "0" * 32, "../x/" + "0" * 32])
async def test_no_blob_of_that_name(store: SqliteStore, blob: str) -> None:
    with pytest.raises(Unavailable):
        async for _ in store.blobs.open(blob):
            pass


@pytest.mark.parametrize("id_", ["", ".", "..", "a/b", "../alice", "x" * 300, "\0", "nobody"])
async def test_no_account_of_that_id(store: SqliteStore, id_: str) -> None:
    with pytest.raises(NoSuchAccount):
        await store.account(AccountId(id_))
    with pytest.raises(NoSuchAccount):
        await store.delete_account(AccountId(id_))


async def test_what_was_staged_long_ago_is_removed(tmp_path: Path, store: SqliteStore) -> None:
    await store.close()
    staging = tmp_path / "staging"
    for name in ("old", "new"):
        (staging / name).write_bytes(b"x")
    (staging / "half").mkdir()
    (staging / "half" / "mail.db").write_bytes(b"x")
    for name in ("old", "half"):
        os.utime(staging / name, (1, 1))
    again = SqliteStore(tmp_path)
    await again.open()
    assert [each.name for each in staging.iterdir()] == ["new"]
    await again.close()


async def test_two_processes_on_one_account(tmp_path: Path, account: SqliteAccount, inbox: SqliteMailbox) -> None:
    other_store = SqliteStore(tmp_path)
    await other_store.open()
    other = await (await other_store.account(ALICE)).mailbox(INBOX)
    await fill(inbox, (), ())
    start = (await other.index()).modseq
    assert (await other.append([new(None, "$other")])).uids == uids(3)
    assert (await inbox.append([new(None, "$mine")])).uids == uids(4)
    await other.expunge(uids(1), deleted_only=False)
    await inbox.update_flags(uids(2), FlagOp.ADD, SEEN)
    await (await other_store.account(ALICE)).create(MailboxName("Work"))
    for mailbox in (inbox, other):
        index = await mailbox.index()
        assert list(index.uids) == [2, 3, 4]
        assert [each.wire for each in index.flags] == [b"\\Seen", b"$other", b"$mine"]
        changes = await mailbox.changes_since(start)
        assert ([each.uid for each in changes.flagged], list(changes.vanished)) == ([2, 3, 4], [1])
    assert [each.name for each in await account.list_mailboxes()] == ["INBOX", "Work"]
    await check_account(account)
    await (await other_store.account(ALICE)).delete(MailboxName("Work"))
    with pytest.raises(NoSuchMailbox):
        await account.mailbox(MailboxName("Work"))
    await other_store.close()


async def test_two_processes_writing_at_once(tmp_path: Path, account: SqliteAccount, inbox: SqliteMailbox) -> None:
    other_store = SqliteStore(tmp_path)
    await other_store.open()
    other = await (await other_store.account(ALICE)).mailbox(INBOX)

    async def work(mailbox: SqliteMailbox, name: str) -> list[int]:
        given: list[int] = []
        for turn in range(20):
            done = await mailbox.append([new(None, f"{name}{turn % 3}")])
            given += done.uids
            await mailbox.update_flags(done.uids, FlagOp.ADD, SEEN)
            if not turn % 4:
                await mailbox.copy(done.uids, mailbox.id)
        return given

    given = await asyncio.gather(*(work(each, name) for each in (inbox, other) for name in ("a", "b", "c")))
    flat = [uid for uids_ in given for uid in uids_]
    assert len(set(flat)) == len(flat) == 120
    one, two = await inbox.index(), await other.index()
    assert (one.uids, one.flags, one.modseqs) == (two.uids, two.flags, two.modseqs)
    assert len(one.uids) == 150
    await check_account(account)
    await other_store.close()


async def test_an_index_outlives_its_sessions(account: SqliteAccount) -> None:
    kept = await (await account.mailbox(INBOX)).index()
    gc.collect()
    again = await account.mailbox(INBOX)
    assert await again.index() is kept


async def test_an_index_behind_what_was_swept_is_read_anew(tmp_path: Path, clock: Clock, inbox: SqliteMailbox) -> None:
    await fill(inbox, (), (), ())
    await inbox.index()
    other_store = SqliteStore(tmp_path, StoreLimits(tombstones=0), clock)
    await other_store.open()
    other = await (await other_store.account(ALICE)).mailbox(INBOX)
    await other.expunge(uids(2), deleted_only=False)
    clock.now += 10
    await other_store.sweep()
    await other_store.close()
    assert list((await inbox.index()).uids) == [1, 3]
    assert not (await inbox.changes_since((await inbox.status()).modseq)).vanished


async def test_more_changes_than_are_listed(store: SqliteStore, inbox: SqliteMailbox, account: SqliteAccount) -> None:
    await fill(inbox, (), (), (), ())
    start = (await inbox.status()).modseq
    middle = last = start
    for number in range(1100):
        op = FlagOp.REMOVE if number % 2 else FlagOp.ADD
        done = await inbox.update_flags(uids(1, 3) if number < 600 else uids(2), op, SEEN)
        last = done.modseq
        if number == 600:
            middle = last
    for swept in (False, True):
        if swept:
            await store.sweep()
        assert [each.uid for each in (await inbox.changes_since(start)).flagged] == [1, 2, 3]
        assert [each.uid for each in (await inbox.changes_since(middle)).flagged] == [2]
        assert (await inbox.changes_since(start)).complete
    assert account.read(lambda each: each.execute("SELECT count(*) FROM changed").get) == 1000
    await inbox.update_flags(uids(1, 4), FlagOp.ADD, SEEN)
    assert [each.uid for each in (await inbox.changes_since(last)).flagged] == [1, 4]


async def test_changes_spread_over_many_spans(inbox: SqliteMailbox) -> None:
    await fill(inbox, *[()] * 100)
    done = await inbox.update_flags(uids(*range(1, 100, 2)), FlagOp.ADD, SEEN)
    assert [each.uid for each in (await inbox.changes_since(done.before)).flagged] == list(range(1, 100, 2))
    again = await inbox.update_flags(uids(2), FlagOp.ADD, SEEN)
    assert [each.uid for each in (await inbox.changes_since(done.modseq)).flagged] == [2]
    assert again.before == done.modseq


async def test_changes_from_before_they_were_listed(tmp_path: Path, store: SqliteStore, inbox: SqliteMailbox) -> None:
    await fill(inbox, (), (), ())
    start = (await inbox.status()).modseq
    await inbox.update_flags(uids(2), FlagOp.ADD, SEEN)
    await store.close()
    connection = apsw.Connection(str(tmp_path / "accounts" / ALICE / "mail.db"))
    undo_shorter_index(connection)
    undo_changed(connection)
    connection.pragma("user_version", 5)
    connection.close()
    again = SqliteStore(tmp_path)
    await again.open()
    inbox = await (await again.account(ALICE)).mailbox(INBOX)
    assert [each.uid for each in (await inbox.changes_since(start)).flagged] == [2]
    last = await inbox.update_flags(uids(3), FlagOp.ADD, SEEN)
    assert [each.uid for each in (await inbox.changes_since(start)).flagged] == [2, 3]
    assert [each.uid for each in (await inbox.changes_since(last.before)).flagged] == [3]
    await again.close()


async def test_sweeping(tmp_path: Path, clock: Clock, store: SqliteStore, inbox: SqliteMailbox) -> None:
    await inbox.append([new(LARGE), new(LARGE + b"2"), new(b"Subject: small\r\n\r\n")])
    await inbox.copy(uids(2), inbox.id)
    files = [each for each in (tmp_path / "accounts" / ALICE / "blobs").rglob("*") if each.is_file()]
    assert len(files) == 2
    await inbox.expunge(uids(1, 2, 3), deleted_only=False)
    orphan = files[0].parents[1] / "00" / ("0" * 32)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left by a crash")
    clock.now += 50
    await store.sweep()
    assert _contents(tmp_path) == 3
    os.utime(orphan, (1, 1))
    clock.now += 100
    await store.sweep()
    assert _contents(tmp_path) == 1
    assert len([each for each in (tmp_path / "accounts" / ALICE / "blobs").rglob("*") if each.is_file()]) == 1
    (left,) = await inbox.messages(uids(4), Field.RAW)
    assert await octets(store, left) == LARGE + b"2"
    # Tombstones outlive contents.
    assert list((await inbox.changes_since((await inbox.index()).modseqs[0])).vanished) == [1, 2, 3]  # type: ignore[arg-type]


def _contents(path: Path) -> int:
    connection = apsw.Connection(str(path / "accounts" / ALICE / "mail.db"))
    counts = {connection.execute(f"SELECT count(*) FROM {table}").get for table in ("content", "header")}
    connection.close()
    (count,) = counts
    return int(count)


async def test_a_newer_format_is_refused_untouched(tmp_path: Path, store: SqliteStore, account: SqliteAccount) -> None:
    await store.close()
    path = tmp_path / "accounts" / ALICE / "mail.db"
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", schema.VERSION + 1)
    connection.close()
    before = path.read_bytes()
    again = SqliteStore(tmp_path)
    await again.open()
    with pytest.raises(NewerFormat, match=rf"{schema.VERSION + 1}.*{schema.VERSION}"):
        await again.account(ALICE)
    await again.close()
    assert path.read_bytes() == before


async def test_a_newer_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("restante 2\n")
    with pytest.raises(NewerFormat, match=r"2.*1"):
        await SqliteStore(tmp_path).open()
    (tmp_path / "format").write_text("something else\n")
    with pytest.raises(Corrupt):
        await SqliteStore(tmp_path).open()
    assert [each.name for each in tmp_path.iterdir()] == ["format"]


async def test_another_programs_database(tmp_path: Path, store: SqliteStore) -> None:
    home = tmp_path / "accounts" / "foreign"
    home.mkdir()
    connection = apsw.Connection(str(home / "mail.db"))
    connection.pragma("user_version", 1)
    connection.close()
    with pytest.raises(Corrupt):
        await store.account(AccountId("foreign"))
    (home / "mail.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Corrupt):
        await store.account(AccountId("foreign"))


def test_a_driver_that_may_lose_commits_is_refused() -> None:
    check_driver("3.51.3")
    for version in ("3.51.2", "3.7.17", "3.40.1"):
        with pytest.raises(Unavailable, match=version):
            check_driver(version)


async def test_idle_accounts_hold_no_file_descriptors(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, open_accounts=3)
    await store.open()
    mailboxes = []
    for number in range(12):
        account = await store.create_account(AccountId(f"a{number}"))
        mailboxes.append(await account.mailbox(INBOX))
        await fill(mailboxes[-1], ())
    # Closing is a thread's work; this hop goes behind it.
    await store.accounts()
    under = str(tmp_path / "accounts")
    held = {link for each in Path("/proc/self/fd").iterdir() if (link := _target(each)).startswith(under)}
    assert len({link.split("/accounts/")[1].split("/")[0] for link in held}) <= 4
    for mailbox in mailboxes:
        assert list((await mailbox.index()).uids) == [1]
        assert (await mailbox.update_flags(uids(1), FlagOp.ADD, SEEN)).now[0].flags is SEEN
        assert await fill(mailbox, ()) == uids(2)
    await store.close()
    assert not [each for each in Path("/proc/self/fd").iterdir() if _target(each).startswith(str(tmp_path))]


async def test_an_account_is_read_from_the_connection_that_opened_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(tmp_path)
    await store.open()
    made = await store.create_account(ALICE)
    await fill(await made.mailbox(INBOX), ())
    await store.close()
    opened: list[Path] = []
    connect = database.connect

    def noted(path: Path) -> apsw.Connection:
        opened.append(path)
        return connect(path)

    monkeypatch.setattr(database, "connect", noted)
    store = SqliteStore(tmp_path)
    await store.open()
    first, second = await asyncio.gather(store.account(ALICE), store.account(ALICE))
    assert first is second
    assert len(opened) <= 2
    opened.clear()
    index = await (await first.mailbox(INBOX)).index()
    assert list(index.uids) == [1]
    assert not opened
    await store.close()
    assert not [each for each in Path("/proc/self/fd").iterdir() if _target(each).startswith(str(tmp_path))]


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""


async def test_an_upload_must_be_the_stores_own(inbox: SqliteMailbox) -> None:
    class Foreign:
        size = 3

        def write(self, data: bytes) -> None: ...

        def discard(self) -> None: ...

    with pytest.raises(TypeError):
        await inbox.append([new(Foreign())])  # type: ignore[arg-type]  # that is the point


async def test_the_end_of_uids(tmp_path: Path, account: SqliteAccount, inbox: SqliteMailbox) -> None:
    account.database.writer().execute("UPDATE mailbox SET uid_next = 4294967293")
    assert await fill(inbox, ()) == (Uid(4294967293),)
    await check_account(account)


async def test_a_large_index_is_loaded_in_a_thread(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await inbox.append([new(b"Subject: x\r\n\r\n")] * 5001)
    assert len((await inbox.index()).uids) == 5001
    await check_account(account)


async def test_nothing_is_acknowledged_into_an_account_another_process_deleted(tmp_path: Path) -> None:
    store, other = SqliteStore(tmp_path), SqliteStore(tmp_path)
    await store.open()
    await other.open()
    inbox = await (await store.create_account(AccountId("a"))).mailbox(INBOX)
    assert await fill(inbox, ()) == uids(1)
    await other.delete_account(AccountId("a"))
    with pytest.raises(Unavailable):
        await fill(inbox, ())
    with pytest.raises(Unavailable):
        await inbox.update_flags(uids(1), FlagOp.ADD, SEEN)
    await store.close()
    await other.close()
