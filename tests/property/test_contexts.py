"""A client that applies ADDTO and REMOVEFROM as they come has what the same search would give (RFC 5267 §4.3)."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.memory_client import MemoryConnection, world
from tests.support.store import DEFAULT_LIMITS, Clock, Engine, engines
from tests.support.unsteady import unsteady

COMMANDS = (
    "UID SEARCH RETURN (UPDATE ALL) UNSEEN",
    "SEARCH RETURN (UPDATE ALL) ALL",
    "UID SEARCH RETURN (UPDATE ALL) OR SEEN SUBJECT b",
    "UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 UNSEEN",
    "UID SORT RETURN (UPDATE ALL) (REVERSE SUBJECT) UTF-8 ALL",
)
STEP = st.tuples(
    st.sampled_from(("append", "append", "append", "flag", "flag", "flag", "expunge", "own flag", "look", "noop")),
    st.integers(0, 6),
    st.integers(0, 6),
)
Step = tuple[str, int, int]
_UPDATE = re.compile(rb'\* ESEARCH \(TAG "t(\d+)"\)(?: UID)? (ADDTO|REMOVEFROM) \((.*)\)')


def numbers(text: str) -> list[int]:
    """A set's members, in its order."""
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition(":")
        found += range(int(low), int(high or low) + 1)
    return found


class Follower:
    """Results by the number of their commands' tags, as a client keeps them; those of message numbers move with EXPUNGE."""

    def __init__(self) -> None:
        self.results: dict[int, list[int]] = {}
        self.by_number: set[int] = set()

    def apply(self, data: bytes) -> None:
        for line in data.split(b"\r\n"):
            if (found := _UPDATE.fullmatch(line)) is not None:
                words = found[3].decode().split()
                for position, members in zip(words[::2], words[1::2], strict=True):
                    self._change(self.results[int(found[1])], found[2] == b"ADDTO", int(position), numbers(members))
            elif (gone := re.fullmatch(rb"\* (\d+) EXPUNGE", line)) is not None:
                self._renumber(int(gone[1]))

    def _change(self, result: list[int], adds: bool, position: int, members: list[int]) -> None:
        if adds:
            assert not set(members) & set(result)
            if position:
                result[position - 1 : position - 1] = members
            else:
                result[:] = sorted([*result, *members])
        elif position:
            assert result[position - 1 : position - 1 + len(members)] == members
            del result[position - 1 : position - 1 + len(members)]
        else:
            assert set(members) <= set(result)
            result[:] = [one for one in result if one not in members]

    def _renumber(self, gone: int) -> None:
        for tag in self.by_number:
            assert gone not in self.results[tag]
            self.results[tag] = [one - (one > gone) for one in self.results[tag]]


def result(reply: bytes) -> list[int]:
    """What ALL says."""
    found = re.search(rb" ALL (\S+)", reply)
    return numbers(found[1].decode()) if found else []


async def act(actor: MemoryConnection, verb: str, a: int, b: int) -> bytes:
    match verb:
        case "append":
            mail = b"Subject: %b\r\n\r\nx\r\n" % b"abc"[a % 3 : a % 3 + 1]
            return await actor.command(b"APPEND INBOX (%b) {%d+}\r\n%b" % (b"\\Seen" * (b % 2), len(mail), mail))
        case "flag" | "own flag":
            return await actor.command(f"UID STORE {a + 1}:{b + 1} {'+-'[b % 2]}FLAGS.SILENT (\\Seen)")
        case "expunge":
            await actor.command(f"UID STORE {a + 1},{b + 1} +FLAGS.SILENT (\\Deleted)")
            return await actor.command("EXPUNGE")
        case "look":
            return await actor.command("FETCH 1:* (UID)")
        case _:
            return await actor.command("NOOP")


async def perform(engine: Engine, path: Path, program: Sequence[Step], seed: int | None) -> None:
    store = engine.make(path, DEFAULT_LIMITS, Clock())
    await store.open()
    there = await world(store if seed is None else unsteady(store, seed))
    client, other = await there.login(), await there.login()
    follower = Follower()
    try:
        for number in range(4):
            await act(other, "append", number, number)
        await other.ok("SELECT INBOX")
        await client.ok("SELECT INBOX")
        for text in COMMANDS:
            reply = await client.command(text)
            tag = int(reply.rsplit(b"\r\nt", 1)[1].split()[0])
            follower.results[tag] = result(reply)
            if not text.startswith("UID"):
                follower.by_number.add(tag)
        for verb, a, b in program:
            if verb in ("look", "noop", "own flag"):
                follower.apply(await act(client, verb, a, b))
            else:
                await act(other, verb, a, b)
        follower.apply(await client.ok("NOOP"))
        for text, kept in zip(COMMANDS, follower.results.values(), strict=True):
            assert result(await client.ok(text.replace("UPDATE ", ""))) == kept, text
    finally:
        await there.close()


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=st.lists(STEP, max_size=30))
def test_results_stay_what_a_search_would_give(engine: Engine, program: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(perform(engine, Path(folder), program, None))


@settings(max_examples=25, deadline=None)
@given(program=st.lists(STEP, max_size=30), seed=st.integers(0, 10_000))
def test_results_stay_so_when_calls_take_their_time(program: list[Step], seed: int) -> None:
    asyncio.run(perform(engines()[0], Path(), program, seed))
