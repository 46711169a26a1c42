"""The index of text: it proposes little, follows what comes and goes, and survives migrations, rebuilds and being broken off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import apsw
import pytest
from tests.support.older_formats import undo_changed
from tests.support.store import ALICE, Clock, mail, uids

from restante.model.dates import MailDate
from restante.model.flags import Flag, FlagSet
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store import masks
from restante.store import query as q
from restante.store.model import Field, MessageRecord, NewMessage
from restante.store.sqlite import fulltext, indexing, proposing, reading, schema, searching
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.flagsets import FlagSets
from restante.store.sqlite.indexing import SqliteTextIndex
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.proposing import Proposer
from restante.store.sqlite.store import SqliteStore
from restante.store.sqlite.transaction import Done, Transaction

COUNT = 60
SPECIAL = 17
"""The UID of the one message that is not like the others."""


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is indexed but when told, and a part of those tests' messages at a time."""
    monkeypatch.setattr(SqliteTextIndex, "wake", lambda self: None)
    monkeypatch.setattr(fulltext, "BATCH", 32)


async def fill(inbox: SqliteMailbox, count: int = COUNT) -> None:
    raws = [mail(f"Lunch {number}", "At noon, as ever.") for number in range(1, count + 1)]
    raws[SPECIAL - 1] = mail("Überraschung", "Something zyzzyva, for once.")
    flags = [FlagSet(["\\Seen"] if number % 2 else []) for number in range(count)]
    await inbox.append(
        [NewMessage(raw, MailDate(number), flag) for number, (raw, flag) in enumerate(zip(raws, flags, strict=True))]
    )


async def index_all(account: SqliteAccount) -> None:
    while await account.text.step():
        pass


@pytest.fixture
async def filled(account: SqliteAccount, inbox: SqliteMailbox, paused: None) -> SqliteMailbox:
    await fill(inbox)
    await index_all(account)
    return inbox


async def write(account: SqliteAccount, change: Callable[[apsw.Connection], object]) -> None:
    """Change the database past the engine."""

    def job(tx: Transaction) -> Done[None]:
        change(tx.connection)
        return Done(None)

    await account.write(job)


@dataclass(frozen=True)
class Bounds:
    """As :class:`Between`, by UID."""

    sure: frozenset[int]
    maybe: frozenset[int]


async def bounds(account: SqliteAccount, inbox: SqliteMailbox, query: q.Query) -> Bounds:
    held = await inbox._holding.hold(q.Or((query, q.Body(""))), inbox)
    found = account.read(lambda connection: Proposer(held, connection).propose(query))
    return Bounds(*(frozenset(masks.members(each, held.uids)) for each in (found.sure, found.maybe)))


EVERY = frozenset(range(1, COUNT + 1))
ONE = frozenset([SPECIAL])
NONE: frozenset[int] = frozenset()


@pytest.mark.parametrize(
    ("query", "sure", "maybe"),
    [
        (q.Body("ZYZZYVA"), NONE, ONE),
        (q.Text("zyzzyva"), NONE, ONE),
        (q.Text("überraschung"), ONE, ONE),
        (q.Body("überraschung"), NONE, NONE),
        (q.Body("no such words"), NONE, NONE),
        (q.Not(q.Body("zyzzyva")), EVERY - ONE, EVERY),
        (q.Not(q.Header("Subject", "Lunch")), ONE, ONE),
        (q.Header("SUBJECT", "ÜBER"), ONE, ONE),
        (q.Header("subject", "ü"), ONE, ONE),
        (q.Header("subject", ""), EVERY, EVERY),
        (q.Header("bcc", ""), NONE, NONE),
        (q.Header("x-other", "überraschung"), NONE, ONE),
        (q.Header("x-other", "ü"), NONE, EVERY),
        (q.Body("zy"), NONE, EVERY),
        (q.Body(""), EVERY, EVERY),
        (q.Or((q.Body("zyzzyva"), q.HasFlag(Flag("\\Seen")))), frozenset(range(2, 61, 2)), frozenset(range(2, 61, 2)) | ONE),
        (q.Or((q.Header("subject", "über"), q.Larger(1))), EVERY, EVERY),
        (q.And((q.Text("noon"), q.Body("zyzzyva"))), NONE, NONE),
    ],
)  # fmt: skip
async def test_what_is_proposed(
    query: q.Query, sure: frozenset[int], maybe: frozenset[int], account: SqliteAccount, filled: SqliteMailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(proposing, "FEW", 0)
    assert await bounds(account, filled, query) == Bounds(sure, maybe)


@pytest.mark.parametrize(
    ("table", "needle", "asked"),
    [
        (fulltext.HEADER, "subject: zebra", "d:x :xe xeb ebr bra"),
        (fulltext.HEADER, "subject: ok", "sub ubg bge gec ecd cd: d:o :oc"),
        (fulltext.HEADER, "received", "rec ece cei eib ibe bed"),
        (fulltext.BODY, "subject: ox", "sub ubj bje jec ect ct: t:o :ox"),
    ],
)
def test_what_nearly_every_header_says_is_looked_up_only_for_want_of_better(
    table: str, needle: str, asked: str
) -> None:
    sequences = [fulltext.formed(table, each).replace('"', '""') for each in asked.split()]
    assert fulltext.expression(table, needle) == " AND ".join(f'"{each}"' for each in sequences)


async def test_a_phrase_is_proposed_by_how_its_words_meet(
    account: SqliteAccount, inbox: SqliteMailbox, paused: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "FEW", 0)
    words = ["ticket", "hotel", "travel", "budget"]
    texts = [" ".join((a, b, c)) for a in words for b in words for c in words if len({a, b, c}) == 3]
    await inbox.append([NewMessage(mail("x", text), MailDate(0)) for text in texts])
    await index_all(account)
    found = await bounds(account, inbox, q.Body("ticket hotel travel"))
    assert found.maybe == {texts.index("ticket hotel travel") + 1}
    # What is random in headers is kept by fewer characters, and proposes more than there is.
    await inbox.append([NewMessage(b"X-Id: c0ffee4badcafe\r\n\r\n", MailDate(0))])
    await index_all(account)
    last = frozenset([len(texts) + 1])
    assert await bounds(account, inbox, q.Header("x-id", "FFEE4B")) == Bounds(NONE, last)
    assert await bounds(account, inbox, q.Header("x-id", "ffeeab")) == Bounds(NONE, last)
    assert await bounds(account, inbox, q.Header("x-id", "ffee5b")) == Bounds(NONE, NONE)
    assert await inbox.search(q.Header("x-id", "ffeeab")) == []


async def test_only_what_is_proposed_is_read(filled: SqliteMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = reading.messages

    def noted(
        connection: apsw.Connection,
        sets: FlagSets,
        mailbox: int,
        wanted: Sequence[int],
        fields: Field,
        blobs: str,
        octets: int,
    ) -> list[MessageRecord]:
        read.extend(wanted)
        return original(connection, sets, mailbox, wanted, fields, blobs, octets)

    monkeypatch.setattr(reading, "messages", noted)
    assert await filled.search(q.Body("zyzzyva")) == [SPECIAL]
    assert await filled.search(q.Header("subject", "lunch 5")) == [5, *range(50, 60)]
    assert await filled.search(q.And((q.Body("noon"), q.Text("überraschung")))) == []
    assert read == [SPECIAL, SPECIAL]


async def test_what_waits_is_read(account: SqliteAccount, inbox: SqliteMailbox, paused: None) -> None:
    await fill(inbox)
    assert (await bounds(account, inbox, q.Body("zyzzyva"))) == Bounds(NONE, EVERY)
    assert await inbox.search(q.Not(q.Body("noon"))) == [SPECIAL]
    await account.text.step()
    assert len((await bounds(account, inbox, q.Body("zyzzyva"))).maybe) == COUNT - fulltext.BATCH + 1
    assert await inbox.search(q.Not(q.Body("noon"))) == [SPECIAL]


async def test_arrivals_and_searches_set_it_going(
    account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in ("WORTHWHILE", "BATCH"):
        monkeypatch.setattr(fulltext, size, 4)
    monkeypatch.setattr(searching, "FEW", 0)
    await arrive(inbox, 3)
    assert account.text._timer is None
    await arrive(inbox, 3)
    while account.text._task is None:
        await asyncio.sleep(0.01)
    await account.text._task
    # What fills no batch waits for more, or for a search that meets it.
    assert (await account.text.status())[:3] == (4, 2, 0)
    assert await inbox.search(q.Body("nowhere")) == []
    await account.text._task
    assert (await account.text.status())[:3] == (6, 0, 0)


async def test_a_burst_is_let_pass_but_not_for_ever(
    account: SqliteAccount, inbox: SqliteMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in ("WORTHWHILE", "BATCH"):
        monkeypatch.setattr(fulltext, size, 4)
    monkeypatch.setattr(indexing, "_QUIET", 3_600.0)
    monkeypatch.setattr(indexing, "_MOST_WAITING", 10)
    await arrive(inbox, 9)
    assert account.text._timer is not None
    await arrive(inbox, 1)
    assert account.text._task is not None
    await account.text._task
    assert (await account.text.status())[:3] == (8, 2, 0)


async def arrive(inbox: SqliteMailbox, count: int) -> None:
    for number in range(count):
        await inbox.append([NewMessage(mail(f"{number}"), MailDate(0))])


async def test_a_batch_is_written_as_one_segment(account: SqliteAccount, filled: SqliteMailbox) -> None:
    def segments(connection: apsw.Connection, table: str) -> int:
        return int(cast("int", connection.execute(f"SELECT count(DISTINCT segid) FROM {table}_idx").get))

    for table in (fulltext.HEADER, fulltext.BODY):
        assert account.read(partial(segments, table=table)) == -(-COUNT // fulltext.BATCH)


async def test_copies_and_moves_write_none_of_it(account: SqliteAccount, filled: SqliteMailbox) -> None:
    await account.create(MailboxName("Archive"))
    archive = await account.mailbox(MailboxName("Archive"))
    before = await account.text.status()
    await filled.copy(uids(SPECIAL), archive.id)
    await filled.move(uids(1, 2), archive.id)
    assert await account.text.status() == before
    assert await archive.search(q.Text("zyzzyva")) == [1]
    assert await filled.search(q.Text("zyzzyva")) == [SPECIAL]


@pytest.mark.parametrize("table", [fulltext.HEADER, fulltext.BODY])
def test_every_character_but_a_space_is_kept(table: str) -> None:
    text = "".join(map(chr, range(1, 0x180)))
    formed = fulltext.formed(table, text)
    assert len(formed) == len(text) - 1
    assert "\0" not in formed
    if table == fulltext.BODY:
        assert len(set(formed)) == len(text) - 1


async def test_what_is_swept_leaves(
    account: SqliteAccount, filled: SqliteMailbox, store: SqliteStore, clock: Clock
) -> None:
    await filled.append([NewMessage(mail("Late"), MailDate(0))])
    await filled.expunge(uids(SPECIAL, COUNT + 1), deleted_only=False)
    assert await filled.search(q.Body("zyzzyva")) == []
    assert (await account.text.status())[:3] == (COUNT, 1, 0)
    clock.now += 1_000
    await store.sweep()
    assert (await account.text.status())[:3] == (COUNT - 1, 0, 0)
    asked = (fulltext.expression(fulltext.BODY, "zyzzyva"),)
    matching = "SELECT rowid FROM body_words WHERE body_words MATCH ?"
    assert account.read(lambda connection: connection.execute(matching, asked).fetchall()) == []
    assert await account.text.check(lambda done, total: None) == []


async def test_what_is_too_large_is_left_out_and_found(
    account: SqliteAccount, inbox: SqliteMailbox, paused: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulltext, "_MOST", 5_000)
    await fill(inbox)
    await inbox.append([NewMessage(mail("Large", "needle " + "hay " * 5_000), MailDate(0))])
    await index_all(account)
    assert (await account.text.status())[:3] == (COUNT, 0, 1)
    assert await inbox.search(q.Body("needle")) == [COUNT + 1]
    assert await account.text.check(lambda done, total: None) == []


async def test_a_rebuild_tells_how_far_it_is_and_searches_go_on(account: SqliteAccount, filled: SqliteMailbox) -> None:
    told: list[tuple[int, int]] = []
    found = []

    async def search() -> None:
        while not told or told[-1][0] < COUNT:
            found.append(await filled.search(q.Text("zyzzyva")))

    await asyncio.gather(account.text.rebuild(lambda done, total: told.append((done, total))), search())
    assert told == [(0, COUNT), (32, COUNT), (COUNT, COUNT)]
    assert found == [[SPECIAL]] * len(found)
    assert await account.text.check(lambda done, total: None) == []


async def test_a_rebuild_broken_off_goes_on_when_the_account_is_opened(
    store: SqliteStore, account: SqliteAccount, inbox: SqliteMailbox, tmp_path: Path
) -> None:
    await fill(inbox)
    await index_all(account)
    if account.text._task is not None:
        # What the arrivals have begun would otherwise go on with the rebuild.
        await account.text._task
    await write(account, fulltext.start_over)
    await store.close()
    store = SqliteStore(tmp_path)
    await store.open()
    again = await store.account(ALICE)
    assert await (await again.mailbox(INBOX)).search(q.Body("zyzzyva")) == [SPECIAL]
    assert again.text._task is not None
    await again.text._task
    assert (await again.text.status())[:3] == (COUNT, 0, 0)
    await store.close()


async def test_words_made_by_other_rules_are_made_anew(
    store: SqliteStore, account: SqliteAccount, inbox: SqliteMailbox, tmp_path: Path, paused: None
) -> None:
    await fill(inbox)
    await index_all(account)
    await write(account, lambda connection: connection.execute("UPDATE index_state SET edition = '0'"))
    await store.close()
    store = SqliteStore(tmp_path)
    await store.open()
    again = await store.account(ALICE)
    assert (await again.text.status())[:3] == (0, COUNT, 0)
    await index_all(again)
    assert again.read(fulltext.is_current)
    await store.close()


async def test_an_account_of_the_first_format_is_found_in_and_indexed(
    store: SqliteStore, account: SqliteAccount, inbox: SqliteMailbox, tmp_path: Path, paused: None
) -> None:
    await fill(inbox)
    await store.close()
    make_first(tmp_path / "accounts" / ALICE / "mail.db")
    store = SqliteStore(tmp_path)
    await store.open()
    again = await store.account(ALICE)
    assert (await again.text.status())[:3] == (0, COUNT, 0)
    box = await again.mailbox(INBOX)
    assert await box.search(q.Body("zyzzyva")) == [SPECIAL]
    await index_all(again)
    assert (await again.text.status())[:3] == (COUNT, 0, 0)
    assert await box.search(q.Body("zyzzyva")) == [SPECIAL]
    assert await again.text.check(lambda done, total: None) == []
    assert await again.annotations.sizes(None) == {}
    await store.close()


def make_first(path: Path) -> None:
    """Take from the database what came with its later formats."""
    connection = apsw.Connection(str(path))
    undo_changed(connection)
    for table in (*fulltext.TABLES, "unindexed", "index_state", "annotation", "index_snapshot", "attached"):
        connection.execute(f"DROP TABLE {table}")
    for column in ("annotation_octets", "annotations_swept"):
        connection.execute(f"ALTER TABLE counter DROP COLUMN {column}")
    connection.pragma("user_version", 1)
    connection.close()
    assert schema.VERSION >= 5


async def test_damaged_tables_are_told_of_and_mended(account: SqliteAccount, filled: SqliteMailbox) -> None:
    await write(account, lambda connection: connection.execute("DELETE FROM body_words_data WHERE id > 10"))
    faults = await account.text.check(lambda done, total: None)
    assert [fault.partition(":")[0] for fault in faults] == ["body_words"]
    await account.text.rebuild(lambda done, total: None)
    assert await account.text.check(lambda done, total: None) == []
    assert await filled.search(q.Body("zyzzyva")) == [SPECIAL]


async def test_a_search_ends_when_the_account_is_deleted_meanwhile(
    store: SqliteStore, account: SqliteAccount, inbox: SqliteMailbox
) -> None:
    await fill(inbox)
    account.text.wake()
    await store.delete_account(ALICE)
    assert account.text._task is not None
    assert account.text._task.done()
