"""SORT and THREAD over whole sessions answer as RFC 5256, plainly read, on any mailbox, while mail comes and goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import plain_threads
from tests.support.memory_client import MemoryConnection, World, world
from tests.support.plain_threads import Message
from tests.support.store import House, engines

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.model.mailbox_name import MailboxName
from restante.store.api import Mailbox
from restante.store.model import NewMessage

NOON = 1_790_000_000
SUBJECTS = {
    "": ("", False),
    "lunch": ("lunch", False),
    "Re: lunch": ("lunch", True),
    "LUNCH (fwd)": ("LUNCH", True),
    "[list] Tea": ("Tea", False),
    "Fwd: [list] re[2]: tea": ("tea", True),
    "[fwd: =?utf-8?q?=C3=89clair?=]": ("Éclair", True),
    "éclair": ("éclair", False),
}
FROMS = {"": "", "Zoe <ann@x>": "ann", "<BOB@x>": "BOB", '"A, B" <ann@y>, <c@z>': "ann"}
IDS = st.sampled_from("abcdef")
CRITERIA = ("DATE", "ARRIVAL", "SIZE", "SUBJECT", "FROM")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to be: dates in seconds from NOON."""

    arrival: int
    sent: int | None
    subject: str
    sender: str
    own: str
    references: tuple[str, ...]
    by_reply: bool
    seen: bool

    def raw(self) -> bytes:
        refers = " ".join(f"<{each}@x>" for each in self.references)
        fields = {
            "Date": ""
            if self.sent is None
            else time.strftime("%d %b %Y %H:%M:%S -0100", time.gmtime(NOON + self.sent)),
            "Subject": self.subject,
            "From": self.sender,
            "Message-ID": f"<{self.own}@x>" if self.own else "",
            "In-Reply-To" if self.by_reply else "References": refers,
        }
        return "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value).encode() + b"\r\n"

    @property
    def epoch(self) -> int:
        return NOON + (self.arrival if self.sent is None else self.sent + 3600)

    def message(self, number: int) -> Message:
        references = self.references[:1] if self.by_reply else self.references
        return Message(number, self.epoch, *SUBJECTS[self.subject], self.own, references)

    def value(self, criterion: str) -> tuple[int, str]:
        texts = {"SUBJECT": SUBJECTS[self.subject][0], "FROM": FROMS[self.sender]}
        numbers = {"DATE": self.epoch, "ARRIVAL": NOON + self.arrival, "SIZE": len(self.raw())}
        return numbers.get(criterion, 0), texts.get(criterion, "").upper().replace("É", "E\u0301")


SEARCHES: dict[str, Callable[[Mail], bool]] = {
    "ALL": lambda mail: True,
    "UNSEEN": lambda mail: not mail.seen,
    "FROM ann": lambda mail: "ann" in mail.sender,
}
MAILS = st.builds(
    Mail,
    st.integers(0, 3),
    st.none() | st.integers(0, 3),
    st.sampled_from(sorted(SUBJECTS)),
    st.sampled_from(sorted(FROMS)),
    st.just("") | IDS,
    st.lists(IDS, max_size=4).map(tuple),
    st.booleans(),
    st.booleans(),
)
ORDERS = st.lists(st.tuples(st.booleans(), st.sampled_from(CRITERIA)), min_size=1, max_size=3)


def plain_sort(mails: dict[int, Mail], criteria: list[tuple[bool, str]]) -> str:
    def compare(one: int, other: int) -> int:
        for reverse, criterion in criteria:
            first, second = mails[one].value(criterion), mails[other].value(criterion)
            if first != second:
                return -1 if (first < second) != reverse else 1
        return one - other

    return "".join(f" {uid}" for uid in sorted(mails, key=cmp_to_key(compare)))


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module", params=engines(), ids=lambda engine: engine.name)
def served(
    request: pytest.FixtureRequest, runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    house = House(request.param, Path(tmp_path_factory.mktemp("mail")))
    store = runner.run(house.open())
    made = runner.run(world(store))
    yield made
    runner.run(made.close())


NAMES = (MailboxName(f"box{number}") for number in count())


async def check(
    client: MemoryConnection, mails: dict[int, Mail], search: str, criteria: list[tuple[bool, str]]
) -> None:
    found = {uid: mail for uid, mail in mails.items() if SEARCHES[search](mail)}
    order = " ".join(f"{'REVERSE ' * reverse}{criterion}" for reverse, criterion in criteria)
    reply = await client.ok(f"UID SORT ({order}) UTF-8 {search}")
    assert f"* SORT{plain_sort(found, criteria)}\r\n".encode() in reply
    messages = [mail.message(uid) for uid, mail in found.items()]
    for algorithm in (plain_threads.references, plain_threads.ordered_subject, plain_threads.refs):
        name = algorithm.__name__.replace("_", "").upper()
        reply = await client.ok(f"UID THREAD {name} UTF-8 {search}")
        assert f"* THREAD {algorithm(messages)}".rstrip().encode() + b"\r\n" in reply


async def append(mailbox: Mailbox, mails: list[Mail]) -> dict[int, Mail]:
    appended = await mailbox.append(
        [
            NewMessage(mail.raw(), MailDate(NOON + mail.arrival), FlagSet(["\\Seen"] if mail.seen else []))
            for mail in mails
        ]
    )
    return dict(zip(appended.uids, mails, strict=True))


async def live(
    served: World, before: list[Mail], later: list[Mail], gone: set[int], search: str, order: list[tuple[bool, str]]
) -> None:
    account = await served.store.account(served.account)
    name = next(NAMES)
    await account.create(name)
    mailbox = await account.mailbox(name)
    mails = await append(mailbox, before)
    client = await served.login()
    await client.ok(f"SELECT {name}")
    await check(client, mails, search, order)
    await mailbox.expunge([Uid(uid) for uid in mails if uid in gone], deleted_only=False)
    mails = {uid: mail for uid, mail in mails.items() if uid not in gone} | await append(mailbox, later)
    await client.ok("NOOP")
    await check(client, mails, search, order)
    await client.ok("LOGOUT")
    await account.delete(name)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(MAILS, max_size=10),
    st.lists(MAILS, max_size=3),
    st.sets(st.integers(1, 10), max_size=3),
    st.sampled_from(sorted(SEARCHES)),
    ORDERS,
)
def test_sessions(
    runner: asyncio.Runner,
    served: World,
    before: list[Mail],
    later: list[Mail],
    gone: set[int],
    search: str,
    order: list[tuple[bool, str]],
) -> None:
    runner.run(live(served, before, later, gone, search, order))
