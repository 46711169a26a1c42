"""Whatever the plan, the answer is the evaluator's."""

from __future__ import annotations

import random

import pytest
from tests.support.store import mail, uids

from restante.model.dates import MailDate
from restante.model.flags import FlagSet, flag
from restante.model.ids import EmailId, ModSeq, ThreadId
from restante.model.message_set import UidSet
from restante.store import query as q
from restante.store.matching import matches
from restante.store.model import Field, NewMessage
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.searching import Candidate

_DAY = 86_400
_ALL_FIELDS = Field.DATE | Field.SIZE | Field.SAVE_DATE | Field.IDS | Field.SORT | Field.PARTS | Field.RAW


def messages(chance: random.Random) -> list[NewMessage]:
    made = []
    for number in range(80):
        raw = mail(f"Number {number}", "lunch" * chance.randrange(150), message_id=f"<{number % 40}@x>")
        if chance.random() < 0.7:
            day, zone = chance.randint(1, 28), chance.choice(("+0000", "+1300", "-1100"))
            raw = f"Date: {day} Feb 1970 {chance.randrange(24):02d}:00:00 {zone}\r\n".encode() + raw
        flags = FlagSet(chance.sample(("\\Seen", "\\Flagged", "$work", "$Play"), chance.randrange(4)))
        epoch = chance.choice((-1, 0, 1, _DAY)) * chance.randrange(40 * _DAY)
        made.append(NewMessage(raw, MailDate(epoch, chance.choice((0, 780, -660))), flags))
    return made


def queries(chance: random.Random, ids: list[tuple[EmailId, ThreadId]], depth: int) -> q.Query:
    kind = chance.randrange(14 if depth else 10)
    compare, day = chance.choice(list(q.Compare)), chance.randint(-3, 62)
    match kind:
        case 0:
            return q.Uids(UidSet([(low := chance.randint(1, 90), low + chance.randrange(30)), (99, 2**32)]))
        case 1:
            return q.HasFlag(flag(chance.choice(("\\SEEN", "$WORK", "$play", "$none"))))
        case 2 | 3:
            return q.Dated(chance.choice(list(q.DateField)), compare, day)
        case 4:
            return q.Arrived(compare, day * _DAY)
        case 5:
            return chance.choice((q.Larger, q.Smaller))(chance.randrange(800))
        case 6:
            return q.Header(chance.choice(("subject", "date", "x-none")), chance.choice(("", "number 1", "FEB")))
        case 7:
            return chance.choice((q.Text, q.Body))(chance.choice(("lunchlunch", "Number 2", "")))
        case 8:
            return q.ChangedSince(ModSeq(chance.randrange(6)))
        case 9:
            email, thread = chance.choice(ids)
            return chance.choice((q.WithEmailId(email), q.WithThreadId(thread), q.All()))
        case 10:
            return q.Not(queries(chance, ids, depth - 1))
        case 11:
            return q.Or(tuple(queries(chance, ids, depth - 1) for _ in range(chance.randrange(4))))
        case _:
            return q.And(tuple(queries(chance, ids, depth - 1) for _ in range(chance.randrange(5))))


@pytest.mark.parametrize("seed", range(4))
async def test_every_plan_agrees_with_the_evaluator(seed: int, inbox: SqliteMailbox) -> None:
    chance = random.Random(seed)
    for message in messages(chance):
        await inbox.append([message])
    await inbox.expunge(uids(3, 4, 5, 40), deleted_only=False)
    everything = await inbox.messages(await inbox.search(q.All()), _ALL_FIELDS)
    assert len(everything) == 76
    candidates = [Candidate(record, await _raw(inbox, record.uid)) for record in everything]
    ids = [(candidate.email_id, candidate.thread_id) for candidate in candidates]
    for _ in range(60):
        query = queries(chance, ids, 3)
        expected = [candidate.uid for candidate in candidates if matches(query, candidate)]
        assert await inbox.search(query) == expected, query


async def _raw(inbox: SqliteMailbox, uid: int) -> bytes:
    store_blobs = inbox._account.intake.blobs
    (record,) = await inbox.messages(uids(uid), Field.RAW)
    if record.blob is None:
        assert record.raw is not None
        return record.raw
    return store_blobs.path(record.blob.rpartition("/")[2]).read_bytes()


async def test_long_and_deep_queries(inbox: SqliteMailbox) -> None:
    for message in messages(random.Random(1))[:10]:
        await inbox.append([message])
    wide = q.Or(tuple(q.Larger(n) for n in range(100_000, 100_400)))
    assert await inbox.search(wide) == []
    wider = q.And(tuple(q.Smaller(n) for n in range(100_000, 103_000)))
    assert len(await inbox.search(wider)) == 10
    deep: q.Query = q.Larger(1)
    for _ in range(150):
        deep = q.Not(q.Or((deep, q.Larger(100_000))))
    assert len(await inbox.search(deep)) == 10
    assert len(await inbox.search(q.Not(q.Or(())))) == 10
