"""Any sequence of operations leaves every engine in the state a few dictionaries are in, and refuses what they refuse."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.support.store import ALICE, Engine, House, check_account, contents, engines, listed, mail, uids
from tests.support.store_model import Flags, ModelAccount

from restante.model.dates import MailDate
from restante.model.entry_name import EntryName
from restante.model.flags import FlagSet
from restante.model.ids import ModSeq
from restante.model.mailbox_name import MailboxName
from restante.store import query as q
from restante.store.annotations import Keep
from restante.store.api import Account, Mailbox, Store
from restante.store.errors import StoreError
from restante.store.model import FlagOp, NewMessage, SpecialUse

T = TypeVar("T")

NAMES = st.sampled_from(["INBOX", "INBOX", "a", "a", "a/b", "a/b/c", "b", "a-b", "INBOX/x"])
HELD = st.sampled_from(["INBOX", "INBOX", "INBOX", "a", "a", "a/b"])
"""Names that mostly have a mailbox, for what is done to messages."""

USES = st.sampled_from([None, None, SpecialUse.SENT, SpecialUse.TRASH])
FLAGS = st.frozensets(st.sampled_from(["\\seen", "\\deleted", "\\flagged", "a", "b"]), max_size=3)
UIDS = st.integers(0, 2).flatmap(lambda few: st.sets(st.integers(1, 3 + 3 * few), min_size=1, max_size=6)).map(sorted)
"""Mostly low numbers, which are there, now and then some beyond."""

ENTRIES = [EntryName(name) for name in ("/private/comment", "/shared/comment", "/private/vendor/acme/x")]
ANNOTATIONS = st.dictionaries(st.sampled_from(ENTRIES), st.none() | st.sampled_from([b"", b"one", b"two"]), max_size=2)
BODIES = st.sampled_from(["short", "other", "x" * 300])
POINTS = st.integers(0, 1_000)


@dataclass(slots=True)
class Trial:
    """One engine with one account, and where its modseqs stood after each step."""

    house: House
    runner: asyncio.Runner
    store: Store
    account: Account
    points: list[ModSeq] = field(default_factory=list)
    identities: dict[int, tuple[str, int]] = field(default_factory=dict)

    def run(self, call: Awaitable[T]) -> T:
        async def wait() -> T:
            return await call

        return self.runner.run(wait())

    async def mailbox(self, name: str) -> Mailbox:
        return await self.account.mailbox(MailboxName(name))

    async def mark(self) -> None:
        """Note where the modseqs stand."""
        self.points.append(await self.account.annotations.modseq())


def outcome(call: Callable[[], T]) -> T | type[StoreError]:
    try:
        return call()
    except StoreError as error:
        return type(error)


class Comparison(RuleBasedStateMachine):
    """Does to each engine what it does to the model."""

    engines: list[Engine] = []  # noqa: RUF012 - set once, before the machine runs

    def __init__(self) -> None:
        super().__init__()
        self.model = ModelAccount()
        self.runner = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        self.trials = [self._trial(engine) for engine in self.engines]
        self.create("a/b", None)
        for name in ("INBOX", "a"):
            self.append(name, [("short", frozenset()), ("other", frozenset({"\\seen", "a"}))])

    def _trial(self, engine: Engine) -> Trial:
        path = Path(self.directory.name) / engine.name
        path.mkdir()
        house = House(engine, path)
        store = self.runner.run(house.open())
        trial = Trial(house, self.runner, store, self.runner.run(store.create_account(ALICE)))
        trial.run(trial.mark())
        return trial

    def teardown(self) -> None:
        for trial in self.trials:
            trial.run(check_account(trial.account))
            trial.run(trial.house.close())
        self.runner.close()
        self.directory.cleanup()

    def compare(self, expected: Callable[[], T], actual: Callable[[Trial], Awaitable[T]]) -> None:
        self.model.step += 1
        wanted = outcome(expected)
        for trial in self.trials:
            assert outcome(partial(trial.run, actual(trial))) == wanted
            trial.run(trial.mark())

    @rule(name=NAMES, use=USES)
    def create(self, name: str, use: SpecialUse | None) -> None:
        async def actual(trial: Trial) -> None:
            await trial.account.create(MailboxName(name), use)

        self.compare(lambda: self.model.create(name, use), actual)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.compare(lambda: self.model.delete(name), lambda trial: trial.account.delete(MailboxName(name)))

    @rule(name=NAMES, to=NAMES)
    def rename(self, name: str, to: str) -> None:
        self.compare(
            lambda: self.model.rename(name, to),
            lambda trial: trial.account.rename(MailboxName(name), MailboxName(to)),
        )

    @rule(name=NAMES, use=USES)
    def set_use(self, name: str, use: SpecialUse | None) -> None:
        self.compare(
            lambda: self.model.set_use(name, use),
            lambda trial: trial.account.set_special_use(MailboxName(name), use),
        )

    @rule(name=NAMES | st.just(""), values=ANNOTATIONS, use=st.just(Keep.AS_IS) | USES)
    def annotate(self, name: str, values: dict[EntryName, bytes | None], use: SpecialUse | Keep | None) -> None:
        new_use = use if name else Keep.AS_IS

        async def actual(trial: Trial) -> None:
            mailbox = (await trial.mailbox(name)).id if name else None
            await trial.account.annotations.change(mailbox, values, new_use)

        self.compare(lambda: self.model.annotate(name, values, new_use), actual)

    @rule(name=NAMES, subscribe=st.booleans())
    def subscription(self, name: str, subscribe: bool) -> None:
        async def actual(trial: Trial) -> None:
            await (trial.account.subscribe if subscribe else trial.account.unsubscribe)(MailboxName(name))

        change = self.model.subscribed.add if subscribe else self.model.subscribed.discard
        self.compare(lambda: change(name), actual)

    @rule(name=HELD, messages=st.lists(st.tuples(BODIES, FLAGS), max_size=4))
    def append(self, name: str, messages: list[tuple[str, Flags]]) -> None:
        given = [(mail(body[:5], body), flags) for body, flags in messages]
        fresh = [NewMessage(raw, MailDate(0), FlagSet(flags)) for raw, flags in given]

        async def actual(trial: Trial) -> list[int]:
            return list((await (await trial.mailbox(name)).append(fresh)).uids)

        self.compare(lambda: self.model.append(name, given), actual)

    @rule(name=HELD, to=HELD, chosen=UIDS, move=st.booleans())
    def copy_or_move(self, name: str, to: str, chosen: list[int], move: bool) -> None:
        async def actual(trial: Trial) -> tuple[list[int], list[int]]:
            source, target = await trial.mailbox(name), await trial.mailbox(to)
            done = await (source.move if move else source.copy)(uids(*chosen), target.id)
            return list(done.source), list(done.target)

        change = self.model.move if move else self.model.copy
        self.compare(lambda: change(name, chosen, to), actual)

    @rule(name=HELD, chosen=UIDS, op=st.sampled_from(FlagOp), flags=FLAGS, point=st.none() | st.none() | POINTS)
    def update(self, name: str, chosen: list[int], op: FlagOp, flags: Flags, point: int | None) -> None:
        step = None if point is None else point % (self.model.step + 1)

        async def actual(trial: Trial) -> tuple[list[tuple[int, Flags]], list[int]]:
            since = None if step is None else trial.points[step]
            done = await (await trial.mailbox(name)).update_flags(uids(*chosen), op, FlagSet(flags), since)
            return [(each.uid, each.flags.keys) for each in done.now], list(done.refused)

        self.compare(lambda: self.model.update(name, chosen, op, flags, step), actual)

    @rule(name=HELD, chosen=st.none() | UIDS, deleted_only=st.booleans())
    def expunge(self, name: str, chosen: list[int] | None, deleted_only: bool) -> None:
        async def actual(trial: Trial) -> list[int]:
            some = None if chosen is None else uids(*chosen)
            return list((await (await trial.mailbox(name)).expunge(some, deleted_only=deleted_only)).uids)

        self.compare(lambda: self.model.expunge(name, chosen, deleted_only), actual)

    @rule(name=HELD, body=BODIES)
    def search(self, name: str, body: str) -> None:
        async def actual(trial: Trial) -> list[int]:
            return list(await (await trial.mailbox(name)).search(q.Body(body[:5])))

        def expected() -> list[int]:
            messages = self.model.box(name).messages
            return [uid for uid, each in messages.items() if body[:5].encode() in each.raw.partition(b"\r\n\r\n")[2]]

        self.compare(expected, actual)

    @rule()
    def restart(self) -> None:
        for trial in self.trials:
            if trial.house.engine.durable:
                trial.store = trial.run(trial.house.reopen())
                trial.account = trial.run(trial.store.account(ALICE))

    @invariant()
    def all_show_the_same(self) -> None:
        for trial in self.trials:
            trial.run(self._same(trial))

    async def _same(self, trial: Trial) -> None:
        boxes = self.model.boxes
        shown = [(each.name, each.special_use, each.subscribed) for each in await listed(trial.account)]
        order = sorted(boxes, key=lambda name: (name != "INBOX", name))
        assert shown == [(name, boxes[name].use, name in self.model.subscribed) for name in order]
        assert set(await trial.account.subscriptions()) == self.model.subscribed
        for name, box in boxes.items():
            mailbox = await trial.mailbox(name)
            seen = [(each.uid, each.raw, each.flags) for each in await contents(trial.store, mailbox)]
            assert seen == [(uid, each.raw, each.flags) for uid, each in box.messages.items()]
            assert (await mailbox.status()).uid_next == box.uid_next
            for step in (0, self.model.step // 2, max(0, self.model.step - 1), self.model.step):
                found = await mailbox.changes_since(trial.points[step])
                told = [(each.uid, each.flags.keys) for each in found.flagged], list(found.vanished)
                assert (found.complete, told) == (True, self.model.changes(name, step))
            assert await trial.account.annotations.values(mailbox.id, ENTRIES) == box.notes
            identity = (mailbox.id, int(mailbox.uid_validity))
            assert trial.identities.setdefault(box.serial, identity) == identity
        assert len(set(trial.identities.values())) == len(trial.identities)
        await self._same_annotations(trial)

    async def _same_annotations(self, trial: Trial) -> None:
        assert await trial.account.annotations.values(None, ENTRIES) == self.model.own.notes
        for step in (0, self.model.step // 2, max(0, self.model.step - 1), self.model.step):
            told = await trial.account.annotations.changes_since(trial.points[step])
            assert {(each.mailbox or "", each.entry) for each in told.changed} == self.model.annotated(step)
            assert (told.complete, len(told.changed)) == (True, len(self.model.annotated(step)))


@pytest.mark.slow
def test_engines_agree() -> None:
    Comparison.engines = engines()
    run_state_machine_as_test(
        Comparison,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
