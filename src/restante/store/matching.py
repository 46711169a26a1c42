"""Whether a message matches a query: the plain evaluator that says what SEARCH means (RFC 9051 §6.4.4).

Strategy: a query is turned once into a function over a candidate, the cheap criteria of a conjunction first, so that a body
is decoded only for messages that flags, dates and sizes let through. An engine with better means (an index) may propose
candidates; this disposes.

The rule it protects: text compares as a substring of the *decoded* text without regard to case, alike on every engine.
:func:`fold` alone says what "without regard to case" means, but where a query names a collation (RFC 5255 §4.2). It finds all
that i;unicode-casemap does, and besides what case alone tells apart: ``STRASSE`` finds ``straße``. Letters and their accents,
width and ligatures come apart, so that ``cafe`` finds ``café``, which is no ``cafè``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol, assert_never

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import EmailId, ModSeq, ThreadId, Uid
from restante.store import query as q

Key = Callable[[str], str]
"""Makes a text into what is compared."""


class Words(Protocol):
    """A message's text for searching: decoded, and made into keys, by :func:`fold` unless told otherwise."""

    def field(self, name: str, key: Key | None = None) -> Sequence[str]:
        """The texts of the header's fields called *name*, in any case; of addresses in each form they are sought by."""
        ...

    def header(self, key: Key | None = None) -> str:
        """The header's fields, each with its name, and those of every part."""
        ...

    def body(self, key: Key | None = None) -> str:
        """The text parts, those of encapsulated messages and their headers among them."""
        ...


class Candidate(Protocol):
    """A message that may match."""

    @property
    def uid(self) -> Uid:
        """Its UID."""
        ...

    @property
    def flags(self) -> FlagSet:
        """Its flags."""
        ...

    @property
    def modseq(self) -> ModSeq:
        """Its modseq."""
        ...

    @property
    def size(self) -> int:
        """Its octets."""
        ...

    @property
    def internal_date(self) -> MailDate:
        """Its INTERNALDATE."""
        ...

    @property
    def sent_date(self) -> MailDate | None:
        """Its Date header's moment, if it has one that can be read."""
        ...

    @property
    def save_date(self) -> MailDate:
        """When it came into the mailbox."""
        ...

    @property
    def email_id(self) -> EmailId:
        """Its content's id."""
        ...

    @property
    def thread_id(self) -> ThreadId:
        """Its conversation's id."""
        ...

    @property
    def words(self) -> Words:
        """Its text; dear to make, so asked for last."""
        ...


Predicate = Callable[[Candidate], bool]

_PIECE: Final = 64 * 1024
"""Characters of a long text folded at a time, about."""


def fold(text: str) -> str:
    """*text* as it compares: decomposed, compatibility characters too, and without case (see RFC 5051 §2)."""
    if text.isascii():
        return text.lower()
    if len(text) > 2 * _PIECE:
        return "".join(map(_fold, _pieces(text)))
    return _fold(text)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKD", text).upper().casefold()


def _pieces(text: str) -> Iterator[str]:
    """*text* cut at line ends, which nothing composes with, so that no one step keeps other threads waiting long."""
    at = 0
    while (end := text.find("\n", at + _PIECE) + 1) > 0:
        yield text[at:end]
        at = end
    yield text[at:]


def matches(query: q.Query, candidate: Candidate) -> bool:
    """Whether *candidate* matches. For many candidates, make the :func:`predicate` once."""
    return predicate(query)(candidate)


def predicate(query: q.Query) -> Predicate:
    """*query* as a function. Depth is the query's, which the command reader bounds."""
    match query:
        case q.All():
            return lambda _: True
        case q.And(of):
            return _and(of)
        case q.Or(of):
            return _or(of)
        case q.Not(of):
            inner = predicate(of)
            return lambda c: not inner(c)
        case q.Header() | q.Body() | q.Text():
            return _worded(query)
        case _:
            return _plain(query)


_Leaf = (
    q.Uids | q.HasFlag | q.Dated | q.Arrived | q.Larger | q.Smaller | q.ChangedSince | q.WithEmailId | q.WithThreadId
)


def _plain(query: _Leaf) -> Predicate:
    match query:
        case q.Uids(uids):
            return lambda c: c.uid in uids
        case q.HasFlag(flag):
            return lambda c: flag in c.flags
        case q.Dated(field, compare, day):
            return _dated(field, compare, day)
        case q.Arrived(compare, epoch):
            return lambda c: _compares(c.internal_date.epoch, compare, epoch)
        case q.Larger(size):
            return lambda c: c.size > size
        case q.Smaller(size):
            return lambda c: c.size < size
        case q.ChangedSince(modseq):
            return lambda c: c.modseq >= modseq
        case q.WithEmailId(id_):
            return lambda c: c.email_id == id_
        case q.WithThreadId(id_):
            return lambda c: c.thread_id == id_
        case _:
            assert_never(query)


def _worded(query: q.Header | q.Body | q.Text) -> Predicate:
    key = fold if query.collation is None else query.collation.key
    # Nothing is found everywhere, though a collation may make something of it (RFC 4790 §9.1).
    needle = key(query.text) if query.text else ""
    match query:
        case q.Header(name):
            return lambda c: any(needle in text for text in c.words.field(name, key))
        case q.Body():
            return lambda c: needle in c.words.body(key)
        case q.Text():
            return lambda c: needle in c.words.header(key) or needle in c.words.body(key)


def _and(of: Sequence[q.Query]) -> Predicate:
    tests = [predicate(each) for each in sorted(of, key=cost)]
    return lambda c: all(test(c) for test in tests)


def _or(of: Sequence[q.Query]) -> Predicate:
    tests = [predicate(each) for each in sorted(of, key=cost)]
    return lambda c: any(test(c) for test in tests)


def cost(query: q.Query) -> int:
    """How dear *query* is to test, to order by: 0 for what an index holds, 1 for a row, 2 for a header, 3 for a body."""
    match query:
        case q.And(of) | q.Or(of):
            return max(map(cost, of), default=0)
        case q.Not(inner):
            return cost(inner)
        case q.Body() | q.Text():
            return 3
        case q.Header():
            return 2
        case q.All() | q.Uids() | q.HasFlag() | q.ChangedSince():
            return 0
        case _:
            return 1


def _dated(field: q.DateField, compare: q.Compare, day: int) -> Predicate:
    match field:
        case q.DateField.INTERNAL:
            return lambda c: _compares(c.internal_date.day, compare, day)
        case q.DateField.SENT:
            return lambda c: _compares((c.sent_date or c.internal_date).day, compare, day)
        case q.DateField.SAVED:
            return lambda c: _compares(c.save_date.day, compare, day)


def _compares(value: int, compare: q.Compare, to: int) -> bool:
    match compare:
        case q.Compare.BEFORE:
            return value < to
        case q.Compare.ON:
            return value == to
        case q.Compare.SINCE:
            return value >= to
