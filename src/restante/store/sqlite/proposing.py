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
from restante.store.sqlite import fields, fulltext, pairs
from restante.store.sqlite.beside import Group
from restante.store.sqlite.narrowing import Held, field_of, groups, told

FEW: Final = 32
"""Messages that are read sooner than asked of the index."""

_RARE: Final = 2_000
"""Contents proposed up to which their fields are looked up one by one; beyond, a pass over all is no dearer."""

_PAIRS: Final = 1_000
"""Messages from which on two characters are looked up, which takes some 20 ms, and more with many scripts."""

_OFTEN: Final = 2
"""Sequences with two characters for each message, from which on they propose too much to be worth it."""

_FIELDS: Final = {name: number for number, name in enumerate(fields.NAMES)}

_numbers: Final = msgspec.json.Decoder(list[int]).decode


@dataclass(frozen=True, slots=True)
class Between:
    """Sets of messages: every one of *sure* matches, none outside *maybe* does."""

    sure: Mask
    maybe: Mask


@dataclass(frozen=True, slots=True)
class Worded:
    """A text criterion's folded needle, and the name of a field."""

    needle: str
    field: str | None

    @classmethod
    def of(cls, query: q.Header | q.Body | q.Text) -> Worded:
        """*query* taken apart."""
        return cls(fold(query.text), fold(query.name) if isinstance(query, q.Header) else None)

    @property
    def octets(self) -> bytes | None:
        """The needle as the fields' texts compare it, or None if it may span two of them."""
        return None if fields.SEPARATOR in self.needle else fields.octets([self.needle])


class Proposer:
    """Answers from what is held and from the index, within one read transaction.

    Args:
        held: the mailbox.
        connection: where to read; None will do for queries that ask nothing of it.
    """

    def __init__(self, held: Held, connection: apsw.Connection | None = None) -> None:
        self._held = held
        self._connection = connection
        self._left = len(held.uids)

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
        for part in sorted(of, key=self._commonness):
            if not maybe or (self._is_dear(part) and masks.number(maybe) <= FEW):
                return Between(NONE, maybe)
            found = self._of_those_left(part, masks.number(maybe))
            sure &= found.sure
            maybe &= found.maybe
        return Between(sure, maybe)

    def _of_those_left(self, query: q.Query, count: int) -> Between:
        """The bounds of *query*'s answer where *count* messages at most are of interest."""
        before, self._left = self._left, min(count, self._left)
        try:
            return self.propose(query)
        finally:
            self._left = before

    def _is_dear(self, query: q.Query) -> bool:
        """Whether *query* asks for text that is not in memory."""
        return cost(query) > 1 and Group.CONTENTS in groups(query, self._held.said)

    def _commonness(self, query: q.Query) -> int:
        """A guess at how many messages *query* matches; what needs no look at the index goes first, being cheap and exact."""
        return _commonness(query) if self._is_dear(query) else _SURELY

    def _worded(self, query: q.Header | q.Body | q.Text) -> Between:
        if query.collation is not None:
            return self._collated(query)
        worded = Worded.of(query)
        if isinstance(query, q.Header):
            return self._said(query, worded) or self._header(worded)
        if not worded.needle:
            return self._exactly(self._held.every)
        body = self._trigrams(fulltext.BODY, worded.needle)
        if isinstance(query, q.Body):
            return self._open(body)
        header = self._looked_up(fulltext.HEADER, worded.needle)
        if body is None or header is None:
            return self._unknown()
        maybe = self._held.contents.holding(header) | body | self.pending
        return Between(self._in_a_field(worded, header) & ~self.pending, maybe)

    def _open(self, mask: Mask | None) -> Between:
        """None for certain, and what waits as well as *mask*."""
        return self._unknown() if mask is None else Between(NONE, mask | self.pending)

    def _collated(self, query: q.Header | q.Body | q.Text) -> Between:
        """No collation finds what folding does not, but which of that it finds is for a reading to say."""
        tables = {q.Header: (fulltext.HEADER,), q.Body: (fulltext.BODY,), q.Text: (fulltext.HEADER, fulltext.BODY)}
        found = [self._trigrams(table, fold(query.text), marks=False) for table in tables[type(query)]]
        return self._open(None if None in found else _united(each for each in found if each))

    def _said(self, query: q.Header, worded: Worded) -> Between | None:
        """What a field's column knows, if there is one."""
        column = self._held.said.get(field_of(query) or "")
        if column is None or worded.octets is None:
            return None
        exact = column.holding(worded.octets)
        return Between(exact, exact | column.unknown)

    def _header(self, worded: Worded) -> Between:
        wanted = worded.octets
        if worded.field in _FIELDS and wanted is not None:
            exact = self._in_field(worded.field, wanted, self._rare(worded.needle))
            return Between(exact & ~self.pending, exact | self.pending)
        return self._open(self._trigrams(fulltext.HEADER, worded.needle))

    def _trigrams(self, table: str, needle: str, *, marks: bool = True) -> Mask | None:
        """The messages whose text in *table* may hold the folded *needle*; None if it cannot say."""
        found = self._looked_up(table, needle, marks=marks)
        return None if found is None else self._held.contents.holding(found)

    def _looked_up(self, table: str, needle: str, *, marks: bool = True) -> list[int] | None:
        """As :meth:`_trigrams`, their contents."""
        asked = fulltext.expression(table, needle, marks=marks)
        if asked is not None:
            return self._read(f"SELECT json_group_array(rowid) FROM {table} WHERE {table} MATCH ?", asked)
        pair = fulltext.pair(table, needle, marks=marks) if self._left >= _PAIRS else None
        return None if pair is None else pairs.contents_with(self._opened, table, pair, _OFTEN * len(self._held.uids))

    def _in_a_field(self, worded: Worded, among: Sequence[int]) -> Mask:
        """The messages with the needle in one of the fields, whose contents are *among* these."""
        wanted = worded.octets
        if wanted is None:
            return NONE
        rare = array("q", among) if len(among) < _RARE else None
        return _united(self._in_field(name, wanted, rare) for name in _FIELDS)

    def _rare(self, needle: str) -> array[int] | None:
        """The contents whose headers may hold the folded *needle*, unless they are many."""
        asked = fulltext.expression(fulltext.HEADER, needle)
        if asked is None:
            return None
        found = self._read(
            "SELECT json_group_array(rowid) FROM (SELECT rowid FROM header_words WHERE header_words MATCH ? LIMIT ?)",
            asked,
            _RARE,
        )
        return array("q", found) if len(found) < _RARE else None

    def _in_field(self, name: str, wanted: bytes, rare: array[int] | None) -> Mask:
        """The messages with *wanted* in the field of that *name*, which are among *rare*."""
        field = _FIELDS[name]
        column = fields.COLUMNS[field]
        if not wanted:
            return self._ask(f"SELECT json_group_array(content) FROM fields WHERE {column} IS NOT NULL")
        if rare is None:
            users = "CROSS JOIN field_users u ON u.field = t.field AND u.text = t.text"
            return self._ask(
                f"SELECT json_group_array(u.content) FROM field_texts t {users} WHERE t.field = ? AND instr(t.words, ?)",
                field,
                wanted,
            )
        if not rare:
            return NONE
        texts = f"CROSS JOIN field_texts t ON t.field = ?2 AND t.text = f.{column}"
        return self._ask(
            "SELECT json_group_array(f.content) FROM carray(?1) c CROSS JOIN fields f ON f.content = c.value "
            f"{texts} WHERE instr(t.words, ?3)",
            apsw.carray(rare),
            field,
            wanted,
        )

    def _ask(self, asked: str, *values: str | int | bytes | apsw.CArrayBinding) -> Mask:
        """The messages whose contents a statement gives."""
        return self._held.contents.holding(self._read(asked, *values))

    def _read(self, asked: str, *values: str | int | bytes | apsw.CArrayBinding) -> list[int]:
        # As one JSON array, which is a third of the cost of rows.
        return _numbers(cast("str", self._opened.execute(asked, values).get))

    @property
    def _opened(self) -> apsw.Connection:
        if self._connection is None:
            raise TypeError("this query asks the index")
        return self._connection


def _united(parts: Iterable[Mask]) -> Mask:
    return reduce(or_, parts, NONE)


_SURELY: Final = -1_000_000


def _commonness(query: q.Query) -> int:
    match query:
        case q.Header() | q.Body() | q.Text():
            return 0 if len(query.text) < 3 else -len(query.text)
        case q.And(of):
            return min(map(_commonness, of), default=0)
        case q.Or(of):
            return max(map(_commonness, of), default=0)
        case _:
            return 1 if cost(query) >= 2 else _SURELY
