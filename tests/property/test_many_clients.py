"""Several clients work on the same mailboxes, and each one's picture, made only of what it was sent, comes to be the store's."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.mailbox_model import MailboxModel, responses, resynchronised
from tests.support.memory_client import MemoryConnection, World, world
from tests.support.store import DEFAULT_LIMITS, Clock, Engine, engines
from tests.support.unsteady import unsteady

from restante.imap.state import Selected
from restante.model.mailbox_name import MailboxName

NAMES = ("INBOX", "Box")
FLAGS = ("\\Seen", "\\Deleted", "\\Flagged", "urgent")
WEIGHTS = {
    "append": 6, "store": 14, "delete": 8, "expunge": 6, "uid expunge": 4, "copy": 3, "move": 3, "read": 5, "look": 5,
    "search": 3, "noop": 2, "check": 1, "idle": 5, "select": 2, "examine": 1, "close": 1, "unselect": 1, "status": 1,
    "condstore": 1, "qresync": 3, "resync": 6, "rev2": 1,
}  # fmt: skip
COMMANDS = tuple(verb for verb, weight in WEIGHTS.items() for _ in range(weight))
STEP = st.tuples(st.integers(0, 3), st.sampled_from(COMMANDS), st.integers(0, 7), st.integers(0, 7), st.integers(0, 63))
Step = tuple[int, str, int, int, int]
Truth = list[tuple[int, frozenset[str]]]


def message(number: int) -> bytes:
    """Large enough, at times, to be kept apart from its row and streamed."""
    return b"Subject: %d\r\n\r\n%b\r\n" % (number, b"x" * (11_000 if number % 5 == 0 else 10))


@dataclass
class Actor:
    """A client that does as it is told and keeps a picture of its mailbox."""

    world: World
    connection: MemoryConnection
    model: MailboxModel = field(default_factory=MailboxModel)
    mailbox: str = ""
    read_only: bool = False
    alone: bool = True
    idling: bytes = b""
    dialogue: list[bytes] = field(default_factory=list)

    async def command(self, text: str | bytes) -> bytes:
        """Send it, take in all that comes back, and give the condition of the tagged reply."""
        raw = text.encode() if isinstance(text, str) else text
        reply = await self.connection.command(raw)
        self.dialogue += [raw[:80], reply[:4000]]
        condition = responses(reply)[-1].split()[1]
        assert b"SERVERBUG" not in reply, self.connection.journal.bugs
        if self.model.selected:
            self.model.apply(reply, b"x " + raw)
        return condition

    async def select(self, verb: str, name: str) -> None:
        """Open a mailbox; the picture begins anew."""
        self.model.closed()
        reply = await self.connection.ok(f"{verb} {name}")
        self.dialogue += [verb.encode(), reply]
        self.mailbox, self.read_only = name, verb == "EXAMINE"
        self.model.opened(reply)

    async def stop_idling(self) -> None:
        """DONE."""
        tag, self.idling = self.idling, b""
        reply = await self._until(b"DONE\r\n", tag)
        self.model.apply(reply, b"x IDLE")

    async def _until(self, data: bytes, tag: bytes) -> bytes:
        self.connection.send(data)
        reply = await self.connection.until(lambda out: out.startswith(tag) or b"\r\n" + tag in out)
        self.dialogue.append(reply)
        return reply

    async def act(self, verb: str, a: int, b: int, c: int) -> None:
        """One step; numbers are bent to what there is."""
        if self.idling:
            await self.stop_idling()
        if verb in ("select", "examine"):
            await self.select(verb.upper(), NAMES[a % 2])
        elif verb == "append":
            raw = message(c)
            flags = " ".join(name for at, name in enumerate(FLAGS) if b >> at & 1)
            await self.command(f"APPEND {NAMES[a % 2]} ({flags}) {{{len(raw)}+}}\r\n".encode() + raw)
        elif verb == "status":
            await self.command(f"STATUS {NAMES[a % 2]} (MESSAGES UIDNEXT UNSEEN)")
        elif verb == "condstore":
            await self.command("ENABLE CONDSTORE")
        elif verb == "qresync":
            await self.command("ENABLE QRESYNC")
        elif verb == "rev2":
            await self.command("ENABLE IMAP4rev2")
        elif self.model.selected:
            await self.act_selected(verb, a, b, c)

    async def act_selected(self, verb: str, a: int, b: int, c: int) -> None:
        uid, places = "UID " if c & 1 else "", self.places(a, b)
        chosen = self.chosen(places, by_uid=c & 1 == 1)
        match verb:
            case "store" | "delete":
                await self.store(uid, chosen, places, verb, c >> 1)
            case "expunge" | "noop" | "check":
                await self.command(verb.upper())
            case "uid expunge":
                await self.command(f"UID EXPUNGE {self.chosen(places, by_uid=True)}")
            case "copy" | "move":
                await self.command(f"{uid}{verb.upper()} {chosen} {NAMES[c >> 1 & 1]}")
            case "read":
                await self.command(f"{uid}FETCH {chosen} (BODY[] UID)")
            case "look":
                await self.command(f"{uid}FETCH {chosen} (UID FLAGS)")
            case "search":
                await self.command(f"{uid}SEARCH {('ALL', 'UNDELETED', 'SEEN', '1:*', 'NEW')[c % 5]}")
            case "idle":
                self.idling = b"idle%d " % c
                reply = await self._until(self.idling + b"IDLE\r\n", b"+ ")
                self.model.apply(
                    reply[: reply.rfind(b"+ ")] + reply[reply.index(b"\r\n", reply.rfind(b"+ ")) + 2 :], b""
                )
            case "resync":
                await self.resync()
            case "close" | "unselect":
                assert await self.leave(verb.upper()) == b"OK"
            case _:
                raise AssertionError(verb)

    async def resync(self) -> None:
        """It goes and comes back, knowing what it knew; one answer brings it up to date (RFC 7162 §3.2.5)."""
        kept = self.model.kept()
        state = self.connection.session.state
        if kept is None or "QRESYNC" not in self.connection.session.enabled or not self.model.highest:
            return
        assert isinstance(state, Selected)
        verb = "EXAMINE" if self.read_only else "SELECT"
        since = f"({state.mailbox.uid_validity} {self.model.highest})"
        reply = await self.connection.ok(f"{verb} {self.mailbox} (QRESYNC {since})")
        self.dialogue += [f"{verb} QRESYNC {since}, knowing {kept}".encode(), reply]
        self.model.opened(reply)
        found = resynchronised(kept, reply)
        assert sorted(found) == list(self.view_uids())
        if self.alone:
            assert found == dict(await self.truth())

    async def leave(self, verb: str) -> bytes:
        condition = await self.command(verb)
        self.model.closed()
        return condition

    def places(self, a: int, b: int) -> list[int]:
        """Some neighbours among the messages, by position."""
        held = len(self.model.slots)
        if not held:
            return []
        low, high = sorted((a % held, b % held))
        return list(range(low, high + 1))

    def chosen(self, places: Sequence[int], *, by_uid: bool) -> str:
        """Those messages as a set; by UID, only those whose UIDs are known, and some that are nobody's."""
        if by_uid:
            known = [uid for at in places if (uid := self.model.slots[at].uid) is not None]
            return ",".join(map(str, (*known, 999)))
        return f"{places[0] + 1}:{places[-1] + 1}" if places else "1:*"

    async def store(self, uid: str, chosen: str, places: list[int], verb: str, c: int) -> None:
        """A change of flags, which it takes to be so from then on if it asks not to be told."""
        op = "+FLAGS" if verb == "delete" else ("FLAGS", "+FLAGS", "-FLAGS")[c % 3]
        flag = "\\Deleted" if verb == "delete" else FLAGS[c // 3 % 4]
        silent = c & 1 == 1
        if uid:
            places = [at for at in places if self.model.slots[at].uid is not None]
        if silent and not self.read_only:
            self.model.stored(places, op, frozenset([flag.lower()]))
        await self.command(f"{uid}STORE {chosen} {op}{'.SILENT' if silent else ''} ({flag})")

    async def truth(self) -> Truth:
        """What the store holds of its mailbox."""
        account = await self.world.store.account(self.world.account)
        index = await (await account.mailbox(MailboxName(self.mailbox))).index()
        return [(uid, flags.keys) for uid, flags in zip(index.uids, index.flags, strict=True)]

    async def hears(self) -> None:
        """While it idles, all that happens reaches it, soon and without being asked for."""
        for attempt in range(300):
            await asyncio.sleep(0 if attempt < 100 else 0.001)
            told = self.connection.take()
            if told:
                self.dialogue.append(told)
                self.model.apply(told, b"")
            try:
                self.model.agrees(await self.truth())
                return
            except AssertionError:
                if attempt == 299:
                    raise

    async def comes_to_rest(self) -> None:
        """After NOOP what it knows is so; after looking, it knows all."""
        if self.idling:
            await self.stop_idling()
        if not self.model.selected:
            return
        assert await self.command("NOOP") == b"OK"
        truth = await self.truth()
        self.model.agrees(truth)
        if truth:
            assert await self.command("FETCH 1:* (UID FLAGS)") == b"OK"
        self.model.agrees_fully(truth)
        assert list(self.view_uids()) == [uid for uid, _ in truth]

    def view_uids(self) -> Sequence[int]:
        """What the server believes the client to know."""
        state = self.connection.session.state
        assert isinstance(state, Selected)
        return state.view.uids


async def perform(engine: Engine, path: Path, program: Sequence[Step]) -> None:
    """One step after the other."""
    store = engine.make(path, DEFAULT_LIMITS, Clock())
    await store.open()
    there = await world(store)
    actors: list[Actor] = []
    try:
        actors = await cast_of(there)
        for who, verb, a, b, c in program:
            await actors[who].act(verb, a, b, c)
            for actor in actors:
                if actor.idling and actor.model.selected:
                    await actor.hears()
        for actor in actors:
            await actor.comes_to_rest()
        recent_once(actors)
    except AssertionError as error:
        for number, actor in enumerate(actors):
            error.add_note(b"\n".join([b"client %d" % number, *actor.dialogue]).decode("ascii", "replace"))
        raise
    finally:
        await there.close()


async def cast_of(there: World, beside: World | None = None) -> list[Actor]:
    """Four clients of one mailbox that holds a few messages; one of them looks on only. Every other one is *beside*."""
    actors = [Actor(one, await one.login()) for one in (there, beside or there) * 2]
    await actors[0].command("CREATE Box")
    for number in range(7):
        await actors[0].act("append", number // 6, number, number)
    await actors[2].command("ENABLE QRESYNC")
    for number, actor in enumerate(actors):
        await actor.select("EXAMINE" if number == 3 else "SELECT", "INBOX")
        await actor.command("FETCH 1:* (UID FLAGS)")
    return actors


def recent_once(actors: Sequence[Actor]) -> None:
    """RFC 3501 §2.3.2: a message is recent to one of the sessions that may change it."""
    seen: set[tuple[str, int]] = set()
    for actor in actors:
        if not actor.read_only:
            mine = {(actor.mailbox, slot.uid) for slot in actor.model.slots if slot.recent and slot.uid}
            assert not mine & seen
            seen |= mine


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
def test_pictures_agree(engine: Engine) -> None:
    @settings(
        max_examples=150 if engine.name == "memory" else 40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(program=st.lists(STEP, min_size=20, max_size=60))
    def check(program: list[Step]) -> None:
        with tempfile.TemporaryDirectory() as path:
            asyncio.run(perform(engine, Path(path), program))

    check()


async def work(actor: Actor, die: random.Random, steps: int) -> None:
    """What comes to mind, as fast as the server answers."""
    for _ in range(steps):
        await actor.act(die.choice(COMMANDS), die.randrange(8), die.randrange(8), die.randrange(64))
        await asyncio.sleep(0)


async def work_at_once(engine: Engine, path: Path, seed: int, *, stores: int = 1) -> None:
    """All at the same time, over a store that lets others in between any two calls, or two such beside one another."""
    die = random.Random(seed)
    store = engine.make(path, DEFAULT_LIMITS, Clock())
    await store.open()
    there = await world(unsteady(store, seed))
    beside = None
    if stores == 2:
        other = engine.make(path, DEFAULT_LIMITS, Clock())
        await other.open()
        beside = World(replace(there.services, store=unsteady(other, ~seed)), there.account)
    actors: list[Actor] = []
    try:
        actors = await cast_of(there, beside)
        for actor in actors:
            actor.alone = False
        await asyncio.gather(*(work(actor, random.Random(die.random()), 60) for actor in actors))
        for actor in actors:
            await actor.comes_to_rest()
    except AssertionError as error:
        for number, actor in enumerate(actors):
            error.add_note(b"\n".join([b"client %d" % number, *actor.dialogue]).decode("ascii", "replace"))
        raise
    finally:
        if beside is not None:
            await beside.close()
        await there.close()


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
async def test_pictures_agree_when_all_work_at_once(engine: Engine, seed: int, tmp_path: Path) -> None:
    await work_at_once(engine, tmp_path, seed)


@pytest.mark.parametrize("seed", range(25))
async def test_pictures_agree_across_stores(seed: int, tmp_path: Path) -> None:
    """As processes do that serve one data directory: nothing is shared but the files, and hints through them."""
    (sqlite,) = (engine for engine in engines() if engine.durable)
    await work_at_once(sqlite, tmp_path, seed, stores=2)
