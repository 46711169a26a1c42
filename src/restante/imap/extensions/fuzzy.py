"""SEARCH=FUZZY: RFC 6203. A text is sought word by word, in any order; scores say how well a message fits.

Strategy: fuzziness is a change of the query, so every engine knows it. The words of a text must all be found, each a part of
the field or body the key names. The phrase as written counts for more, and so do words in the subject when any place would do.
Keys that are not about text match as they are (§5).

The rule it protects: what an exact search finds, the fuzzy one finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from restante.imap.binding import Binding
from restante.imap.capability import always
from restante.imap.core.search_keys import read_key
from restante.imap.hooks import SearchKey, SearchPart, SearchResult, SearchReturn, SearchTerm, SortKey
from restante.imap.registry import Extension, Registry
from restante.imap.wire.reader import Reader
from restante.store.query import And, Body, Header, Or, Query, Text

WORDS: Final = 32
"""Words of a text beyond which it is sought as written: each is looked for in every message."""

_FOUND: Final = 20
_AS_WRITTEN: Final = 40
_IN_SUBJECT: Final = 40


def _read(r: Reader, tables: Registry) -> SearchTerm:
    inner = read_key(r.sp(), tables)

    def term(binding: Binding) -> Query:
        before = len(binding.relevance)
        exact = inner(binding)
        # A FUZZY within this one is part of it.
        del binding.relevance[before:]
        loose = changed(exact, _words)
        subject = changed(exact, _in_subject)
        # Not a message that the key leaves out scores by it, only one that fits in other ways too.
        binding.relevance.append((_FOUND, loose))
        if loose != exact:
            binding.relevance.append((_AS_WRITTEN, exact))
        if subject != exact:
            binding.relevance.append((_IN_SUBJECT, changed(subject, _words)))
        return loose

    return term


Worded = Header | Body | Text


def changed(query: Query, change: Callable[[Worded], Query]) -> Query:
    """*query* with what it seeks in texts changed; what it excludes stays."""
    match query:
        case And(of):
            return And(tuple(changed(part, change) for part in of))
        case Or(of):
            return Or(tuple(changed(part, change) for part in of))
        case Header() | Body() | Text():
            return change(query)
        case _:
            return query


def _words(query: Worded) -> Query:
    words = tuple(dict.fromkeys(query.text.split()))
    if not words or len(words) > WORDS or words == (query.text,):
        return query
    parts: tuple[Query, ...] = tuple(replace(query, text=word) for word in words)
    return And(parts)


def _in_subject(query: Worded) -> Query:
    return Header("subject", query.text) if isinstance(query, Text) else query


def _relevancy(result: SearchResult) -> bytes:
    """``RELEVANCY (score …)``, in the order of the messages (§4)."""
    return b"RELEVANCY (" + b" ".join([b"%d" % score for score in result.relevancy]) + b")"


_PART: Final = SearchPart(_relevancy, saves=lambda uids: uids)

extension: Final = Extension(
    name="SEARCH=FUZZY",
    rfc=6203,
    summary="Search for words in any order, and how well each message fits",
    capabilities=always("SEARCH=FUZZY"),
    search_keys=(SearchKey("FUZZY", _read),),
    search_returns=(SearchReturn("RELEVANCY", lambda r, tables: _PART, relevancy=True),),
    sort_keys=(SortKey("RELEVANCY"),),
)
