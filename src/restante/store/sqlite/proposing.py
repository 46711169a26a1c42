"""Which messages a search of text must read: those the index proposes, less those it is sure of.

Strategy: each criterion is answered by two sets, the messages that match for certain and those that may; AND, OR and NOT combine
them as intervals, so that even a NOT profits: what is not proposed for BODY is sure of NOT BODY. The words of a needle are asked
of the trigram tables, the few fields people search by of their own tables, which is exact; flags, dates and sizes of what knows
them. In a conjunction the rarest comes first, which is the longest needle, and what is left small enough is better read.

The rule it protects: certain ⊆ answer ⊆ possible. Contents that are not indexed are always possible and never certain.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Final, cast

import apsw
import msgspec

from restante.store import masks
from restante.store import query as q
from restante.store.masks import NONE, Mask
from restante.store.matching import cost, fold
from restante.store.sqlite import fulltext
from restante.store.sqlite.beside import Group
from restante.store.sqlite.narrowing import Held, told

FEW: Final = 32
"""Messages that are read sooner than asked of the index."""

_RARE: Final = 2_000
"""Contents proposed up to which their fields are looked up one by one; beyond, a pass over all is no dearer."""

_FIELD_TABLES: Final = dict(zip(fulltext.FIELDS, fulltext.FIELD_TABLES, strict=True))

_numbers: Final = msgspec.json.Decoder(list[int]).decode


@dataclass(frozen=True, slots=True)
class Between:
    """Sets of messages: every one of *sure* matches, none outside *maybe* does."""

    sure: Mask
    maybe: Mask


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


class Proposer:
    """Answers from what is held and from the index, within one read transaction.

    Args:
        held: the mailbox.
        connection: where to read; None will do for queries that ask nothing of it.
    """

    def __init__(self, held: Held, connection: apsw.Connection | None = None) -> None:
        self._held = held
        self._connection = connection

    @cached_property
    def pending(self) -> Mask:
        """The messages whose contents are not in the index."""
        return self._ask("SELECT json_group_array(content) FROM unindexed")

    def propose(self, query: q.Query) -> Between:
        """The bounds of *query*'s answer."""
        match query:
            case q.And(of):
                return self._all(of)
            case q.Or(of):
                found = [self.propose(part) for part in of]
                return Between(_united(each.sure for each in found), _united(each.maybe for each in found))
            case q.Not(inner):
                every, within = self._held.every, self.propose(inner)
                return Between(every ^ within.maybe, every ^ within.sure)
            case q.Header() | q.Body() | q.Text():
                return self._worded(query)
            case q.WithEmailId(id_):
                return self._with("email_id", id_)
            case q.WithThreadId(id_):
                return self._with("thread_id", id_)
            case _:
                return self._exactly(told(query, self._held))

    def _exactly(self, mask: Mask) -> Between:
        return Between(mask, mask)

    def _unknown(self) -> Between:
        return Between(NONE, self._held.every)

    def _with(self, column: str, wanted: str) -> Between:
        among = "carray(?) a CROSS JOIN content c ON c.id = a.value"
        contents = apsw.carray(self._held.beside[Group.CONTENTS].columns[0])
        return self._exactly(
            self._ask(f"SELECT json_group_array(c.id) FROM {among} WHERE c.{column} = ?", contents, wanted)
        )

    def _all(self, of: Sequence[q.Query]) -> Between:
        sure = maybe = self._held.every
        for part in sorted(of, key=_commonness):
            if not maybe or (cost(part) > 1 and masks.number(maybe) <= FEW):
                return Between(NONE, maybe)
            found = self.propose(part)
            sure &= found.sure
            maybe &= found.maybe
        return Between(sure, maybe)

    def _worded(self, query: q.Header | q.Body | q.Text) -> Between:
        if query.collation is not None:
            return self._collated(query)
        worded = Worded.of(query)
        if isinstance(query, q.Header):
            return self._header(worded)
        if not worded.needle:
            return self._exactly(self._held.every)
        if worded.asked is None:
            return self._unknown()
        body = self._trigrams("body_words", worded.asked) | self.pending
        if isinstance(query, q.Body):
            return Between(NONE, body)
        header = self._trigrams("header_words", worded.asked)
        return Between(self._in_a_field(worded) & ~self.pending, header | body)

    def _collated(self, query: q.Header | q.Body | q.Text) -> Between:
        """No collation finds what folding does not, but which of that it finds is for a reading to say."""
        asked = fulltext.expression(fold(query.text), marks=False)
        if asked is None:
            return self._unknown()
        tables = {q.Header: ("header_words",), q.Body: ("body_words",), q.Text: ("header_words", "body_words")}
        return Between(NONE, _united(self._trigrams(table, asked) for table in tables[type(query)]) | self.pending)

    def _header(self, worded: Worded) -> Between:
        table, wanted = _FIELD_TABLES.get(worded.field or ""), worded.octets
        if table is not None and wanted is not None:
            exact = self._in_field(table, wanted, self._rare(worded.asked))
            return Between(exact & ~self.pending, exact | self.pending)
        if worded.asked is None:
            return self._unknown()
        return Between(NONE, self._trigrams("header_words", worded.asked) | self.pending)

    def _trigrams(self, table: str, asked: str) -> Mask:
        return self._ask(f"SELECT json_group_array(rowid) FROM {table} WHERE {table} MATCH ?", asked)

    def _in_a_field(self, worded: Worded) -> Mask:
        wanted = worded.octets
        if wanted is None:
            return NONE
        rare = self._rare(worded.asked)
        return _united(self._in_field(table, wanted, rare) for table in _FIELD_TABLES.values())

    def _rare(self, asked: str | None) -> array[int] | None:
        """The contents whose headers may hold what is *asked*, unless they are many."""
        if asked is None:
            return None
        found = self._read(
            "SELECT json_group_array(rowid) FROM (SELECT rowid FROM header_words WHERE header_words MATCH ? LIMIT ?)",
            asked,
            _RARE,
        )
        return array("q", found) if len(found) < _RARE else None

    def _in_field(self, table: str, wanted: bytes, rare: array[int] | None) -> Mask:
        """The messages with *wanted* in the field of that *table*, which are among *rare*."""
        if not wanted:
            return self._ask(f"SELECT json_group_array(content) FROM {table}")
        asked = "SELECT json_group_array(w.content) FROM"
        if rare is None:
            return self._ask(f"{asked} {table} w WHERE instr(w.words, ?)", wanted)
        if not rare:
            return NONE
        among = f"carray(?1) c CROSS JOIN {table} w ON w.content = c.value"
        return self._ask(f"{asked} {among} WHERE instr(w.words, ?2)", apsw.carray(rare), wanted)

    def _ask(self, asked: str, *values: str | int | bytes | apsw.CArrayBinding) -> Mask:
        """The messages whose contents a statement gives."""
        return self._held.contents.holding(self._read(asked, *values))

    def _read(self, asked: str, *values: str | int | bytes | apsw.CArrayBinding) -> list[int]:
        # As one JSON array, which is a third of the cost of rows.
        if self._connection is None:
            raise TypeError("this query asks the index")
        return _numbers(cast("str", self._connection.execute(asked, values).get))


def _united(parts: Iterable[Mask]) -> Mask:
    return reduce(or_, parts, NONE)


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
