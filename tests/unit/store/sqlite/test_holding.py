"""A field that is searched again is answered from a column, which says what the database would."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from tests.support.store import ALICE, mail, uids

from restante.model.dates import MailDate
from restante.model.flags import Flag, FlagSet
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store import query as q
from restante.store.matching import fold
from restante.store.model import NewMessage
from restante.store.sqlite import field_column, field_texts, fulltext, holding, proposing, searching
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.indexing import SqliteTextIndex
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.proposing import Proposer
from restante.store.sqlite.store import SqliteStore

SUBJECTS = ["Lunch", "Re: Lunch", "LUNCH at noon", "Dinner", "Straße", "", "x" * 40]


@pytest.fixture(autouse=True)
def paused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is indexed but when told."""
    monkeypatch.setattr(SqliteTextIndex, "wake", lambda self: None)


async def index_all(account: SqliteAccount) -> None:
    while await account.text.step():
        pass


def message(subject: str | None) -> NewMessage:
    raw = b"From: Ann <ann@example.org>\r\n\r\nNo more." if subject is None else mail(subject, "Text.")
    return NewMessage(raw, MailDate(0), FlagSet())


def has_column(inbox: SqliteMailbox, name: str) -> bool:
    return name in inbox._holding._columns


async def test_from_the_second_search_on(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await inbox.append([message(each) for each in ("Lunch", "Dinner", None)])
    await index_all(account)
    for name, text, found in (("Subject", "LUNCH", [1]), ("subject", "in", [2]), ("SUBJECT", "", [1, 2])):
        assert await inbox.search(q.Header(name, text)) == found
    assert [name for name in ("subject", "from") if has_column(inbox, name)] == ["subject"]


async def test_what_needs_no_index_asks_none(
    account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await inbox.append([message(each) for each in SUBJECTS * 8])
    await index_all(account)
    lunch = q.And((q.Header("subject", "lunch"), q.Not(q.HasFlag(Flag("\\Seen"))), q.Header("from", "nobody")))
    assert await inbox.search(lunch) == await inbox.search(lunch) == []

    def unwanted(*args: object) -> None:
        raise AssertionError("nothing is to be read")

    monkeypatch.setattr(account, "scan", unwanted)
    monkeypatch.setattr(Proposer, "_read", unwanted)
    assert await inbox.search(lunch) == []
    assert len(await inbox.search(q.Header("subject", "lunch"))) == 24


@pytest.mark.parametrize("seed", range(3))
async def test_follows_whatever_comes_and_goes(
    seed: int, account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "FEW", 0)
    monkeypatch.setattr(fulltext, "BATCH", 3)
    monkeypatch.setattr(fulltext, "WORTHWHILE", 3)
    monkeypatch.setattr(field_column, "_CODES", (4, 6, 256)[seed])
    monkeypatch.setattr(field_texts, "_SAMPLE", (1, 256, 256)[seed])
    monkeypatch.setattr(field_texts, "_SHARE", 5)
    chance = random.Random(seed)
    said: dict[int, str | None] = {}
    for _ in range(60):
        match chance.randrange(4):
            case 0 | 1:
                new = [
                    chance.choice([*SUBJECTS, None, f"No. {chance.randrange(50)}"])
                    for _ in range(chance.randrange(1, 5))
                ]
                said |= zip((await inbox.append([message(each) for each in new])).uids, new, strict=True)
            case 2 if said:
                gone = chance.sample(sorted(said), min(len(said), chance.randrange(1, 4)))
                await inbox.expunge(uids(*sorted(gone)), deleted_only=False)
                said = {uid: each for uid, each in said.items() if uid not in gone}
            case _:
                await account.text.step()
        for text in ("lunch", "no", "strasse", "", "nowhere", "x"):
            wanted = [uid for uid, each in said.items() if each is not None and fold(text) in fold(each)]
            assert await inbox.search(q.Header("subject", text)) == wanted
            assert await inbox.search(q.Not(q.Header("subject", text))) == sorted(said.keys() - {*wanted})
    assert has_column(inbox, "subject")


async def test_another_process_rebuilds_the_index(account: SqliteAccount, inbox: SqliteMailbox, tmp_path: Path) -> None:
    await inbox.append([message(each) for each in SUBJECTS])
    await index_all(account)
    for _ in range(3):
        assert await inbox.search(q.Header("subject", "lunch")) == [1, 2, 3]
    other = SqliteStore(tmp_path, inline=1000)
    await other.open()
    elsewhere = await other.account(ALICE)
    assert isinstance(elsewhere, SqliteAccount)
    box = await elsewhere.mailbox(INBOX)
    await box.expunge(uids(1), deleted_only=False)
    await box.append([message("Dinner, not lunch")])
    assert await inbox.search(q.Header("subject", "lunch")) == [2, 3, 8]
    await elsewhere.text.rebuild(lambda done, total: None)
    await box.append([message("Late lunch"), message("Dinner")])
    assert await inbox.search(q.Header("subject", "lunch")) == [2, 3, 8, 9]
    await index_all(elsewhere)
    assert await inbox.search(q.Header("subject", "lunch")) == [2, 3, 8, 9]
    assert await inbox.search(q.Header("subject", "dinner")) == [4, 8, 10]
    await other.close()


async def test_too_much_text_is_left_in_the_database(
    account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(field_column, "MOST_OCTETS", 40)
    await inbox.append([message(each) for each in SUBJECTS])
    await index_all(account)
    for _ in range(3):
        assert await inbox.search(q.Header("subject", "lunch")) == [1, 2, 3]
        assert not has_column(inbox, "subject")
        assert await inbox.search(q.Header("from", "ann")) == []
    assert has_column(inbox, "from")


async def test_while_much_waits_there_is_no_column(
    account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(field_column, "MOST_WAITING", 3)
    await inbox.append([message(each) for each in SUBJECTS])
    for _ in range(4):
        assert await inbox.search(q.Header("subject", "lunch")) == [1, 2, 3]
        assert not has_column(inbox, "subject")
    await index_all(account)
    for _ in range(2):
        assert await inbox.search(q.Header("subject", "lunch")) == [1, 2, 3]
    assert has_column(inbox, "subject")
    await inbox.append([message(each) for each in SUBJECTS])
    assert await inbox.search(q.Header("subject", "lunch")) == [1, 2, 3, 8, 9, 10]
    assert len(inbox._holding._columns["subject"].uids) == 7
    await index_all(account)
    assert await inbox.search(q.Header("subject", "lunch")) == [1, 2, 3, 8, 9, 10]
    assert len(inbox._holding._columns["subject"].uids) == 14


async def test_few_columns_are_kept(
    account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "MOST", 2)
    await inbox.append([message(each) for each in SUBJECTS])
    await index_all(account)
    for name in ("subject", "from", "to"):
        for _ in range(2):
            await inbox.search(q.Header(name, "lunch"))
    assert [name for name in ("subject", "from", "to") if has_column(inbox, name)] == ["from", "to"]
    await account.create(MailboxName("Other"))
    other = await account.mailbox(MailboxName("Other"))
    for _ in range(2):
        assert await other.search(q.Header("subject", "lunch")) == []
        assert await inbox.search(q.Header("to", "lunch")) == []
    assert [name for name in ("subject", "from", "to") if has_column(inbox, name)] == ["to"]


async def test_searches_at_once(account: SqliteAccount, inbox: SqliteMailbox) -> None:
    await inbox.append([message(each) for each in SUBJECTS])
    await index_all(account)
    found = await asyncio.gather(*(inbox.search(q.Header("subject", "lunch")) for _ in range(6)))
    assert found == [[1, 2, 3]] * 6


@pytest.mark.parametrize("seed", range(2))
async def test_what_rests_sees_what_another_process_does_to_the_index(
    seed: int, account: SqliteAccount, inbox: SqliteMailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "FEW", 0)
    monkeypatch.setattr(searching, "FEW", 0)
    chance, said = random.Random(seed), dict[int, str]()
    other = SqliteStore(tmp_path, inline=1000)
    await other.open()
    elsewhere = await other.account(ALICE)
    assert isinstance(elsewhere, SqliteAccount)
    box = await elsewhere.mailbox(INBOX)
    for _ in range(25):
        texts = [
            chance.choice(["winter", "summer"]) + f" {chance.randrange(30)}" for _ in range(chance.randrange(1, 40))
        ]
        added = await box.append([NewMessage(mail("x", each), MailDate(0)) for each in texts])
        said |= zip(added.uids, texts, strict=True)
        match chance.randrange(3):
            case 0:
                await elsewhere.text.rebuild(lambda done, total: None)
            case 1:
                gone = chance.sample(sorted(said), len(said) // 3)
                await box.expunge(uids(*sorted(gone)), deleted_only=False)
                said = {uid: each for uid, each in said.items() if uid not in gone}
            case _:
                await index_all(elsewhere)
        for text in ("winter", "summer 1", "autumn"):
            wanted = [uid for uid, each in said.items() if text in each]
            assert await inbox.search(q.Body(text)) == wanted
            assert await inbox.search(q.Text(text)) == wanted
    assert await account.text.check(lambda done, total: None) == []
    await other.close()
