"""What one field says in each message of a mailbox, in memory: FROM, TO, CC, BCC and SUBJECT without asking the database.

Strategy: a column beside the index has the number of each message's text, and the distinct texts lie end to end
(:mod:`restante.store.sqlite.field_texts`). It follows the mailbox's UIDs as other columns do, and is replaced, never written in
place. Which messages have a text is listed when the column is read, and once messages were removed when that pays again.

The rule it protects: content never changes, so what is known of a message stays true whatever becomes of the index of text; of
a message that waits to be indexed nothing is known, and it is asked for again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress
from operator import itemgetter
from typing import Final, NamedTuple, Self, cast

import apsw
import msgspec

from restante.store import masks
from restante.store.errors import Corrupt
from restante.store.masks import Mask, Numbers
from restante.store.sqlite import fields, fulltext, reading
from restante.store.sqlite.field_texts import END, FieldTexts

MOST_OCTETS: Final = 4 * 1024 * 1024
"""Octets of distinct texts in one mailbox beyond which the database is asked after all."""

MOST_WAITING: Final = 1_000
"""Contents that wait to be indexed beyond which it is."""

_UNKNOWN, _WITHOUT, _FIRST = range(3)
"""Codes: nothing is known, there is no such field, it has the first of the texts."""

_CODES: Final = 256
"""Codes that an octet can tell apart."""

_PAYS: Final = 4
"""Searches from which on a list of each text's users is worth making anew."""

_RUN: Final = 1 << 16
"""Messages looked at in one step."""

_TAIL: Final = 16
"""The list is good while at most one message in so many came after it."""

_numbers: Final = msgspec.json.Decoder(list[int]).decode


class _Users(NamedTuple):
    """The first *length* positions by text: those of text *n* are ``places[bounds[n] : bounds[n + 1]]``."""

    places: array[int]
    bounds: array[int]
    length: int

    @classmethod
    def of(cls, codes: array[int], texts: int) -> Self:
        """Those of so many *texts*."""
        # In the interpreter's loop, which lets other threads in, where a sort would not.
        counts = array("I", bytes(4 * (_FIRST + texts)))
        for code in codes:
            counts[code] += 1
        bounds = array("I", accumulate(counts, initial=0))
        free, places = bounds[:], array("I", bytes(4 * len(codes)))
        for at, code in enumerate(codes):
            place = free[code]
            places[place] = at
            free[code] = place + 1
        return cls(places, bounds[_FIRST:], len(codes))

    def having(self, numbers: Sequence[int]) -> Iterator[int]:
        """The positions of the texts of these *numbers*, as far as there are any."""
        bounds = self.bounds
        known = numbers[: bisect_left(numbers, len(bounds) - 1)]
        ends = map(bounds.__getitem__, map((1).__add__, known))
        spans = map(slice, map(bounds.__getitem__, known), ends)
        return chain.from_iterable(map(self.places.__getitem__, spans))


class NotReady(Exception):
    """The index of text is of another edition, or much waits for it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a column is read: the mailbox, the field's place in :data:`fields.NAMES`, and the edition its words are to be of."""

    mailbox: int
    field: int
    edition: str


class FieldColumn:
    """One field of a mailbox's messages.

    Attributes:
        uids: UIDs, ascending.
    """

    __slots__ = ("_codes", "_searches", "_texts", "_unknown", "_users", "uids")

    def __init__(
        self,
        uids: array[int],
        codes: array[int],
        texts: FieldTexts,
        unknown: Sequence[int] = (),
        users: _Users | None = None,
        searches: int = 0,
    ) -> None:
        self.uids = uids
        self._codes = codes
        self._texts = texts
        self._unknown = unknown
        self._users = users
        self._searches = searches

    @classmethod
    def empty(cls) -> FieldColumn:
        """Of no messages."""
        return cls(array("I"), array("B"), FieldTexts())

    @property
    def octets(self) -> int:
        """The length of all texts."""
        return len(self._texts.octets)

    @property
    def unknown(self) -> Mask:
        """The messages whose field is not known."""
        return masks.places((bisect_left(self.uids, uid) for uid in self._unknown), len(self.uids))

    def is_behind(self, count: int, *, again: bool) -> bool:
        """Whether there is something to read where the mailbox has *count* messages; *again* what is unknown."""
        return len(self.uids) < count or (again and bool(self._unknown))

    def holding(self, wanted: bytes) -> Mask:
        """The messages known to have *wanted* in the field; any such field will do where it is empty."""
        if not wanted:
            return Numbers(self._codes).at_least(_FIRST)
        few = self._texts.few_with(wanted)
        if few is None:
            return self._of(self._texts.with_(wanted))
        if not few:
            return masks.NONE
        users = self._listed()
        if users is not None:
            return masks.places(self._places(users, few), len(self.uids))
        flags = bytearray(len(self._texts))
        for number in few:
            flags[number] = 1
        return self._of(flags)

    def _of(self, flags: bytes | bytearray) -> Mask:
        """The messages of the texts whose octet in *flags* is 1."""
        by_code = bytes(_FIRST) + flags
        if self._codes.typecode == "B":
            return masks.made(self._codes.tobytes().translate(by_code.ljust(256, b"\0")))
        # Many in one call, and one more, for it gives no tuple of a single one.
        runs = (self._codes[at : at + _RUN] for at in range(0, len(self._codes), _RUN))
        return masks.made(b"".join([bytes(itemgetter(0, *run)(by_code)[1:]) for run in runs]))

    def _listed(self) -> _Users | None:
        """The users of each text, if they were listed or it is time to; never where codes are octets, and translated at once."""
        if self._codes.typecode == "B":
            return None
        self._searches += 1
        users = self._users
        if self._searches >= _PAYS and (users is None or (len(self.uids) - users.length) * _TAIL > len(self.uids)):
            users = self._users = _Users.of(self._codes, len(self._texts))
        return users

    def _places(self, users: _Users, numbers: Sequence[int]) -> Iterator[int]:
        """The positions of the texts of these *numbers*."""
        tail = range(users.length, len(self.uids))
        wanted = frozenset(numbers) if tail else frozenset[int]()
        return chain(users.having(numbers), (at for at in tail if self._codes[at] - _FIRST in wanted))

    def following(self, uids: array[int]) -> FieldColumn:
        """Less the messages whose UID is not among *uids*; costs next to nothing where all are."""
        if uids[: len(self.uids)] == self.uids:
            return self
        staying = frozenset(uids)
        mask = bytes(map(staying.__contains__, self.uids))
        left = array("I", compress(self.uids, mask))
        if len(self._texts) > 2 * len(left):
            # Mostly texts that nobody has any more.
            return FieldColumn.empty()
        codes = array(self._codes.typecode, compress(self._codes, mask))
        return FieldColumn(left, codes, self._texts, [uid for uid in self._unknown if uid in staying])

    def read_on(self, connection: apsw.Connection, source: Source) -> FieldColumn | None:
        """With the messages beyond the last, and what was unknown; None if it would be too large. Raises NotReady, Corrupt."""
        with reading.snapshot(connection):
            _check_ready(connection, source.edition)
            found = _rows(connection, source, "message m", "m.uid > ?2", self.uids[-1] if self.uids else 0)
            again = _Rows([], [])
            if self._unknown:
                unknown = apsw.carray(array("q", self._unknown))
                again = _rows(connection, source, "carray(?2) w CROSS JOIN message m", "m.uid = w.value", unknown)
            distinct = sorted({*found.numbers, *again.numbers} - {_NO_TEXT, _WAITS})
            texts = _texts(connection, source.field, distinct, MOST_OCTETS - self.octets)
        if texts is None:
            return None
        first = _FIRST + len(self._texts)
        code_of = dict(zip(distinct, range(first, first + len(distinct)), strict=True))
        code_of |= {_NO_TEXT: _WITHOUT, _WAITS: _UNKNOWN}
        return self._learning(again, code_of)._and(found, code_of, self._texts.followed_by(texts))

    def _learning(self, again: _Rows, code_of: dict[int, int]) -> FieldColumn:
        """With what is known now of messages that were unknown; their texts come with the next."""
        codes, users = array("I", self._codes), self._users
        for uid, number in zip(*again, strict=True):
            at = bisect_left(self.uids, uid)
            codes[at] = code_of[number]
            if users is not None and at < users.length and number != _WAITS:
                users = None
        known = frozenset(uid for uid, number in zip(*again, strict=True) if number != _WAITS)
        unknown = [uid for uid in self._unknown if uid not in known]
        return FieldColumn(self.uids, codes, self._texts, unknown, users, self._searches)

    def _and(self, later: _Rows, code_of: dict[int, int], texts: FieldTexts) -> FieldColumn:
        """And later messages, where all texts are *texts*."""
        codes = self._codes + array("I", map(code_of.__getitem__, later.numbers))
        if _FIRST + len(texts) <= _CODES:
            codes = array("B", codes)
        uids = self.uids + array("I", later.uids)
        unknown = [*self._unknown, *(uid for uid, number in zip(*later, strict=True) if number == _WAITS)]
        users = self._users if self.uids or codes.typecode == "B" else _Users.of(codes, len(texts))
        return FieldColumn(uids, codes, texts, unknown, users, self._searches)


_NO_TEXT: Final = 0
_WAITS: Final = -1
"""In place of the number of a text."""


def _check_ready(connection: apsw.Connection, edition: str) -> None:
    waiting = connection.execute("SELECT count(*) FROM (SELECT 1 FROM unindexed LIMIT ?)", (MOST_WAITING + 1,)).get
    if cast("int", waiting) > MOST_WAITING or not fulltext.is_current(connection, edition):
        raise NotReady


class _Rows(NamedTuple):
    """Messages by UID, ascending, and the number of each one's text, or what stands in its place."""

    uids: list[int]
    numbers: list[int]


def _rows(
    connection: apsw.Connection, source: Source, tables: str, which: str, value: int | apsw.CArrayBinding
) -> _Rows:
    number = f"CASE WHEN u.content IS NULL THEN ifnull(f.{fields.COLUMNS[source.field]}, {_NO_TEXT}) ELSE {_WAITS} END"
    joins = "LEFT JOIN fields f ON f.content = m.content LEFT JOIN unindexed u ON u.content = m.content"
    # As JSON arrays, which are a third of the cost of rows.
    columns = connection.execute(
        "SELECT json_group_array(uid), json_group_array(number) FROM "
        f"(SELECT m.uid, {number} AS number FROM {tables} {joins} WHERE m.mailbox = ?1 AND {which} ORDER BY m.uid)",
        (source.mailbox, value),
    ).fetchone()
    return _Rows(*map(_numbers, cast("tuple[str, str]", columns)))


def _texts(connection: apsw.Connection, field: int, numbers: Sequence[int], most: int) -> FieldTexts | None:
    """The texts of ascending *numbers*; None if they are of more than *most* octets. Raises Corrupt."""
    if not numbers:
        return FieldTexts()
    some = "carray(?2) w CROSS JOIN field_texts t ON t.field = ?1 AND t.text = w.value"
    asked: tuple[int | apsw.CArrayBinding, ...] = (field, apsw.carray(array("q", numbers)))
    if numbers[-1] - numbers[0] < len(numbers):
        # A run of neighbours is read as one, at a third of the cost.
        some, asked = "field_texts t WHERE t.field = ? AND t.text BETWEEN ? AND ?", (field, numbers[0], numbers[-1])
    octets = cast("int", connection.execute(f"SELECT ifnull(sum(1 + length(t.words)), 0) FROM {some}", asked).get)
    if octets > most:
        return None
    joined = f"SELECT CAST(group_concat(words, x'{END.hex()}') AS BLOB) FROM (SELECT t.words FROM {some})"
    texts = FieldTexts(cast("bytes", connection.execute(joined, asked).get) + END)
    if len(texts) != len(numbers):
        raise Corrupt("a field's text is missing")
    return texts
