"""The SEARCH keys of RFC 9051 §6.4.4 and RFC 3501 §6.4.4.

Strategy: a key reads its arguments into a term; a term, bound to a view, a charset and the time, is a query for the store.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial
from typing import Final

from restante.imap.hooks import SearchKey, SearchTerm
from restante.imap.registry import Registry
from restante.imap.wire.reader import Reader
from restante.model.dates import day_of
from restante.model.flags import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, Flag
from restante.store.query import (
    All,
    And,
    Body,
    Compare,
    Dated,
    DateField,
    HasFlag,
    Header,
    Larger,
    Not,
    Or,
    Query,
    Smaller,
    Text,
    Uids,
)

_SET_START: Final = (b"*", b"$", *(b"%d" % digit for digit in range(10)))


def read_key(r: Reader, tables: Registry) -> SearchTerm:
    """``search-key``: one key, a parenthesised program, or a message set."""
    if r.peek(b"("):
        with r.nested():
            return conjunction(r.list_of(lambda r: read_key(r, tables)))
    if r.peek(*_SET_START):
        # Bare sets are sequence numbers, in UID SEARCH too (RFC 9051 §6.4.9); "$" is what it was saved as.
        messages = r.message_set(uid=False)
        return lambda binding: Uids(binding.uids(messages))
    known = tables.search_keys.get(r.peek_word())
    if known is None:
        raise r.expected("a SEARCH key")
    r.word()
    with r.nested():
        return known.read(r, tables)


def read_keys(r: Reader, tables: Registry) -> SearchTerm:
    """``search-key *(SP search-key)``, all of which are to match."""
    terms = [read_key(r, tables)]
    while r.take(b" "):
        if len(terms) >= r.arguments:
            raise r.expected(f"at most {r.arguments} keys")
        terms.append(read_key(r, tables))
    return conjunction(tuple(terms))


def conjunction(terms: tuple[SearchTerm, ...]) -> SearchTerm:
    """All of *terms* together."""
    if len(terms) == 1:
        return terms[0]
    return lambda binding: And(tuple(term(binding) for term in terms))


def constant(query: Query) -> Callable[[Reader, Registry], SearchTerm]:
    """Reads nothing: *query* as it is."""
    return lambda r, tables: lambda binding: query


def _text(make: Callable[[str], Query]) -> Callable[[Reader, Registry], SearchTerm]:
    def read(r: Reader, tables: Registry) -> SearchTerm:
        raw = r.sp().astring()
        return lambda binding: make(binding.text(raw))

    return read


def dated(field: DateField, compare: Compare) -> Callable[[Reader, Registry], SearchTerm]:
    """Reads ``SP date``: messages whose *field* compares so with it."""

    def read(r: Reader, tables: Registry) -> SearchTerm:
        day: datetime.date = r.sp().date()
        query = Dated(field, compare, day_of(day))
        return lambda binding: query

    return read


def _size(make: Callable[[int], Query]) -> Callable[[Reader, Registry], SearchTerm]:
    def read(r: Reader, tables: Registry) -> SearchTerm:
        query = make(r.sp().number64())
        return lambda binding: query

    return read


def _header(r: Reader, tables: Registry) -> SearchTerm:
    name = r.sp().astring().decode("ascii", "replace")
    raw = r.sp().astring()
    return lambda binding: Header(name, binding.text(raw))


def _not(r: Reader, tables: Registry) -> SearchTerm:
    term = read_key(r.sp(), tables)
    return lambda binding: Not(term(binding))


def _or(r: Reader, tables: Registry) -> SearchTerm:
    first = read_key(r.sp(), tables)
    second = read_key(r.sp(), tables)
    return lambda binding: Or((first(binding), second(binding)))


def _uid(r: Reader, tables: Registry) -> SearchTerm:
    messages = r.sp().message_set(uid=True)
    return lambda binding: Uids(binding.uids(messages))


def _keyword(make: Callable[[Flag], Query]) -> Callable[[Reader, Registry], SearchTerm]:
    def read(r: Reader, tables: Registry) -> SearchTerm:
        query = make(Flag(r.sp().atom().decode()))
        return lambda binding: query

    return read


def _recent(r: Reader, tables: Registry) -> SearchTerm:
    return lambda binding: Uids(binding.view.recent_uids())


def _new(r: Reader, tables: Registry) -> SearchTerm:
    return lambda binding: And((Uids(binding.view.recent_uids()), Not(HasFlag(SEEN))))


def _old(r: Reader, tables: Registry) -> SearchTerm:
    return lambda binding: Not(Uids(binding.view.recent_uids()))


_FLAGS: Final = (ANSWERED, DELETED, DRAFT, FLAGGED, SEEN)
_DATES: Final = (("", DateField.INTERNAL), ("SENT", DateField.SENT))
_FIELDS: Final = ("BCC", "CC", "FROM", "SUBJECT", "TO")

ITEMS: Final = (
    SearchKey("ALL", constant(All())),
    *(SearchKey(flag[1:].upper(), constant(HasFlag(flag))) for flag in _FLAGS),
    *(SearchKey("UN" + flag[1:].upper(), constant(Not(HasFlag(flag)))) for flag in _FLAGS),
    SearchKey("KEYWORD", _keyword(HasFlag)),
    SearchKey("UNKEYWORD", _keyword(lambda flag: Not(HasFlag(flag)))),
    SearchKey("RECENT", _recent),
    SearchKey("NEW", _new),
    SearchKey("OLD", _old),
    *(
        SearchKey(prefix + compare.value.upper(), dated(field, compare))
        for prefix, field in _DATES
        for compare in Compare
    ),
    *(SearchKey(name, _text(partial(Header, name.lower()))) for name in _FIELDS),
    SearchKey("HEADER", _header),
    SearchKey("BODY", _text(Body)),
    SearchKey("TEXT", _text(Text)),
    SearchKey("LARGER", _size(Larger)),
    SearchKey("SMALLER", _size(Smaller)),
    SearchKey("NOT", _not),
    SearchKey("OR", _or),
    SearchKey("UID", _uid),
)
