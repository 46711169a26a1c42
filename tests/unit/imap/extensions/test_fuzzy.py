"""What FUZZY makes of a query (RFC 6203 §3)."""

from __future__ import annotations

import pytest

from restante.imap.binding import Binding
from restante.imap.extensions import fuzzy
from restante.imap.extensions.all import ALL
from restante.imap.registry import Registry
from restante.imap.view import MailboxView, Style
from restante.imap.wire.reader import Reader
from restante.model.flags import SEEN
from restante.model.ids import ModSeq, Uid
from restante.store.model import StoreFeature
from restante.store.query import And, Body, HasFlag, Header, Not, Or, Query, Text

TABLES = Registry(ALL, frozenset(StoreFeature))
(KEY,) = fuzzy.extension.search_keys


def made(text: bytes) -> tuple[Query, list[tuple[int, Query]]]:
    """The query of ``FUZZY`` with *text* after it, and what makes a message relevant."""
    binding = Binding(MailboxView((), ModSeq(1), Uid(1), Style()), "utf-8", 0)
    return KEY.read(Reader([b" " + text]), TABLES)(binding), binding.relevance


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (b"SUBJECT lunch", Header("subject", "lunch")),
        (b'SUBJECT "lunch at noon"', And(tuple(Header("subject", word) for word in ("lunch", "at", "noon")))),
        (b'BODY " a b  a "', And((Body("a"), Body("b")))),
        (b'OR SEEN (UNSEEN TEXT "a b")', Or((HasFlag(SEEN), And((Not(HasFlag(SEEN)), And((Text("a"), Text("b")))))))),
        (b'NOT SUBJECT "a b"', Not(Header("subject", "a b"))),
        (b'SUBJECT ""', Header("subject", "")),
    ],
)
def test_words_in_any_order(text: bytes, query: Query) -> None:
    assert made(text)[0] == query


def test_many_words_are_sought_as_written() -> None:
    words = " ".join(f"w{n}" for n in range(fuzzy.WORDS + 1))
    assert made(f'TEXT "{words}"'.encode())[0] == Text(words)


def test_nothing_but_the_match_counts_where_nothing_else_could() -> None:
    assert len(made(b"SEEN")[1]) == 1
    assert len(made(b"SUBJECT lunch")[1]) == 1
    assert len(made(b'SUBJECT "lunch at noon"')[1]) == 2
    assert len(made(b'TEXT "lunch at noon"')[1]) == 3


def test_fuzziness_within_fuzziness_adds_nothing() -> None:
    query, relevance = made(b"FUZZY " * 60 + b'TEXT "a b"')
    assert query == And((Text("a"), Text("b")))
    assert [weight for weight, _ in relevance] == [20, 40]
