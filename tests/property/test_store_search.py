"""Any query finds the same messages on every engine as the plain evaluator finds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.sample_mail import mails
from tests.support.store import ALICE, NOON, House, engines, mail, uids

from restante.model.collation import COLLATIONS
from restante.model.dates import MailDate
from restante.model.flags import Flag, FlagSet
from restante.model.ids import ModSeq
from restante.model.mailbox_name import INBOX
from restante.model.message_set import UidSet
from restante.store import query as q
from restante.store.api import Mailbox
from restante.store.model import FlagOp, NewMessage

DAY = 86_400
WORDS = [
    "",
    "a",
    "post",
    "POST OFFICE",
    "é",
    "ü",
    "example",
    "=?utf-8",
    "subject: ",
    "straße",
    "%",
    "\\",
    '"',
    "the bill",
    "nowhere",
]
TEXT = st.sampled_from(WORDS) | st.text("aeost @.ß-", max_size=4)
NUMBERS = st.integers(0, 12)
DAYS = st.integers(NOON // DAY - 3, NOON // DAY + 3)

COLLATED = st.none() | st.none() | st.sampled_from(COLLATIONS)

LEAVES: st.SearchStrategy[q.Query] = st.one_of(
    st.just(q.All()),
    st.builds(q.HasFlag, st.sampled_from(["\\Seen", "\\seen", "a", "A", "b", "none"]).map(Flag)),
    st.builds(q.Uids, st.lists(st.tuples(NUMBERS, NUMBERS).map(lambda pair: (min(pair), max(pair)))).map(UidSet)),
    st.builds(q.Larger, st.sampled_from([0, 200, 600, 5_000, 300_000])),
    st.builds(q.Smaller, st.sampled_from([0, 200, 600, 5_000, 300_000])),
    st.builds(q.Dated, st.sampled_from(q.DateField), st.sampled_from(q.Compare), DAYS | st.just(20_545)),
    st.builds(q.Arrived, st.sampled_from(q.Compare), DAYS.map(lambda day: day * DAY) | st.just(NOON)),
    st.builds(q.ChangedSince, st.integers(0, 6).map(ModSeq)),
    st.builds(q.Header, st.sampled_from(["Subject", "from", "TO", "cc", "X-None", "Message-ID"]), TEXT, COLLATED),
    st.builds(q.Body, TEXT, COLLATED),
    st.builds(q.Text, TEXT, COLLATED),
)


def several(inner: st.SearchStrategy[q.Query]) -> st.SearchStrategy[tuple[q.Query, ...]]:
    return st.lists(inner, max_size=3).map(tuple)


QUERIES: st.SearchStrategy[q.Query] = st.recursive(
    LEAVES,
    lambda inner: st.builds(q.And, several(inner)) | st.builds(q.Or, several(inner)) | st.builds(q.Not, inner),
    max_leaves=8,
)


async def furnish(house: House) -> Mailbox:
    """The sample mails and some plain ones, of several days, flags and modseqs; a few expunged."""
    inbox = await (await (await house.open()).create_account(ALICE)).mailbox(INBOX)
    raws = [*(each.raw for each in mails()), mail("Straße", "die Post"), b"no header", b"", mail("the POST", "äöü a-b")]
    for number, raw in enumerate(raws):
        flags = FlagSet([["\\Seen"], ["a"], ["b", "\\Flagged"], []][number % 4])
        await inbox.append([NewMessage(raw, MailDate(NOON + (number % 5 - 2) * DAY, (number % 3 - 1) * 600), flags)])
    await inbox.update_flags(uids(1, 4, 6), FlagOp.ADD, FlagSet(["a"]))
    await inbox.expunge(uids(2), deleted_only=False)
    return inbox


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def mailboxes(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Mailbox]]:
    houses = [House(engine, Path(tmp_path_factory.mktemp(engine.name))) for engine in engines()]
    yield [runner.run(furnish(house)) for house in houses]
    for house in houses:
        runner.run(house.close())


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(query=QUERIES)
def test_every_engine_finds_the_same(query: q.Query, runner: asyncio.Runner, mailboxes: list[Mailbox]) -> None:
    found = [runner.run(mailbox.search(query)) for mailbox in mailboxes]
    assert found == [found[0]] * len(found)
    assert runner.run(mailboxes[0].search(q.Not(query))) == [
        uid for uid in runner.run(mailboxes[0].search(q.All())) if uid not in found[0]
    ]
