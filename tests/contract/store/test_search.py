"""SEARCH: what each key means (RFC 9051 §6.4.4), and that every engine answers as the plain evaluator does."""

from __future__ import annotations

import pytest
from tests.support.store import NOON, Clock, mail, new, uids

from restante.model.collation import COLLATIONS
from restante.model.dates import MailDate
from restante.model.flags import SEEN, Flag
from restante.model.ids import MAX_UID, EmailId, ModSeq, ThreadId
from restante.model.message_set import UidSet
from restante.store import query as q
from restante.store.api import Mailbox
from restante.store.errand import Errand
from restante.store.model import Field, NewMessage
from restante.store.query import Compare, DateField

DAY = 86_400
ANN = mail(
    "=?utf-8?q?Stra=C3=9Fe_gesperrt?=",
    "Der Zug fährt über Köln.",
    date="Thu, 01 Jan 2026 23:30:00 -0500",
    from_="=?utf-8?q?Ann_M=C3=BCller?= <ann@example.org>",
    to='"Bob, the builder" <bob@example.net>',
    cc="undisclosed: carol@example.com;",
    message_id="<one@x>",
    content_type="text/plain; charset=utf-8",
)
HTML = mail(
    "Sale",
    "<html><style>.hidden{}</style><p>Fifty <b>per</b>cent&nbsp;off</p></html>",
    from_="shop@example.com",
    content_type="text/html",
    x_empty="",
)
BASE64 = mail(
    "Letter",
    "SGVsbG8gaGlkZGVuIHdvcmxk",
    date="Fri, 02 Jan 2026 00:30:00 +0000",
    content_type="text/plain",
    content_transfer_encoding="base64",
)
FORWARD = b"\r\n".join(
    [
        b"Subject: Fwd",
        b"Mime-Version: 1.0",
        b'Content-Type: multipart/mixed; boundary="b"',
        b"",
        b"--b",
        b"",
        b"see below",
        b"--b",
        b"Content-Type: message/rfc822",
        b"",
        b"Subject: Innermost",
        b"From: deep@example.org",
        b"",
        b"treasure",
        b"--b",
        b'Content-Type: application/pdf; name="bill.pdf"',
        b"",
        b"opaque octets",
        b"--b--",
        b"",
    ]
)
PLAIN = b"nothing but text\r\n"


@pytest.fixture
async def full(inbox: Mailbox) -> Mailbox:
    await inbox.append(
        [
            NewMessage(ANN, MailDate(NOON, 0), new(None, "\\Seen", "Work").flags),
            NewMessage(HTML, MailDate(NOON + DAY, 120)),
            NewMessage(BASE64, MailDate(NOON - DAY, -600), new(None, "\\Flagged").flags),
            NewMessage(FORWARD, MailDate(NOON + 3 * DAY)),
            NewMessage(PLAIN, MailDate(NOON + 4 * DAY)),
        ]
    )
    return inbox


def header(name: str, text: str = "") -> q.Query:
    return q.Header(name, text)


def flag(name: str) -> q.Query:
    return q.HasFlag(Flag(name))


NOON_DAY = NOON // DAY
NEW_YEAR = MailDate(1767225600).day

CASES: list[tuple[q.Query, list[int]]] = [
    (q.All(), [1, 2, 3, 4, 5]),
    (q.And(()), [1, 2, 3, 4, 5]),
    (q.Or(()), []),
    (q.Not(q.All()), []),
    (q.Not(q.Not(flag("\\Seen"))), [1]),
    (flag("\\seen"), [1]),
    (flag("work"), [1]),
    (q.Not(flag("WORK")), [2, 3, 4, 5]),
    (q.And((flag("\\Seen"), flag("\\Flagged"))), []),
    (q.Or((flag("\\Seen"), flag("\\Flagged"))), [1, 3]),
    (q.Uids(UidSet([(2, 3), (5, MAX_UID)])), [2, 3, 5]),
    (q.Uids(UidSet()), []),
    (q.Larger(len(PLAIN) - 1), [1, 2, 3, 4, 5]),
    (q.Larger(len(PLAIN)), [1, 2, 3, 4]),
    (q.Smaller(len(PLAIN)), []),
    (q.Smaller(len(PLAIN) + 1), [5]),
    # Dates compare as written: UID 2's zone and UID 3's each shift nothing but their own day.
    (q.Dated(DateField.INTERNAL, Compare.ON, MailDate(NOON).day), [1]),
    (q.Dated(DateField.INTERNAL, Compare.ON, MailDate(NOON - DAY, -600).day), [3]),
    (q.Dated(DateField.INTERNAL, Compare.SINCE, MailDate(NOON + DAY, 120).day), [2, 4, 5]),
    (q.Dated(DateField.INTERNAL, Compare.BEFORE, MailDate(NOON).day), [3]),
    (q.Dated(DateField.SENT, Compare.ON, NEW_YEAR), [1]),
    (q.Dated(DateField.SENT, Compare.ON, NEW_YEAR + 1), [3]),
    (q.Dated(DateField.SENT, Compare.BEFORE, NEW_YEAR + 2), [1, 3]),
    (q.Dated(DateField.SENT, Compare.SINCE, NOON_DAY + 2), [4, 5]),
    (q.Dated(DateField.SAVED, Compare.ON, NOON_DAY), [1, 2, 3, 4, 5]),
    (q.Dated(DateField.SAVED, Compare.BEFORE, NOON_DAY), []),
    (q.Arrived(Compare.SINCE, NOON + DAY), [2, 4, 5]),
    (q.Arrived(Compare.BEFORE, NOON), [3]),
    (q.Arrived(Compare.ON, NOON), [1]),
    (header("subject", "STRASSE"), [1]),
    (header("Subject", "straße GESP"), [1]),
    (header("subject", "strase"), []),
    (header("Subject", "=?utf-8"), []),
    (header("from", "müller"), [1]),
    (header("from", "MULLER"), []),
    (header("From", "ann@EXAMPLE.org"), [1]),
    (header("From", "=C3=BC"), [1]),
    (header("From", "Müller <ann@"), [1]),
    (header("From", "example"), [1, 2]),
    (header("To", "bob, the BUILDER"), [1]),
    (header("To", "builder <bob@"), [1]),
    (header("Cc", "carol"), [1]),
    (header("Bcc", ""), []),
    (header("Cc", ""), [1]),
    (header("x-empty", ""), [2]),
    (header("x-empty", "a"), []),
    (header("Message-Id", "<ONE@x>"), [1]),
    (header("deep"), []),
    (header("From", "deep"), []),
    (q.Body("KÖLN"), [1]),
    (q.Body("köln"), [1]),
    (q.Body("gesperrt"), []),
    (q.Body("fifty percent"), [2]),
    (q.Body("hidden{"), []),
    (q.Body("hidden world"), [3]),
    (q.Body("SGVsbG8"), []),
    (q.Body("treasure"), [4]),
    (q.Body("innermost"), [4]),
    (q.Body("opaque"), []),
    (q.Text("nothing but"), [5]),
    (q.Body(""), [1, 2, 3, 4, 5]),
    (q.Text("gesperrt"), [1]),
    (q.Text("subject: letter"), [3]),
    (q.Text("bill.PDF"), [4]),
    (q.Text("deep@example"), [4]),
    (q.Text("hidden WORLD"), [3]),
    (q.Text("example"), [1, 2, 4]),
    (q.Text("100%_\\'\"*"), []),
    (q.And((q.Body("e"), q.Larger(1), flag("\\Flagged"))), [3]),
    (q.Not(q.Text("e")), []),
    (q.WithEmailId(EmailId("M0")), []),
    (q.WithThreadId(ThreadId("T0")), []),
]


@pytest.mark.parametrize(("query", "found"), CASES, ids=lambda value: str(value)[:80])
async def test_each_key(full: Mailbox, query: q.Query, found: list[int]) -> None:
    assert await full.search(query) == found


async def test_not_is_the_rest(full: Mailbox) -> None:
    for query, found in CASES:
        assert await full.search(q.Not(query)) == [uid for uid in range(1, 6) if uid not in found], query


async def test_together_they_narrow_and_widen(full: Mailbox) -> None:
    for (one, first), (other, second) in zip(CASES, CASES[7:] + CASES[:7], strict=True):
        assert await full.search(q.And((one, other))) == sorted(set(first) & set(second)), (one, other)
        assert await full.search(q.Or((one, other))) == sorted(set(first) | set(second)), (one, other)


async def test_by_id(full: Mailbox) -> None:
    for record in await full.messages(uids(1, 2, 3, 4, 5), Field.IDS):
        assert record.email_id is not None
        assert record.thread_id is not None
        assert await full.search(q.WithEmailId(record.email_id)) == [record.uid]
        assert await full.search(q.WithThreadId(record.thread_id)) == [record.uid]


async def test_by_modseq(full: Mailbox) -> None:
    before = (await full.status()).modseq
    await full.append([new()])
    assert await full.search(q.ChangedSince(ModSeq(before + 1))) == [6]
    assert await full.search(q.ChangedSince(before)) == [1, 2, 3, 4, 5, 6]
    assert await full.search(q.ChangedSince(ModSeq(before + 1_000))) == []


async def test_what_is_gone_is_not_found(full: Mailbox) -> None:
    await full.expunge(uids(1, 4), deleted_only=False)
    assert await full.search(q.Text("example")) == [2]
    assert await full.search(q.Body("treasure")) == []
    await full.append([NewMessage(ANN, MailDate(NOON))])
    assert await full.search(q.Body("köln")) == [6]


async def test_copies_are_found(full: Mailbox) -> None:
    await full.copy(uids(1), full.id)
    assert await full.search(q.Body("köln")) == [1, 6]
    await full.expunge(uids(1), deleted_only=False)
    assert await full.search(header("subject", "strasse")) == [6]


async def test_saved_dates_follow_the_clock(full: Mailbox, clock: Clock) -> None:
    clock.now += 2 * DAY
    await full.append([new()])
    assert await full.search(q.Dated(DateField.SAVED, Compare.SINCE, NOON_DAY + 1)) == [6]


async def test_flags_as_they_are_now(full: Mailbox) -> None:
    done = await full.copy(uids(1), full.id)
    await full.expunge(uids(1), deleted_only=False)
    assert await full.search(q.HasFlag(SEEN)) == list(done.target)


async def test_a_deep_query(full: Mailbox) -> None:
    query: q.Query = q.HasFlag(SEEN)
    for _ in range(60):
        query = q.And((q.Or((query, q.Or(()))), q.All()))
    assert await full.search(query) == [1]


async def test_a_wide_query(full: Mailbox) -> None:
    wide = q.Or(tuple(q.Uids(UidSet.of([uid])) for uid in range(3, 2_000)))
    assert await full.search(wide) == [3, 4, 5]
    assert await full.search(q.And(tuple(q.Not(q.Body(f"no such {n}")) for n in range(200)))) == [1, 2, 3, 4, 5]


async def test_text_in_large_messages(inbox: Mailbox) -> None:
    await inbox.append([new(mail("Large", "filler words\r\n" * 30_000 + "needle at the end"))])
    assert await inbox.search(q.Body("needle at")) == [1]
    assert await inbox.search(q.Text("haystack")) == []


async def test_short_and_odd_needles(inbox: Mailbox) -> None:
    await inbox.append([new(mail("ab", "日本語 text")), new(mail("b", "a-b"))])
    for needle, found in (("a", [1, 2]), ("日", [1]), ("日本", [1]), ("a-", [2]), ("-b", [2]), ("本語 t", [1])):
        assert await inbox.search(q.Text(needle)) == ([1, 2] if needle == "a" else found), needle


@pytest.mark.parametrize(
    ("name", "subject", "found"),
    [
        ("i;unicode-casemap", "CAFÉ", {"Café", "CAFÉ", "cafe\u0301"}),
        ("i;unicode-casemap", "cafe", {"Café", "CAFÉ", "cafe\u0301", "cafe"}),
        ("i;unicode-casemap", "STRASSE", {"strasse"}),
        ("i;ascii-casemap", "CAFé", {"Café"}),
        ("i;ascii-casemap", "cafe", {"cafe", "cafe\u0301"}),
        ("i;octet", "caf", {"cafe", "cafe\u0301"}),
        ("i;octet", "é", {"Café"}),
        ("", "cafe", {"Café", "CAFÉ", "cafe\u0301", "cafe"}),
        ("", "STRASSE", {"strasse", "Straße"}),
    ],
)
async def test_collations(inbox: Mailbox, name: str, subject: str, found: set[str]) -> None:
    """More than an engine would read without asking an index first."""
    subjects = ["Café", "CAFÉ", "cafe\u0301", "cafe", "Straße", "strasse", *(f"Number {n}" for n in range(60))]
    await inbox.append([NewMessage(mail(each), MailDate(NOON)) for each in subjects])
    collation = {each.name: each for each in COLLATIONS}.get(name)
    for query in (q.Header("subject", subject, collation), q.Text(subject, collation)):
        assert {subjects[uid - 1] for uid in await inbox.search(query)} == found
        rest = await inbox.search(q.Not(query))
        assert len(rest) == len(subjects) - len(found)


async def test_an_errand_given_up_finds_less(inbox: Mailbox) -> None:
    await inbox.append([new(mail(f"{number}", "zq")) for number in range(20)])
    errand = Errand()
    assert len(await inbox.search(q.Body("zq"), errand)) == 20
    errand.give_up()
    assert await inbox.search(q.Body("zq"), errand) == []
