"""The evaluator itself: folding, the order of its questions, and what it does not ask."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.store import mail

from restante.model.collation import COLLATIONS
from restante.model.dates import MailDate
from restante.model.flags import SEEN, FlagSet
from restante.model.ids import EmailId, ModSeq, ThreadId, Uid
from restante.model.message_set import UidSet
from restante.store import query as q
from restante.store.arrival import summarise
from restante.store.matching import Words, cost, fold, matches, predicate
from restante.store.words import MessageWords

LUNCH = mail("Lunch", "At noon?")


class Message:
    """A candidate that notes when its text is asked for."""

    def __init__(self, raw: bytes = LUNCH, sent_date: MailDate | None = None) -> None:
        self.raw = raw
        self.uid = Uid(7)
        self.flags = FlagSet(["\\Seen", "Work"])
        self.modseq = ModSeq(10)
        self.internal_date = MailDate(86_400 * 10)
        self.sent_date = sent_date
        self.save_date = MailDate(86_400 * 20)
        self.email_id = EmailId("M1")
        self.thread_id = ThreadId("T1")
        self.asked = 0

    @property
    def size(self) -> int:
        return len(self.raw)

    @property
    def words(self) -> Words:
        self.asked += 1
        return MessageWords(self.raw, summarise(self.raw).parts)


@settings(max_examples=20, deadline=None)
@given(st.text("aß\n\u0301\u0338\u0323=Ω\u1161", max_size=12), st.integers(1, 40))
def test_long_texts_fold_as_short_ones(text: str, start: int) -> None:
    long = "x" * start + f"{text}\n{'ä' * 50_000}\n" * 4
    assert fold(long) == unicodedata.normalize("NFKD", long).upper().casefold()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "straße"),
        ("É", "e\u0301"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("ﬀ", "FF"),
        ("\u1e9e", "ss"),
        ("ABC", "abc"),
        ("I", "ı"),
        ("5", "\uff15"),
        ("\uff76\uff9e", "ガ"),
    ],
)
def test_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("e", "é"), ("é", "è"), ("a", "b"), ("a b", "ab")])
def test_not_alike(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_folding_tells_apart_no_more_than_any_collation() -> None:
    """So an index of folded texts proposes all that a collation finds (RFC 5051 §2, RFC 4790 §9)."""
    for collation in COLLATIONS:
        known: dict[str, str] = {}
        for code in (*range(0xD800), *range(0xE000, 0x110000)):
            known.setdefault(collation.key(chr(code)), fold(chr(code)))
            assert known[collation.key(chr(code))] == fold(chr(code)), (collation.name, hex(code))


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_text_is_asked_for_last() -> None:
    for query in (
        q.And((q.Body("noon"), q.HasFlag(SEEN), q.Uids(UidSet()))),
        q.And((q.Text("noon"), q.Or((q.Larger(10_000), q.Smaller(1))))),
        q.And((q.Header("Subject", ""), q.Not(q.HasFlag(SEEN)))),
    ):
        message = Message()
        assert not matches(query, message)
        assert message.asked == 0
    message = Message()
    assert matches(q.Or((q.Body("noon"), q.HasFlag(SEEN))), message)
    assert message.asked == 0


def test_costs_rank_by_what_must_be_read() -> None:
    ranked: list[q.Query] = [q.HasFlag(SEEN), q.Larger(1), q.Header("a", "b"), q.Text("x")]
    assert [cost(query) for query in ranked] == [0, 1, 2, 3]
    assert cost(q.Not(q.And((q.All(), q.Or((q.Body("x"), q.All())))))) == 3
    assert cost(q.And(())) == 0


def test_a_predicate_serves_many() -> None:
    test = predicate(q.And((q.HasFlag(SEEN), q.Header("subject", "LUNCH"))))
    assert [test(Message(raw=mail(subject))) for subject in ("Lunch", "Dinner", "After lunch")] == [True, False, True]


def test_a_message_without_a_date_goes_by_its_arrival() -> None:
    on = q.Dated(q.DateField.SENT, q.Compare.ON, 10)
    assert matches(on, Message())
    assert not matches(on, Message(sent_date=MailDate(86_400 * 11)))
    assert matches(on, Message(sent_date=MailDate(86_400 * 11, -1)))


def test_as_deep_as_the_reader_lets_it() -> None:
    query: q.Query = q.HasFlag(SEEN)
    for _ in range(64):
        query = q.Not(query)
    assert matches(query, Message())


@given(st.binary(max_size=200), st.text(max_size=3))
def test_any_octets_can_be_searched(raw: bytes, text: str) -> None:
    for query in (q.Text(text), q.Body(text), q.Header("subject", text), q.Header(text, text)):
        assert matches(query, Message(raw=raw)) in (True, False)


def test_words_of_a_forwarded_message() -> None:
    inner = mail("Inner", "inner text", from_="deep@example.org").replace(
        b"Subject", b"Content-Language: en\r\nSubject"
    )
    raw = b"Subject: Outer\r\nContent-Type: message/rfc822\r\n\r\n" + inner
    words = MessageWords(raw, summarise(raw).parts)
    assert words.field("SUBJECT") == ["outer"]
    assert "inner text" in words.body()
    assert "subject: inner" in words.body()
    assert "<deep@example.org>" in words.body()
    assert "outer" not in words.body()


def test_words_of_a_header_alone() -> None:
    raw = mail("Lunch", "body", from_='"Ann (at home)" <ann@example.org>')
    summary = summarise(raw)
    words = MessageWords(raw[: summary.header_size], summary.parts)
    assert words.field("subject") == ["lunch"]
    assert any("ann@example.org" in form for form in words.field("from"))
    assert words.field("to") == []


def test_no_more_is_read_than_allowed() -> None:
    raw = mail("Long", "start " + "x" * 5_000 + " end")
    words = MessageWords(raw, summarise(raw).parts, limit=1_000)
    assert "start" in words.body()
    assert "end" not in words.body()
