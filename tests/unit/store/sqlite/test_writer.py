"""Group commit: shared fsyncs, failures that stay alone, callers that went away."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.store import check_account, fill, new, uids

from restante.model.flags import FlagSet
from restante.model.ids import AccountId
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.errors import NoSuchMailbox, Unavailable
from restante.store.model import FlagOp, Hint
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore
from restante.store.sqlite.transaction import Done, Transaction

SEEN = FlagSet(["\\Seen"])
WORK = MailboxName("Work")


def count_commits(account: SqliteAccount) -> list[str]:
    """A list that grows by one with each commit, naming how it is synced."""
    commits: list[str] = []
    connection = account.database.writer()

    def hook() -> bool:
        commits.append({1: "NORMAL", 2: "FULL"}[connection.pragma("synchronous")])
        return False

    connection.set_commit_hook(hook)
    return commits


async def test_what_arrives_together_is_committed_together(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    commits = count_commits(account)
    done = await asyncio.gather(*(inbox.append([new(subject=str(n))]) for n in range(16)))
    assert commits == ["FULL"]
    assert sorted(each.uids[0] for each in done) == list(range(1, 17))
    assert len({each.modseq for each in done}) == 16
    await check_account(account)


async def test_what_arrives_during_a_commit_forms_the_next(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    commits = count_commits(account)

    async def twice() -> None:
        await inbox.append([new()])
        await inbox.append([new()])

    await asyncio.gather(*(twice() for _ in range(8)))
    assert 2 <= len(commits) < 16
    assert (await inbox.status()).messages == 16


async def test_flags_need_no_thread_and_no_fsync(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await fill(inbox, (), ())
    commits = count_commits(account)
    change = inbox.update_flags(uids(1), FlagOp.ADD, SEEN)
    # It never waits: the coroutine runs to its end in one step.
    with pytest.raises(StopIteration):
        change.send(None)
    assert commits == ["NORMAL"]
    assert (await inbox.status()).unseen == 1


async def test_flags_in_a_queue_keep_their_place(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await fill(inbox, ())
    appended, flagged = await asyncio.gather(inbox.append([new()]), inbox.update_flags(uids(1), FlagOp.ADD, SEEN))
    assert flagged.modseq == appended.modseq + 1
    assert (await inbox.index()).modseq == flagged.modseq


async def test_a_refused_job_undoes_itself_alone(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    def refused(tx: Transaction) -> Done[None]:
        tx.flagset(FlagSet(["never-stored"]))
        tx.next_modseq()
        raise NoSuchMailbox("no")

    before = (await inbox.status()).modseq
    results = await asyncio.gather(
        inbox.append([new(None, "one")]),
        account.writer.run(refused),
        inbox.append([new(None, "two")]),
        return_exceptions=True,
    )
    assert isinstance(results[1], NoSuchMailbox)
    assert (await inbox.status()).modseq == before + 2
    assert [str(flag) for flag in (await inbox.index()).keywords()] == ["one", "two"]
    # The number of the undone flag set was given out again, to another set.
    await inbox.append([new(None, "three")])
    await check_account(account)


async def test_a_bug_in_a_job_is_its_callers_alone(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    def bug(tx: Transaction) -> Done[None]:
        tx.next_modseq()
        raise ZeroDivisionError

    results = await asyncio.gather(account.writer.run(bug), inbox.append([new()]), return_exceptions=True)
    assert isinstance(results[0], ZeroDivisionError)
    assert (await inbox.status()).messages == 1
    with pytest.raises(ZeroDivisionError):
        await account.writer.run(bug)
    with pytest.raises(ZeroDivisionError):
        account.writer.run_now(bug)
    await check_account(account)


async def test_a_watcher_with_a_bug_keeps_nobody_waiting(
    store: SqliteStore, account: SqliteAccount, inbox: SqliteMailbox
) -> None:
    def wake(hint: Hint) -> None:
        raise ZeroDivisionError

    seen: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))
    end = store.hints.subscribe(account.id, wake)
    assert await asyncio.wait_for(fill(inbox, ()), 5) == uids(1)
    end()
    assert await asyncio.wait_for(fill(inbox, ()), 5) == uids(2)
    assert [type(each["exception"]) for each in seen] == [ZeroDivisionError]
    await check_account(account)


async def test_a_caller_that_went_away_changes_nothing(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await inbox.index()
    task = asyncio.create_task(inbox.append([new()]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await fill(inbox, ()) == uids(2)
    await check_account(account)


async def test_another_process_writing_makes_flags_wait(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await fill(inbox, ())
    other = account.database.connect()
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(inbox.update_flags(uids(1), FlagOp.ADD, SEEN))
    await asyncio.sleep(0.05)
    assert not task.done()
    other.execute("COMMIT")
    other.close()
    assert (await task).now[0].flags is SEEN


async def test_a_commit_that_wrote_nothing_syncs_nothing(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await fill(inbox, ())
    await inbox.update_flags(uids(1), FlagOp.ADD, SEEN)
    await inbox.expunge()
    assert not account.writer.idle
    await fill(inbox, ())
    assert account.writer.idle


async def test_close_brings_flags_to_disk(store: SqliteStore, account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await fill(inbox, ())
    await inbox.update_flags(uids(1), FlagOp.ADD, SEEN)
    assert not account.writer.idle
    await account.close()
    assert account.writer.idle


async def test_after_close_nothing_is_taken(store: SqliteStore, inbox: SqliteMailbox) -> None:
    await store.close()
    with pytest.raises(Unavailable):
        await inbox.append([new()])


async def test_the_wal_is_written_back(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    wal = account.database.path.with_name("mail.db-wal")
    for _ in range(3):
        await asyncio.gather(*(inbox.append([new(b"Subject: x\r\n\r\n" + b"x" * 900)] * 300) for _ in range(5)))
    await account.writer.close()
    # Each group may pass the mark once, but what was written back is used again.
    assert wal.stat().st_size < 16 * 1024 * 1024
    assert (await inbox.status()).messages == 4500


async def test_accounts_do_not_wait_for_each_other(store: SqliteStore, inbox: SqliteMailbox) -> None:
    other = await store.create_account(AccountId("bob"))
    blocker = other.database.connect()
    blocker.execute("BEGIN IMMEDIATE")
    held = asyncio.create_task((await other.mailbox(INBOX)).append([new()]))
    assert (await asyncio.wait_for(inbox.append([new()]), 5)).uids == uids(1)
    assert not held.done()
    blocker.execute("ROLLBACK")
    blocker.close()
    assert (await held).uids == uids(1)


async def test_what_runs_alone_takes_turns_with_the_rest(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    groups: list[str] = []
    writer = account.writer

    async def run(name: str, *, alone: bool) -> None:
        def job(tx: Transaction) -> Done[None]:
            groups.append(name)
            return Done(None)

        await writer.run_prepared(lambda: job, alone=alone)

    commits = count_commits(account)
    names = ["long 1", "a", "long 2", "b"]
    await asyncio.gather(*(run(name, alone=name.startswith("long")) for name in names))
    assert groups == ["a", "b", "long 1", "long 2"]
    assert len(commits) == 3
