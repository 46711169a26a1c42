"""A store whose process is killed again and again, in the middle of whatever it was doing, keeps every promise it made.

One data directory lives through several rounds. In each, a child works on it and is killed at a moment of chance; then the
parent opens the directory and compares it with what the child was promised. ``CRASH_ROUNDS`` says how many rounds.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import apsw
import pytest
from tests.support import crashing

from restante.model.entry_name import EntryName
from restante.model.ids import ModSeq, Uid
from restante.store.api import Mailbox
from restante.store.model import Field, MessageRecord
from restante.store.sqlite.store import SqliteStore

ROUNDS: Final = int(os.environ.get("CRASH_ROUNDS", "40"))
PER_DIRECTORY: Final = 20

Fact = dict[str, Any]


@dataclass(slots=True)
class Message:
    """A message as promised; what is None was not said."""

    token: str | None
    flags: frozenset[str] | None
    modseq: int


@dataclass(slots=True)
class Box:
    """What was promised of a mailbox. *gone* are UIDs that may never be seen again; *notes* have each worker's last value."""

    messages: dict[int, Message] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    uid_next: int = 1
    modseq: int = 0
    notes: dict[int, int] = field(default_factory=dict)


class Promises:
    """Everything promised so far, over all rounds."""

    def __init__(self) -> None:
        self.boxes = {str(name): Box() for name in crashing.NAMES}

    def take(self, facts: list[Fact]) -> None:
        """Learn a round's facts. Modseqs tell the order of commits; lines only that of being told."""
        heads, *rest = facts
        for name, (uid_next, modseq) in heads["heads"].items():
            assert uid_next >= self.boxes[name].uid_next
            assert modseq >= self.boxes[name].modseq
        takers = {
            "append": self._append,
            "copy": self._copy,
            "move": self._move,
            "flag": self._flag,
            "annotate": self._annotate,
        }
        for fact in sorted(rest, key=lambda fact: int(fact["modseq"])):
            takers.get(fact["op"], self._expunge)(fact, self.boxes[fact["mailbox"]])

    def _append(self, fact: Fact, box: Box) -> None:
        for uid, token in zip(fact["uids"], fact["tokens"], strict=True):
            self._add(box, uid, Message(token, frozenset(), fact["modseq"]))

    def _add(self, box: Box, uid: int, message: Message) -> None:
        assert uid not in box.messages, "a UID was given out twice"
        assert uid not in box.gone, "a UID was given out twice"
        box.messages[uid] = message
        box.uid_next = max(box.uid_next, uid + 1)
        box.modseq = max(box.modseq, message.modseq)

    def _copy(self, fact: Fact, box: Box) -> None:
        target = self.boxes[fact["target"]]
        for uid, new in zip(fact["uids"], fact["new"], strict=True):
            original = box.messages.get(uid)
            self._add(target, new, Message(original.token if original else None, None, fact["modseq"]))

    def _move(self, fact: Fact, box: Box) -> None:
        self._copy(fact, box)
        self._expunge(fact, box)

    def _flag(self, fact: Fact, box: Box) -> None:
        for uid, modseq, flags in fact["now"]:
            message = box.messages.get(uid)
            if message is not None and modseq >= message.modseq:
                message.flags, message.modseq = frozenset(flags.lower().split()), modseq
        box.modseq = max(box.modseq, fact["modseq"])

    def _annotate(self, fact: Fact, box: Box) -> None:
        box.notes[fact["entry"]] = fact["value"]

    def _expunge(self, fact: Fact, box: Box) -> None:
        for uid in fact["uids"]:
            box.messages.pop(uid, None)
            box.gone.add(uid)
        box.modseq = max(box.modseq, fact["modseq"])


class Nursery:
    """Forks children that work, so that each round costs a fork and not a start of Python."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def round(self, path: Path, seed: int, after: float) -> list[Fact]:
        """What a child was promised that worked for *after* seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seed} {path}\n".encode())
        facts = [await self._fact()]
        assert facts[0] is not None
        assert facts[0]["op"] == "open"
        loop = asyncio.get_running_loop()
        loop.call_later(after, os.kill, facts[0]["pid"], signal.SIGKILL)
        while (fact := await self._fact()) is None or fact["op"] != "died":
            facts.append(fact)
        assert fact["status"] == -signal.SIGKILL, "the child died on its own"
        return [fact for fact in facts if fact is not None]

    async def _fact(self) -> Fact | None:
        """The next line; None for one the child could not finish."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the nursery died"
        try:
            fact: Fact = json.loads(line)
        except json.JSONDecodeError:
            return None
        return fact


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.crashing", limit=1 << 24, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    yield Nursery(process)
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()


async def check(path: Path, promises: Promises, before: dict[str, int]) -> dict[str, int]:
    """The store against the promises, which then learn what was done but not told. *before* has each mailbox's last modseq."""
    store = SqliteStore(path, inline=crashing.INLINE, grace=0)
    await store.open()
    account = await store.account(crashing.ACCOUNT)
    after = {}
    for name in crashing.NAMES:
        mailbox, box = await account.mailbox(name), promises.boxes[name]
        found = {record.uid: await _message(store, record) for record in await _records(mailbox)}
        status = await mailbox.status()
        assert status.uid_next >= box.uid_next
        assert status.modseq >= box.modseq
        vanished = (await mailbox.changes_since(ModSeq(before[name]))).vanished
        _compare(box, found, set(vanished))
        _compare_notes(box, await account.annotations.values(mailbox.id, crashing.NOTES))
        box.messages = {int(uid): message for uid, message in found.items()}
        box.uid_next, box.modseq = status.uid_next, status.modseq
        after[str(name)] = int(status.modseq)
    await store.close()
    return after


async def _records(mailbox: Mailbox) -> list[MessageRecord]:
    """Every message, after a recount of every figure."""
    status, index = await mailbox.status(), await mailbox.index()
    records = await mailbox.messages([Uid(uid) for uid in index.uids], Field.SIZE | Field.RAW)
    assert [record.uid for record in records] == list(index.uids), "a message without content"
    assert [record.flags for record in records] == index.flags
    assert status.messages == len(records)
    assert status.unseen == sum("\\Seen" not in record.flags for record in records)
    assert status.deleted == sum("\\Deleted" in record.flags for record in records)
    assert status.size == sum(record.size for record in records)
    assert all(record.uid < status.uid_next and record.modseq <= status.modseq for record in records)
    return records


async def _message(store: SqliteStore, record: MessageRecord) -> Message:
    raw = record.raw
    if record.blob is not None:
        raw = b"".join([piece async for piece in store.blobs.open(record.blob)])
    assert raw is not None
    assert len(raw) == record.size
    return Message(crashing.token_of(raw), record.flags.keys, record.modseq)


def _compare(box: Box, found: dict[Uid, Message], vanished: set[Uid]) -> None:
    assert not box.gone & found.keys(), "an expunged UID came back"
    for uid, promised in box.messages.items():
        message = found.get(Uid(uid))
        if message is None:
            assert uid in vanished, "a message was lost"
            continue
        assert promised.token in (None, message.token), "a UID changed its message"
        assert message.modseq >= promised.modseq, "a change was lost"
        if message.modseq == promised.modseq:
            assert promised.flags in (None, message.flags), "flags are not as promised"
    box.gone |= vanished


def _compare_notes(box: Box, found: Mapping[EntryName, bytes]) -> None:
    """No annotation is older than promised, and the one set in the same step as others is as new as the newest."""
    values = {number: int(found.get(name, b"0")) for number, name in enumerate(crashing.NOTES)}
    assert all(values[number] >= promised for number, promised in box.notes.items()), "an annotation was lost"
    everybodys = values.pop(crashing.WORKERS)
    assert everybodys in (0, *values.values()), "half a change was kept"
    box.notes = values


@pytest.mark.slow
@pytest.mark.parametrize("part", range(-(-ROUNDS // PER_DIRECTORY)))
async def test_every_promise_is_kept(part: int, tmp_path: Path, nursery: Nursery) -> None:
    chance = random.Random(part)
    store = SqliteStore(tmp_path, inline=crashing.INLINE)
    await store.open()
    account = await store.create_account(crashing.ACCOUNT)
    for name in crashing.NAMES[1:]:
        await account.create(name)
    await store.close()
    promises, heads, told = Promises(), {str(name): 0 for name in crashing.NAMES}, 0
    for number in range(min(PER_DIRECTORY, ROUNDS - part * PER_DIRECTORY)):
        facts = await nursery.round(tmp_path, part * 1000 + number, chance.uniform(0.0, 0.3))
        promises.take(facts)
        heads = await check(tmp_path, promises, heads)
        told += len(facts)
    assert told > PER_DIRECTORY, "the children did nothing"
    connection = apsw.Connection(str(tmp_path / "accounts" / crashing.ACCOUNT / "mail.db"))
    assert connection.pragma("integrity_check") == "ok"
    octets = "SELECT sum(length(name) + length(value)) FROM annotation"
    assert connection.execute(octets).get == connection.execute("SELECT annotation_octets FROM counter").get
    connection.close()
