"""The texts of attachments, kept: what the index holds, what a reading finds, and what follows when the setting changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.documents import ReadHere, docx, message, pdf
from tests.support.store import ALICE, mail, uids

from restante.model.dates import MailDate
from restante.model.mailbox_name import INBOX
from restante.store import query as q
from restante.store.attachments import AttachmentLimits, Attachments
from restante.store.errors import Unavailable
from restante.store.model import NewMessage
from restante.store.sqlite import attached, fulltext, proposing, searching
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.indexing import SqliteTextIndex
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore

PDF = message(("application/pdf", "a.pdf", pdf("A magpie")))
WORD = message(
    ("application/octet-stream", "a.docx", docx("Jackdaw")), ("application/pdf", "b.pdf", b"%PDF-1.7 broken")
)
LARGE = message(("application/pdf", "a.pdf", pdf(*(f"page {number}" for number in range(50)), "Waxwing")))
RAWS = [PDF, WORD, LARGE, mail("Plain", "A magpie, in the text"), message(("image/png", "a.png", b"\x89PNG"))]
MAGPIE, JACKDAW, WAXWING = (q.Body(each) for each in ("MAGPIE", "jackdaw", "waxwing"))


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is asked however few the messages, and follows when told."""
    monkeypatch.setattr(searching, "FEW", 0)
    monkeypatch.setattr(proposing, "FEW", 0)
    monkeypatch.setattr(SqliteTextIndex, "wake", lambda self: None)


@pytest.fixture
def extractor() -> ReadHere:
    return ReadHere()


def with_attachments(path: Path, extractor: ReadHere) -> SqliteStore:
    return SqliteStore(path, inline=1000, attachments=Attachments(extractor, AttachmentLimits()))


@pytest.fixture
async def store(tmp_path: Path, extractor: ReadHere) -> AsyncIterator[SqliteStore]:
    store = with_attachments(tmp_path, extractor)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def inbox(account: SqliteAccount) -> SqliteMailbox:
    inbox = await account.mailbox(INBOX)
    await inbox.append([NewMessage(raw, MailDate(1)) for raw in RAWS])
    return inbox


async def index_all(account: SqliteAccount) -> None:
    while await account.text.step():
        pass


def rows(account: SqliteAccount) -> dict[int, str]:
    found = account.read(lambda connection: connection.execute("SELECT content, words FROM attached").fetchall())
    return {int(content): fulltext.unpacked(words) for content, words in found}  # type: ignore[arg-type]  # as kept


def faults(account: SqliteAccount) -> asyncio.Future[object]:
    return asyncio.ensure_future(account.text.check(lambda done, total: None))


async def test_documents_are_read_once(account: SqliteAccount, inbox: SqliteMailbox, extractor: ReadHere) -> None:
    await index_all(account)
    assert extractor.count == 4
    for query, found in ((MAGPIE, (1, 4)), (JACKDAW, (2,)), (WAXWING, (3,))):
        assert tuple(await inbox.search(query)) == uids(*found)
    assert await faults(account) == []
    assert extractor.count == 4


async def test_what_is_not_indexed_is_found(account: SqliteAccount, inbox: SqliteMailbox, extractor: ReadHere) -> None:
    assert tuple(await inbox.search(MAGPIE)) == uids(1, 4)
    assert rows(account) == {}
    await index_all(account)
    await inbox.append([NewMessage(PDF, MailDate(2))])
    assert tuple(await inbox.search(MAGPIE)) == uids(1, 4, 6)


async def test_a_message_has_a_row_if_it_may_hold_documents(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await index_all(account)
    assert [(content, text.split()[:2]) for content, text in rows(account).items()] == [
        (1, ["A", "magpie"]),
        (2, ["Jackdaw"]),
        (3, ["page", "0"]),
    ]
    assert (await account.text.status())[:3] == (5, 0, 0)


async def test_what_the_index_was_made_of_is_what_is_found(
    account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await index_all(account)
    # A new library that reads other words makes no difference to what was read.
    monkeypatch.setattr(ReadHere, "read", None)
    assert tuple(await inbox.search(JACKDAW)) == uids(2)
    assert tuple(await inbox.search(q.Not(q.Body("magpie")))) == uids(2, 3, 5)
    assert tuple(await inbox.search(q.Body("ja"))) == uids(2)


async def test_a_text_too_long_for_the_index_is_read_once(
    account: SqliteAccount, inbox: SqliteMailbox, extractor: ReadHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulltext, "_MOST", 500)
    await index_all(account)
    assert (await account.text.status()).left_out == 1
    before = extractor.count
    assert tuple(await inbox.search(WAXWING)) == uids(3)
    assert extractor.count == before
    assert await faults(account) == []


async def test_rows_go_with_their_messages(account: SqliteAccount, inbox: SqliteMailbox, store: SqliteStore) -> None:
    await index_all(account)
    await inbox.expunge(uids(1, 2), deleted_only=False)
    store._grace = -1
    await store.sweep()
    assert list(rows(account)) == [3]
    assert await faults(account) == []


async def test_a_check_finds_what_is_missing_or_left(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await index_all(account)

    def harm(sql: str) -> None:
        account.database.writer().execute(sql)

    harm("DELETE FROM attached WHERE content = 1")
    assert await faults(account) == ["content 1: the text of its attachments is missing"]
    harm("INSERT INTO attached VALUES (1, x'')")
    assert await faults(account) == []
    harm("INSERT INTO attached VALUES (99, x'')")
    assert await faults(account) == ["attached: 1 of messages that are gone"]
    await account.text.rebuild(lambda done, total: None)
    assert await faults(account) == []
    assert tuple(await inbox.search(MAGPIE)) == uids(1, 4)


async def reopened(store: SqliteStore, again: SqliteStore) -> tuple[SqliteAccount, SqliteMailbox]:
    await store.close()
    await again.open()
    account = await again.account(ALICE)
    return account, await account.mailbox(INBOX)


async def test_turned_off_and_on_again(
    account: SqliteAccount, inbox: SqliteMailbox, store: SqliteStore, tmp_path: Path, extractor: ReadHere
) -> None:
    await index_all(account)
    off = SqliteStore(tmp_path)
    account, inbox = await reopened(store, off)
    assert rows(account) == {}
    for _ in range(2):
        assert tuple(await inbox.search(MAGPIE)) == uids(4)
        await index_all(account)
    assert await faults(account) == []
    on = with_attachments(tmp_path, extractor)
    account, inbox = await reopened(off, on)
    for _ in range(2):
        assert tuple(await inbox.search(MAGPIE)) == uids(1, 4)
        await index_all(account)
    assert await faults(account) == []
    await on.close()


@pytest.mark.parametrize(
    "changed",
    [
        Attachments(ReadHere("here, too"), AttachmentLimits()),
        Attachments(ReadHere(), AttachmentLimits(characters=9)),
    ],
)
async def test_other_rules_make_the_index_anew(
    changed: Attachments, account: SqliteAccount, inbox: SqliteMailbox, store: SqliteStore, tmp_path: Path
) -> None:
    await index_all(account)
    again = SqliteStore(tmp_path, attachments=changed)
    account, inbox = await reopened(store, again)
    assert (await account.text.status())[:2] == (0, 5)
    await index_all(account)
    assert (await account.text.status())[:2] == (5, 0)
    assert tuple(await inbox.search(MAGPIE)) == uids(1, 4)
    await again.close()


async def test_the_same_rules_keep_it(
    account: SqliteAccount, inbox: SqliteMailbox, store: SqliteStore, tmp_path: Path, extractor: ReadHere
) -> None:
    await index_all(account)
    again = with_attachments(tmp_path, extractor)
    account, _ = await reopened(store, again)
    assert (await account.text.status())[:2] == (5, 0)
    await again.close()


async def test_two_processes_that_disagree_both_find_what_they_should(
    account: SqliteAccount, inbox: SqliteMailbox, tmp_path: Path
) -> None:
    await index_all(account)
    off = SqliteStore(tmp_path)
    await off.open()
    other = await off.account(ALICE)
    plain = await other.mailbox(INBOX)
    await index_all(other)
    # The index is the other's now: this one reads, and leaves it alone.
    assert tuple(await inbox.search(MAGPIE)) == uids(1, 4)
    await plain.append([NewMessage(PDF, MailDate(2))])
    assert await account.text.step() == 0
    assert tuple(await inbox.search(MAGPIE)) == uids(1, 4, 6)
    assert tuple(await plain.search(MAGPIE)) == uids(4)
    await off.close()


async def test_where_nothing_can_be_read_the_rest_is_found_and_the_index_waits(
    account: SqliteAccount, inbox: SqliteMailbox, extractor: ReadHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: ReadHere, *asked: object) -> None:
        raise Unavailable("no processes")

    monkeypatch.setattr(ReadHere, "read", refuse)
    assert tuple(await inbox.search(MAGPIE)) == uids(4)
    with pytest.raises(Unavailable):
        await account.text.step()
    monkeypatch.undo()
    assert (await account.text.status()).waiting == 5
    await index_all(account)
    assert tuple(await inbox.search(MAGPIE)) == uids(1, 4)


async def test_documents_are_read_in_a_thread_of_their_own(
    account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one is read, mail arrives and searches of something else answer."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    real = attached.gather

    def slow(*given: object) -> attached.Gathered:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        return real(*given)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(attached, "gather", slow)
    step = asyncio.ensure_future(account.text.step())
    await begun.wait()
    await inbox.append([NewMessage(PDF, MailDate(2))])
    assert tuple(await inbox.search(q.Header("subject", "plain"))) == uids(4)
    assert not step.done()
    go_on.set()
    assert await step == 5
