"""Which messages a search of text must read: those the index proposes, less those it is sure of.

Strategy: each criterion is answered by two sets, the messages that match for certain and those that may; AND, OR and NOT combine
them as intervals, so that even a NOT profits: what is not proposed for BODY is sure of NOT BODY. The words of a needle are asked
of the trigram tables, the few fields people search by of their own tables, which is exact; flags, dates and sizes of what knows
them. In a conjunction the rarest comes first, which is the longest needle, and what is left small enough is better read.

The rule it protects: certain ⊆ answer ⊆ possible. Contents that are not indexed are always possible and never certain.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

import apsw
import msgspec

from restante.store import query as q
from restante.store.matching import cost, fold
from restante.store.sqlite import fulltext
from restante.store.sqlite.criteria import matching, statement
from restante.store.sqlite.index import SqliteIndex
from restante.store.sqlite.narrowing import narrow

FEW: Final = 32
"""Messages that are read sooner than asked of the index."""

_RARE: Final = 2_000
"""Contents proposed up to which their fields are looked up one by one; beyond, a pass over all is no dearer."""

_FIELD_TABLES: Final = dict(zip(fulltext.FIELDS, fulltext.FIELD_TABLES, strict=True))

_numbers: Final = msgspec.json.Decoder(list[int]).decode

Uids = frozenset[int]
_NONE: Final[Uids] = frozenset()


@dataclass(frozen=True, slots=True)
class Between:
    """Sets of UIDs: every message of *sure* matches, none outside *maybe* does."""

    sure: Uids
    maybe: Uids


@dataclass(frozen=True, slots=True)
class Worded:
    """A text criterion's parts: its folded needle, what to ask the trigrams, and the name of a field."""

    needle: str
    asked: str | None
    field: str | None

    @classmethod
    def of(cls, query: q.Header | q.Body | q.Text) -> Worded:
        """*query* taken apart."""
        needle = fold(query.text)
        return cls(needle, fulltext.expression(needle), fold(query.name) if isinstance(query, q.Header) else None)

    @property
    def octets(self) -> bytes | None:
        """The needle as the fields' tables compare it, or None if it may span two texts there."""
        return None if fulltext.SEPARATOR in self.needle else fulltext.octets([self.needle])


def facts(query: q.Query, index: SqliteIndex) -> dict[int, Uids]:
    """What the mailbox's *index* says of the criteria inside *query* that it knows, by their ``id``."""
    if cost(query) == 0:
        uids = index.uids
        return {id(query): frozenset([uids[at] for at in narrow(query, index)])}
    match query:
        case q.And(of) | q.Or(of):
            return {key: uids for part in of for key, uids in facts(part, index).items()}
        case q.Not(inner):
            return facts(inner, index)
        case _:
            return {}


class Proposer:
    """Answers from the index, within one read transaction.

    Args:
        connection: where to read.
        mailbox: which mailbox.
        uids: the messages in question, ascending.
        known: what :func:`facts` says of the query.
    """

    def __init__(
        self, connection: apsw.Connection, mailbox: int, uids: Sequence[int], known: Mapping[int, Uids]
    ) -> None:
        self._connection = connection
        self._mailbox = mailbox
        self._uids = uids
        self._known = known

    @cached_property
    def _everything(self) -> Uids:
        return frozenset(self._uids)

    @cached_property
    def pending(self) -> Uids:
        """The messages whose contents are not in the index."""
        return self._ask("unindexed w CROSS JOIN message m ON m.content = w.content AND m.mailbox = ?1", "1")

    def within(self, uids: Uids) -> list[int]:
        """Those of *uids* that are in question, ascending."""
        if len(uids) * 64 > len(self._uids):
            return sorted(uids & self._everything)
        return sorted(filter(self._is_asked, uids))

    def _is_asked(self, uid: int) -> bool:
        at = bisect_left(self._uids, uid)
        return at < len(self._uids) and self._uids[at] == uid

    def propose(self, query: q.Query) -> Between:
        """The bounds of *query*'s answer."""
        if id(query) in self._known:
            return self._exactly(self._known[id(query)])
        match query:
            case q.And(of):
                return self._all(of)
            case q.Or(of):
                return self._any(of)
            case q.Not(inner):
                found = self.propose(inner)
                return Between(self._everything - found.maybe, self._everything - found.sure)
            case q.Header() | q.Body() | q.Text():
                return self._worded(query)
            case _:
                return self._rowed(query)

    def _exactly(self, uids: Uids) -> Between:
        return Between(uids, uids)

    def _unknown(self) -> Between:
        return Between(_NONE, self._everything)

    def _all(self, of: Sequence[q.Query]) -> Between:
        sure = maybe = None
        for part in sorted(of, key=_commonness):
            if maybe is not None and len(maybe) <= FEW:
                return Between(_NONE, maybe)
            found = self.propose(part)
            sure = found.sure if sure is None else sure & found.sure
            maybe = found.maybe if maybe is None else maybe & found.maybe
        return self._exactly(self._everything) if sure is None or maybe is None else Between(sure, maybe)

    def _any(self, of: Sequence[q.Query]) -> Between:
        found = [self.propose(part) for part in of]
        return Between(_NONE.union(*(each.sure for each in found)), _NONE.union(*(each.maybe for each in found)))

    def _rowed(self, query: q.Query) -> Between:
        asked = statement(query)
        if asked is None:
            return self._unknown()
        return self._exactly(frozenset(matching(self._connection, asked, self._mailbox, self._uids)))

    def _worded(self, query: q.Header | q.Body | q.Text) -> Between:
        if query.collation is not None:
            return self._collated(query)
        worded = Worded.of(query)
        if isinstance(query, q.Header):
            return self._header(worded)
        if not worded.needle:
            return self._exactly(self._everything)
        if worded.asked is None:
            return self._unknown()
        body = self._trigrams("body_words", worded.asked) | self.pending
        if isinstance(query, q.Body):
            return Between(_NONE, body)
        header = self._trigrams("header_words", worded.asked)
        return Between(self._in_a_field(worded) - self.pending, header | body)

    def _collated(self, query: q.Header | q.Body | q.Text) -> Between:
        """No collation finds what folding does not, but which of that it finds is for a reading to say."""
        asked = fulltext.expression(fold(query.text), marks=False)
        if asked is None:
            return self._unknown()
        tables = {q.Header: ("header_words",), q.Body: ("body_words",), q.Text: ("header_words", "body_words")}
        return Between(_NONE, self.pending.union(*(self._trigrams(table, asked) for table in tables[type(query)])))

    def _header(self, worded: Worded) -> Between:
        table, wanted = _FIELD_TABLES.get(worded.field or ""), worded.octets
        if table is not None and wanted is not None:
            exact = self._in_field(table, wanted, self._rare(worded.asked))
            return Between(exact - self.pending, exact | self.pending)
        if worded.asked is None:
            return self._unknown()
        return Between(_NONE, self._trigrams("header_words", worded.asked) | self.pending)

    def _trigrams(self, table: str, asked: str) -> Uids:
        members = "CROSS JOIN message m ON m.content = w.rowid AND m.mailbox = ?1"
        return self._ask(f"{table} w {members}", f"w.{table} MATCH ?2", asked)

    def _in_a_field(self, worded: Worded) -> Uids:
        wanted = worded.octets
        if wanted is None:
            return _NONE
        rare = self._rare(worded.asked)
        return _NONE.union(*(self._in_field(table, wanted, rare) for table in _FIELD_TABLES.values()))

    def _rare(self, asked: str | None) -> array[int] | None:
        """The contents whose headers may hold what is *asked*, unless they are many."""
        if asked is None:
            return None
        found = self._connection.execute(
            "SELECT rowid FROM header_words WHERE header_words MATCH ? LIMIT ?", (asked, _RARE)
        ).fetchall()
        return array("q", [cast("int", row[0]) for row in found]) if len(found) < _RARE else None

    def _in_field(self, table: str, wanted: bytes, rare: array[int] | None) -> Uids:
        """The messages with *wanted* in the field of that *table*, which are among *rare*."""
        members = "CROSS JOIN message m ON m.content = w.content AND m.mailbox = ?1"
        if not wanted:
            return self._ask(f"{table} w {members}", "1")
        if rare is None:
            return self._ask(f"{table} w {members}", "instr(w.words, ?2)", wanted)
        if not rare:
            return _NONE
        among = f"carray(?3) c CROSS JOIN {table} w ON w.content = c.value"
        return self._ask(f"{among} {members}", "instr(w.words, ?2)", wanted, apsw.carray(rare))

    def _ask(self, tables: str, where: str, *values: str | bytes | apsw.CArrayBinding) -> Uids:
        # As one JSON array, which is a third of the cost of rows.
        asked = f"SELECT json_group_array(m.uid) FROM {tables} WHERE {where}"
        return frozenset(_numbers(cast("str", self._connection.execute(asked, (self._mailbox, *values)).get)))


def _commonness(query: q.Query) -> int:
    """A guess at how many messages *query* matches; what needs no text goes first, being cheap and exact."""
    match query:
        case q.Header() | q.Body() | q.Text():
            return 0 if len(query.text) < 3 else -len(query.text)
        case q.And(of):
            return min(map(_commonness, of), default=0)
        case q.Or(of):
            return max(map(_commonness, of), default=0)
        case _:
            return 1 if cost(query) >= 2 else -1_000_000
