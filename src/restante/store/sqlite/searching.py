"""SEARCH: flags, dates and sizes from what lies in memory, text from the index of text and from what it leaves open.

Strategy: what needs no text is answered here and now, in passes at C's speed. Else the index of text proposes what to read, and
only that is read and decoded, by ``store.matching``: both in a thread with a connection of its own, texts a chunk at a time.

The rule it protects: every answer is what ``store.matching`` says of the message; a plan only decides which messages are asked.
"""

from __future__ import annotations

import mmap
import threading
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final, TypeVar, cast

import apsw

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import EmailId, ModSeq, ThreadId, Uid
from restante.store import masks
from restante.store import query as q
from restante.store.attachments import edition
from restante.store.batches import OCTETS, done_with
from restante.store.errand import Errand
from restante.store.errors import Corrupt
from restante.store.masks import Mask
from restante.store.matching import Predicate, Words, cost, predicate
from restante.store.model import Field, MessageRecord
from restante.store.sqlite import fulltext, reading
from restante.store.sqlite.attached import Finder, is_behind
from restante.store.sqlite.beside import Group
from restante.store.sqlite.narrowing import Held
from restante.store.sqlite.proposing import FEW, Proposer
from restante.store.words import Attached, MessageWords

if TYPE_CHECKING:
    from restante.store.sqlite.account import SqliteAccount

T = TypeVar("T")

_HERE: Final = 1_000_000
"""Messages times criteria up to which what lies in memory is asked on the loop: some five milliseconds."""

_OCTETS: Final = 8
"""Octets of fields' texts that count as a message there."""

_CHUNK: Final = 128
"""Messages read at a time for their text."""

_HEADER: Final = Field.PARTS | Field.HEADER
_WHOLE: Final = Field.PARTS | Field.RAW


class Search:
    """One search of one mailbox."""

    def __init__(self, account: SqliteAccount, mailbox: int, query: q.Query, errand: Errand) -> None:
        self._account = account
        self._errand = errand
        self._mailbox = mailbox
        self._query = query

    async def run(self, held: Held) -> list[Uid]:
        """The UIDs that match, ascending, of the mailbox as it is *held*, with the columns the query takes."""
        if Group.CONTENTS not in held.beside:
            return await self._ask_memory(held)
        if cost(self._query) > 1 and len(held.uids) <= FEW:
            return await self._read_words(held.uids)
        return await self._ask_index(held)

    async def _ask_memory(self, held: Held) -> list[Uid]:
        """Ask what lies in memory, and read what it does not know: messages whose fields wait to be indexed."""

        def work() -> tuple[list[Uid], list[Uid]]:
            found = Proposer(held).propose(self._query)
            return _uids(found.sure, held), _uids(found.maybe & ~found.sure, held)

        octets = sum(each.octets for each in held.said.values())
        effort = (len(held.uids) + octets // _OCTETS) * _criteria(self._query)
        sure, open_ = work() if effort <= _HERE else await self._account.in_scan(work)
        if not open_:
            return sure
        self._account.text.met()
        return sorted((*sure, *await self._read_words(open_)))

    async def _ask_index(self, held: Held) -> list[Uid]:
        """Ask the index what it knows, and read what remains to be asked."""

        def work(connection: apsw.Connection) -> tuple[list[Uid], list[Uid], bool]:
            with reading.snapshot(connection):
                worded = cost(self._query) > 1
                if worded and not fulltext.is_current(connection, edition(self._account.shared.attachments)):
                    return [], cast("list[Uid]", list(held.uids)), False
                proposer = Proposer(held, connection)
                found = proposer.propose(self._query)
                waits = worded and bool(proposer.pending)
            return _uids(found.sure, held), _uids(found.maybe & ~found.sure, held), waits

        sure, open_, waits = await self._account.scan(work)
        if waits:
            self._account.text.met()
        if not open_:
            return sure
        return sorted((*sure, *await self._read_words(open_)))

    async def _read_words(self, among: Sequence[int]) -> list[Uid]:
        ours = threading.Event()
        reader = _Reader(self._account, self._mailbox, predicate(self._query), _fields(self._query), ours, self._errand)
        try:
            return await self._account.scan(lambda connection: reader.matching(connection, among), self._apart())
        finally:
            # The thread of a search that was cancelled ends with its message, as that of one given up.
            ours.set()

    def _apart(self) -> Executor | None:
        """The threads to read in where documents may have to be read first: that takes long, and others are not to wait."""
        attachments = self._account.shared.attachments
        if attachments is None or not _fields(self._query) & Field.RAW:
            return None
        waits = self._account.read(lambda connection: is_behind(connection, edition(attachments)))
        return self._account.shared.extractions if waits else None


def _uids(mask: Mask, held: Held) -> list[Uid]:
    return cast("list[Uid]", masks.members(mask, held.uids))


def _criteria(query: q.Query) -> int:
    match query:
        case q.And(of) | q.Or(of):
            return 1 + sum(map(_criteria, of))
        case q.Not(inner):
            return 1 + _criteria(inner)
        case _:
            return 1


def _fields(query: q.Query) -> Field:
    """What is read of a message to ask it *query*."""
    match query:
        case q.And(of) | q.Or(of):
            return reduce(or_, map(_fields, of), Field(0))
        case q.Not(inner):
            return _fields(inner)
        case q.Header():
            return _HEADER
        case q.Body() | q.Text():
            return _WHOLE
        case q.Dated(q.DateField.SENT):
            return Field.DATE | Field.SORT
        case q.Dated() | q.Arrived():
            return Field.DATE | Field.SAVE_DATE
        case q.Larger() | q.Smaller():
            return Field.SIZE
        case q.WithEmailId() | q.WithThreadId():
            return Field.IDS
        case _:
            return Field(0)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads candidates and asks each."""

    account: SqliteAccount
    mailbox: int
    test: Predicate
    fields: Field
    over: threading.Event
    errand: Errand

    def matching(self, connection: apsw.Connection, among: Sequence[int]) -> list[Uid]:
        found: list[Uid] = []
        finder = self._finder(connection)
        at, sets = 0, self.account.sets
        while at < len(among) and not self._is_over():
            self.errand.tell(at, len(among))
            asked = among[at : at + _CHUNK]
            chunk = reading.messages(connection, sets, self.mailbox, asked, self.fields, "", OCTETS)
            found += [record.uid for record in chunk if not self._is_over() and self._matches(record, finder)]
            at += done_with(asked, [record.uid for record in chunk])
        return found

    def _is_over(self) -> bool:
        """Whether nobody waits any more."""
        return self.over.is_set() or not self.errand.wanted

    def _finder(self, connection: apsw.Connection) -> Finder | None:
        attachments = self.account.shared.attachments
        if attachments is None or not self.fields & Field.RAW:
            return None
        return Finder(connection, self.mailbox, attachments, fulltext.is_current(connection, edition(attachments)))

    def _matches(self, record: MessageRecord, finder: Finder | None) -> bool:
        attached = None if finder is None else finder.of(record.uid)
        if record.blob is None:
            small = record.raw if record.raw is not None else record.header or b""
            return self.test(Candidate(record, small, attached))
        path = self.account.intake.blobs.path(record.blob)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            return self.test(Candidate(record, raw, attached))


class Candidate:
    """See :class:`restante.store.matching.Candidate`."""

    __slots__ = ("_attached", "_raw", "_record", "_words", "flags", "modseq", "size", "uid")

    def __init__(self, record: MessageRecord, raw: bytes | mmap.mmap, attached: Attached | None = None) -> None:
        self.uid: Uid = record.uid
        self.flags: FlagSet = record.flags
        self.modseq: ModSeq = record.modseq
        self.size: int = record.size
        self._record = record
        self._raw = raw
        self._attached = attached
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
            self._words = MessageWords(self._raw, self._record.parts or b"", attached=self._attached)
        return self._words


def _there(value: T | None) -> T:
    if value is None:
        raise Corrupt("a message's ids are missing")
    return value
