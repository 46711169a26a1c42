"""A client that applies only what NOTIFY tells it ends with what is in the store, whatever others do (RFC 5465)."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.support.memory_client import MemoryConnection, World
from tests.support.notified_client import Figures, NotifiedClient
from tests.support.store import Engine, engines
from tests.support.told_client import ToldClient, opened

from restante.imap.watching.names import NameChange, name_changes
from restante.model.ids import MailboxId
from restante.model.mailbox_name import MailboxName, ancestors, is_below

NAMES = ("A", "B", "A/X", "A/Y", "B/X", "A/X/Y", "INBOX")
EVENTS = "MessageNew MessageExpunge FlagChange"
ITEMS = "UIDVALIDITY UIDNEXT MESSAGES UNSEEN HIGHESTMODSEQ"
MAIL = b"Subject: x\r\n\r\nx\r\n"
VERBS = ("create", "create", "delete", "rename", "rename", "subscribe", "unsubscribe", "append", "append", "append",
         "flag", "flag", "empty", "select", "unselect", "pause")  # fmt: skip
STEP = st.tuples(st.integers(0, 1), st.sampled_from(VERBS), st.integers(0, 6), st.integers(0, 6))
Step = tuple[int, str, int, int]


async def act(actor: MemoryConnection, verb: str, a: int, b: int) -> None:
    """One step of somebody else; many are refused, which is as good."""
    name, other = NAMES[a], NAMES[b]
    match verb:
        case "create" | "delete" | "subscribe" | "unsubscribe":
            await actor.command(f"{verb.upper()} {name}")
        case "rename":
            await actor.command(f"RENAME {name} {other}")
        case "append":
            flags = "\\Seen" if b % 2 else ""
            await actor.command(b"APPEND %b (%b) {%d+}\r\n%b" % (name.encode(), flags.encode(), len(MAIL), MAIL))
        case "flag" | "empty":
            if b"OK" in (await actor.command(f"SELECT {name}"))[-40:]:
                if verb == "flag":
                    await actor.command(f"STORE {b // 2 + 1} {'+-'[b % 2]}FLAGS.SILENT (\\Seen)")
                else:
                    await actor.command(f"STORE {b + 1} +FLAGS.SILENT (\\Deleted)")
                    await actor.command("EXPUNGE")
                await actor.command("UNSELECT")


class Watcher(ToldClient):
    """The client under test, which selects and leaves mailboxes meanwhile."""

    def __init__(self, connection: MemoryConnection) -> None:
        super().__init__(connection)
        self.client = NotifiedClient()
        self.selected = ""

    def apply(self, told: bytes) -> None:
        self.client.apply(told)

    async def begin(self) -> None:
        await self.connection.ok("ENABLE CONDSTORE")
        await self.connection.ok(
            f"NOTIFY SET (SELECTED (MessageNew (UID FLAGS) MessageExpunge FlagChange)) "
            f"(PERSONAL ({EVENTS} MailboxName SubscriptionChange))"
        )
        await self.command(f'LIST "" * RETURN (SUBSCRIBED STATUS ({ITEMS}))')

    async def select(self, name: str) -> None:
        await self.unselect()
        self.selected = name if b" OK " in await self.command(f"SELECT {name}") else ""
        if self.selected:
            await self.command("UID FETCH 1:* (FLAGS)")

    async def unselect(self) -> None:
        if self.selected:
            # What it knows of a selected mailbox it was told otherwise; what happens from here on it must be told.
            await self.command(f"STATUS {self.selected} ({ITEMS})")
            self.selected = ""
            await self.command("UNSELECT")
            self.client.messages.clear()

    async def agrees(self, there: World) -> None:
        account = await there.store.account(there.account)
        records = await account.list_mailboxes()
        truth: dict[str, Figures] = {}
        for record in records:
            status = record.status
            figures = (status.uid_validity, status.uid_next, status.messages, status.unseen, status.modseq)
            keys = ("UIDVALIDITY", "UIDNEXT", "MESSAGES", "UNSEEN", "HIGHESTMODSEQ")
            truth[record.name] = dict(zip(keys, figures, strict=True))
        self.client.agrees(truth, set(await account.subscriptions()))


async def perform(engine: Engine, path: Path, program: Sequence[Step], seed: int | None) -> None:
    async with opened(engine, path, seed) as there:
        watcher = Watcher(await there.login())
        actors = [await there.login() for _ in range(2)]
        try:
            await watcher.begin()
            for step in program:
                await take_step(watcher, actors, there, step)
            await watcher.unselect()
            await watcher.rests(there)
        except AssertionError as error:
            watcher.report(error)
            raise


async def take_step(watcher: Watcher, actors: Sequence[MemoryConnection], there: World, step: Step) -> None:
    who, verb, a, b = step
    if verb == "pause":
        await watcher.unselect()
        await watcher.rests(there)
    elif verb == "select":
        await watcher.select(NAMES[a])
    elif verb == "unselect":
        await watcher.unselect()
    elif b == 0 and verb not in ("flag", "empty"):
        await asyncio.gather(act(actors[0], verb, a, b), act(actors[1], verb, (a + 1) % 7, a))
    else:
        await act(actors[who], verb, a, b)


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=st.lists(STEP, max_size=40))
def test_ends_with_what_is_there(engine: Engine, program: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(perform(engine, Path(folder), program, None))


@settings(max_examples=40, deadline=None)
@given(program=st.lists(STEP, max_size=40), seed=st.integers(0, 10_000))
def test_ends_with_what_is_there_when_calls_take_their_time(program: list[Step], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(perform(engines()[0], Path(folder), program, seed))


async def perform_selected(program: Sequence[Step], seed: int) -> None:
    async with opened(engines()[0], Path(), seed) as there:
        watcher = Watcher(await there.login())
        actor = await there.login()
        try:
            await watcher.begin()
            await watcher.select("INBOX")
            for _, verb, _, b in program:
                await act(actor, verb if verb in ("append", "flag", "empty") else "append", 6, b)
            index = await (await (await there.store.account(there.account)).mailbox(MailboxName("INBOX"))).index()
            truth = [(uid, flags.keys) for uid, flags in zip(index.uids, index.flags, strict=True)]
            for _ in range(400):
                await asyncio.sleep(0)
                watcher.take(watcher.connection.take())
                if watcher.client.messages == truth:
                    break
            assert watcher.client.messages == truth
        except AssertionError as error:
            watcher.report(error)
            raise


@settings(max_examples=30, deadline=None)
@given(program=st.lists(STEP, max_size=25), seed=st.integers(0, 10_000))
def test_the_selected_mailbox_is_known_without_a_command(program: list[Step], seed: int) -> None:
    asyncio.run(perform_selected(program, seed))


LETTERS = st.sampled_from("ABC")
NAME = st.lists(LETTERS, min_size=1, max_size=3).map("/".join)
TREE = st.dictionaries(NAME, st.integers(0, 9), max_size=9)


def tree(named: dict[str, int], salt: str) -> dict[MailboxId, MailboxName]:
    """Ids to names, each id once, and all levels there."""
    found = {MailboxId(f"F{number}"): MailboxName(name) for name, number in named.items()}
    missing = {above for name in found.values() for above in ancestors(name)} - set(found.values())
    return found | {MailboxId(f"{salt}{name}"): name for name in missing}


def applied(told: dict[MailboxId, MailboxName], changes: list[NameChange], heard: str) -> set[str]:
    """The names a client has that applies the changes it hears of, and moves what lies below by itself."""
    names = {str(name) for name in told.values() if hears(name, heard)}
    for change in changes:
        if change.old in names:
            assert change.old is not None
            moved = {name for name in names if name == change.old or is_below(MailboxName(name), change.old)}
            names -= moved
            assert not any(is_below(MailboxName(name), change.name) for name in names)
            names |= {change.name + name[len(change.old) :] for name in moved}
        elif not change.exists:
            names.discard(change.name)
        else:
            assert change.name not in names
            names.add(change.name)
    return {name for name in names if hears(name, heard)}


def hears(name: str, heard: str) -> bool:
    return not heard or name == heard or name.startswith(heard + "/")


@settings(max_examples=400, deadline=None)
@example(
    told={"A": 2, "A/A": 0, "A/A/A": 1, "C": 0},
    now={"A/A/A": 3, "C": 1, "A/A": 0, "A": 0, "B/A/A": 2},
    heard="A",
    salt="P",
)
@example(
    told={"A": 2, "A/A": 0, "A/A/A": 1, "C": 0},
    now={"A/A/A": 0, "A/A/B": 3, "C": 1, "A/A": 0, "A": 0, "B/A/A": 2},
    heard="A",
    salt="P",
)
@given(told=TREE, now=TREE, heard=st.sampled_from(["", "A", "A/B"]), salt=st.sampled_from("PQ"))
def test_changes_lead_from_one_list_to_the_other(
    told: dict[str, int], now: dict[str, int], heard: str, salt: str
) -> None:
    before, after = tree(told, "P"), tree(now, salt)

    def learns(change: NameChange) -> bool:
        return hears(change.name, heard) or (change.old is not None and hears(change.old, heard))

    changes = name_changes(before, after, learns)
    if not heard:
        assert applied(before, changes, heard) == set(after.values())
    audible = [change for change in changes if learns(change)]
    assert applied(before, audible, heard) == {name for name in after.values() if hears(name, heard)}
    assert name_changes(after, after, learns) == []
