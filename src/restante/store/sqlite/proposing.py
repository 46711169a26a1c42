"""Which messages a search of text must read: those the index proposes, less those it is sure of.

Strategy: each criterion is answered by two sets, the messages that match for certain and those that may; AND, OR and NOT combine
them as intervals, so that even a NOT profits: what is not proposed for BODY is sure of NOT BODY. The words of a needle are asked
of the trigram tables, the few fields people search by of ``field_words``, which is exact; flags, dates and sizes of what knows
them. In a conjunction the rarest comes first, which is the longest needle, and what is left small enough is better read.

The rule it protects: certain ⊆ answer ⊆ possible. Contents that are not indexed are always possible and never certain.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, cast

import apsw

from restante.store import query as q
from restante.store.matching import cost, fold
from restante.store.sqlite import fulltext
from restante.store.sqlite.criteria import matching, statement
from restante.store.sqlite.index import SqliteIndex
from restante.store.sqlite.narrowing import narrow

FEW: Final = 32
"""Messages that are read sooner than asked of the index."""

_COLUMNS: Final = {name: f"f.{name}_words" for name in fulltext.FIELDS}
_ANY_FIELD: Final = " OR ".join([f"instr({column}, ?2)" for column in _COLUMNS.values()])
_MEMBER: Final = "CROSS JOIN message m ON m.content = w.rowid AND m.mailbox = ?1"
_FIELDS_OF: Final = "CROSS JOIN field_words f ON f.content = w.rowid"

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
        """The needle as ``field_words`` compares it, or None if it may span two texts there."""
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
        if len(uids) * 8 > len(self._uids):
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
            # No collation finds what folding does not, but which of that it finds is for a reading to say.
            return Between(_NONE, self._worded(replace(query, collation=None)).maybe)
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

    def _header(self, worded: Worded) -> Between:
        column, wanted = _COLUMNS.get(worded.field or ""), worded.octets
        if column is not None and wanted is not None:
            exact = self._in_field(column, wanted, worded.asked)
            return Between(exact - self.pending, exact | self.pending)
        if worded.asked is None:
            return self._unknown()
        return Between(_NONE, self._trigrams("header_words", worded.asked) | self.pending)

    def _trigrams(self, table: str, asked: str) -> Uids:
        return self._ask(f"{table} w {_MEMBER}", f"w.{table} MATCH ?2", asked)

    def _in_field(self, column: str, wanted: bytes, asked: str | None) -> Uids:
        if not wanted:
            return self._ask(f"field_words w {_MEMBER} {_FIELDS_OF}", f"{column} IS NOT NULL")
        if asked is None:
            return self._ask(f"field_words w {_MEMBER} {_FIELDS_OF}", f"instr({column}, ?2)", wanted)
        return self._ask(
            f"header_words w {_FIELDS_OF} {_MEMBER}", f"w.header_words MATCH ?3 AND instr({column}, ?2)", wanted, asked
        )

    def _in_a_field(self, worded: Worded) -> Uids:
        wanted = worded.octets
        if wanted is None or worded.asked is None:
            return _NONE
        return self._ask(
            f"header_words w {_FIELDS_OF} {_MEMBER}",
            f"w.header_words MATCH ?3 AND ({_ANY_FIELD})",
            wanted,
            worded.asked,
        )

    def _ask(self, tables: str, where: str, *values: str | bytes) -> Uids:
        found = self._connection.execute(f"SELECT m.uid FROM {tables} WHERE {where}", (self._mailbox, *values))
        return frozenset([cast("int", row[0]) for row in found])


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
