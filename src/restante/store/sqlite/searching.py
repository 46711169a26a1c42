"""SEARCH: flags and UIDs from the index, dates and sizes from the rows, text from what remains.

Strategy: a conjunction is taken apart by what its criteria cost. Those the index can answer narrow the candidates here and
now, in C-speed passes; those in narrow rows follow as one statement; the index of text proposes what to read of the rest, and
only that is read and decoded, by ``store.matching``: both in a thread with a connection of its own, texts a chunk at a time.

The rule it protects: every answer is what ``store.matching`` says of the message; a plan only decides which messages are asked.
"""

from __future__ import annotations

import mmap
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import apsw

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import EmailId, ModSeq, ThreadId, Uid
from restante.store import query as q
from restante.store.errors import Corrupt
from restante.store.matching import Predicate, Words, cost, predicate
from restante.store.model import Field, MessageRecord
from restante.store.sqlite import reading
from restante.store.sqlite.criteria import matching, statement
from restante.store.sqlite.index import SqliteIndex
from restante.store.sqlite.narrowing import narrow
from restante.store.sqlite.proposing import FEW, Proposer, Uids, facts
from restante.store.words import MessageWords

if TYPE_CHECKING:
    from restante.store.sqlite.account import SqliteAccount

T = TypeVar("T")

_HERE: Final = 2_000
"""Messages up to which rows are asked on the loop."""

_CHUNK: Final = 128
"""Messages read at a time for their text."""

_ROW: Final = Field.DATE | Field.SIZE | Field.SAVE_DATE | Field.IDS | Field.SORT
_HEADER: Final = _ROW | Field.PARTS | Field.HEADER
_WHOLE: Final = _ROW | Field.PARTS | Field.RAW


class Search:
    """One search of one mailbox."""

    def __init__(self, account: SqliteAccount, mailbox: int, query: q.Query) -> None:
        self._account = account
        self._mailbox = mailbox
        parts = query.of if isinstance(query, q.And) else (query,)
        self._by_cost = [q.And(tuple(part for part in parts if _level(part) == level)) for level in range(3)]

    async def run(self, index: SqliteIndex) -> list[Uid]:
        """The UIDs that match, ascending."""
        indexed, rowed, worded = self._by_cost
        # The index is its mailbox's and moves on meanwhile: what is kept of it is a copy.
        among: Sequence[int] = [index.uids[at] for at in narrow(indexed, index)] if indexed.of else index.uids[:]
        known = facts(worded, index) if worded.of and among else {}
        if rowed.of and among:
            among = await self._ask_rows(rowed, among)
        if worded.of and among:
            among = await self._search_words(worded, among, known)
        return list(map(Uid, among))

    async def _ask_rows(self, query: q.Query, among: Sequence[int]) -> Sequence[int]:
        asked = statement(query)
        if asked is None:
            return await self._read_words(query, among)

        def work(connection: apsw.Connection) -> list[Uid]:
            return matching(connection, asked, self._mailbox, among)

        return self._account.read(work) if len(among) <= _HERE else await self._account.scan(work)

    async def _search_words(self, query: q.Query, among: Sequence[int], known: Mapping[int, Uids]) -> Sequence[int]:
        """Ask the index what it knows, and read what remains to be asked."""
        if len(among) <= FEW:
            return await self._read_words(query, among)

        def work(connection: apsw.Connection) -> tuple[list[int], list[int], bool]:
            with reading.snapshot(connection):
                proposer = Proposer(connection, self._mailbox, among, known)
                found = proposer.propose(query)
                return proposer.within(found.sure), proposer.within(found.maybe - found.sure), bool(proposer.pending)

        sure, open_, pending = await self._account.scan(work)
        if pending:
            self._account.text.wake()
        if not open_:
            return sure
        return sorted((*sure, *await self._read_words(query, open_)))

    async def _read_words(self, query: q.Query, among: Sequence[int]) -> list[Uid]:
        stop = threading.Event()
        reader = _Reader(self._account, self._mailbox, predicate(query), _fields(query), stop)
        try:
            return await self._account.scan(lambda connection: reader.matching(connection, among))
        finally:
            # The thread of a search nobody waits for ends with its chunk.
            stop.set()


def _level(query: q.Query) -> int:
    return min(cost(query), 2)


def _fields(query: q.Query) -> Field:
    return (_ROW, _ROW, _HEADER, _WHOLE)[cost(query)]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads candidates and asks each."""

    account: SqliteAccount
    mailbox: int
    test: Predicate
    fields: Field
    stop: threading.Event

    def matching(self, connection: apsw.Connection, among: Sequence[int]) -> list[Uid]:
        found: list[Uid] = []
        for at in range(0, len(among), _CHUNK):
            if self.stop.is_set():
                break
            chunk = reading.messages(
                connection, self.account.sets, self.mailbox, among[at : at + _CHUNK], self.fields, ""
            )
            found += [record.uid for record in chunk if self._matches(record)]
        return found

    def _matches(self, record: MessageRecord) -> bool:
        if record.blob is None:
            return self.test(Candidate(record, record.raw if record.raw is not None else record.header or b""))
        path = self.account.intake.blobs.path(record.blob)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            return self.test(Candidate(record, raw))


class Candidate:
    """See :class:`restante.store.matching.Candidate`."""

    __slots__ = ("_raw", "_record", "_words", "flags", "modseq", "size", "uid")

    def __init__(self, record: MessageRecord, raw: bytes | mmap.mmap) -> None:
        self.uid: Uid = record.uid
        self.flags: FlagSet = record.flags
        self.modseq: ModSeq = record.modseq
        self.size: int = record.size
        self._record = record
        self._raw = raw
        self._words: MessageWords | None = None

    @property
    def internal_date(self) -> MailDate:
        """Its INTERNALDATE."""
        return self._record.internal_date

    @property
    def sent_date(self) -> MailDate | None:
        """Its Date header's moment."""
        keys = self._record.sort_keys
        return None if keys is None or keys.sent is None else MailDate(keys.sent, keys.sent_zone)

    @property
    def save_date(self) -> MailDate:
        """When it came into the mailbox."""
        return MailDate(self._record.save_epoch)

    @property
    def email_id(self) -> EmailId:
        """Its content's id."""
        return _there(self._record.email_id)

    @property
    def thread_id(self) -> ThreadId:
        """Its conversation's id."""
        return _there(self._record.thread_id)

    @property
    def words(self) -> Words:
        """Its text."""
        if self._words is None:
            self._words = MessageWords(self._raw, self._record.parts or b"")
        return self._words


def _there(value: T | None) -> T:
    if value is None:
        raise Corrupt("a message's ids are missing")
    return value
