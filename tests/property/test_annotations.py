"""A client that reads the annotations it is told of, and no others, has them all, whatever others do (RFC 5465 §5.6, §5.7)."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.memory_client import MemoryConnection, World
from tests.support.store import Engine, engines
from tests.support.told_client import ToldClient, opened

from restante.model.entry_name import EntryName

NAMES: Final = ("", "", "A", "A", "A/X", "B", "INBOX")
ENTRIES: Final = ("/private/comment", "/shared/comment", "/private/vendor/acme/x")
VERBS: Final = ("create", "delete", "annotate", "annotate", "annotate", "both", "own", "noop", "rest")
STEP = st.tuples(st.sampled_from(VERBS), st.integers(0, 6), st.integers(0, 2), st.integers(0, 3))
Step = tuple[str, int, int, int]
Known = dict[tuple[str, str], str]

_CHANGED: Final = re.compile(r"METADATA (\S+) (/\S+(?: /\S+)*)")
_VALUES: Final = re.compile(r"METADATA (\S+) \((.*)\)")
_PAIR: Final = re.compile(r'(/\S+) (NIL|"[^"]*")')
_GONE: Final = re.compile(r'LIST \([^)]*\\NonExistent[^)]*\) "/" (\S+)')


class Reader(ToldClient):
    """The client: what it knows, and what it must read again."""

    def __init__(self, connection: MemoryConnection) -> None:
        super().__init__(connection)
        self.known: Known = {}
        self.stale: set[tuple[str, str]] = set()

    def apply(self, told: bytes) -> None:
        for line in told.decode().split("\r\n"):
            text = line.removeprefix("* ")
            assert "OVERFLOW" not in text
            if (found := _CHANGED.fullmatch(text)) is not None:
                self.stale |= {(found[1], entry) for entry in found[2].split()}
            elif (found := _VALUES.fullmatch(text)) is not None:
                self._learn(found[1], _PAIR.findall(found[2]))
            elif (found := _GONE.fullmatch(text)) is not None:
                self.known = {key: value for key, value in self.known.items() if key[0] != found[1]}
                self.stale = {key for key in self.stale if key[0] != found[1]}

    def _learn(self, place: str, pairs: Sequence[tuple[str, str]]) -> None:
        for entry, value in pairs:
            self.known.pop((place, entry), None)
            if value != "NIL":
                self.known[place, entry] = value.strip('"')

    async def catch_up(self) -> None:
        while self.stale:
            place, entry = self.stale.pop()
            await self.command(f"GETMETADATA {place} {entry}")

    async def agrees(self, there: World) -> None:
        assert self.known == await truth(there)


async def truth(there: World) -> Known:
    account = await there.store.account(there.account)
    entries = [EntryName(name) for name in ENTRIES]
    places = [
        (record.name, await account.annotations.values(record.id, entries)) for record in await account.list_mailboxes()
    ]
    places.append(('""', await account.annotations.values(None, entries)))  # type: ignore[arg-type] # no mailbox's name
    return {(name, entry): value.decode() for name, values in places for entry, value in values.items()}


def setting(name: str, entry: int, value: int) -> str:
    place = name or '""'
    return f"SETMETADATA {place} ({ENTRIES[entry]} " + ("NIL" if value == 0 else f'"{value}"') + ")"


async def act(actor: MemoryConnection, verb: str, name: str, entry: int, value: int) -> None:
    """One step of somebody else; many are refused, which is as good."""
    if verb == "annotate":
        await actor.command(setting(name, entry, value))
    elif name:
        await actor.command(f"{verb.upper()} {name}")


async def perform(engine: Engine, path: Path, program: Sequence[Step], seed: int | None) -> None:
    async with opened(engine, path, seed) as there:
        reader = Reader(await there.login())
        actors = [await there.login() for _ in range(2)]
        try:
            await reader.command("NOTIFY SET (PERSONAL (MailboxName MailboxMetadataChange ServerMetadataChange))")
            for step in program:
                await take_step(reader, actors, there, step)
            await reader.rests(there)
        except AssertionError as error:
            reader.report(error)
            raise


async def take_step(reader: Reader, actors: Sequence[MemoryConnection], there: World, step: Step) -> None:
    verb, a, entry, value = step
    name = NAMES[a]
    if verb == "rest":
        await reader.rests(there)
    elif verb == "noop":
        await reader.command("NOOP")
    elif verb == "own":
        # What a client set itself it knows, if nobody has changed it since; to be safe it asks.
        await reader.command(setting(name, entry, value))
        await reader.command(f"GETMETADATA {name or chr(34) * 2} {ENTRIES[entry]}")
    elif verb == "both":
        await asyncio.gather(
            act(actors[0], "annotate", name, entry, value), act(actors[1], "annotate", name, entry, 3 - value)
        )
    else:
        await act(actors[value % 2], verb, name, entry, value)


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=st.lists(STEP, max_size=40))
def test_ends_with_what_is_there(engine: Engine, program: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(perform(engine, Path(folder), program, None))


@settings(max_examples=60, deadline=None)
@given(program=st.lists(STEP, max_size=40), seed=st.integers(0, 10_000))
def test_ends_with_what_is_there_when_calls_take_their_time(program: list[Step], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(perform(engines()[0], Path(folder), program, seed))
