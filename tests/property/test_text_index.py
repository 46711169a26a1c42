"""A search that the index of text answers finds what reading every message finds, however far the index is."""

from __future__ import annotations

import asyncio
import base64
import quopri
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.documents import ReadHere, docx, rtf
from tests.support.store import NOON

from restante.model.collation import COLLATIONS
from restante.model.dates import MailDate
from restante.model.flags import Flag, FlagSet
from restante.model.ids import AccountId
from restante.model.mailbox_name import INBOX
from restante.model.message_set import UidSet
from restante.store import query as q
from restante.store.api import Account, Mailbox
from restante.store.arrival import summarise
from restante.store.attachments import AttachmentLimits, Attachments
from restante.store.matching import fold
from restante.store.memory import MemoryStore
from restante.store.model import NewMessage
from restante.store.sqlite import fulltext, indexing, searching
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.store import SqliteStore
from restante.store.words import MessageWords

# Letters whose folding is longer than they are, marks that compose with what stands before them, and what FTS5 may stumble over.
ODD = "ßẞİıſŉǰΐﬃΣσςÅÅåée\u0301\u0338\u0323=<>≠각가\u11a8\u0345\0\ufffe\uffff\ufdd0😀𐐀\u00ad\u200d\u0327\u1e9b\u0307\"'*^-+:()%_\\"
TEXTS = st.text(st.sampled_from("abc Ab. " + ODD) | st.characters(exclude_categories=["Cs"]), max_size=24)
WORDS = st.sampled_from(
    ["Straße", "ΣΊΣΥΦΟΣ", "office", "oﬃce", "Ann Example", "meeting", "x=3Dy", "&amp;", "<b>", "ab" * 40]
)
PROSE = st.lists(TEXTS | WORDS, max_size=6).map(" ".join)
BY = st.none() | st.sampled_from(COLLATIONS)
CHARSETS = st.sampled_from(["utf-8", "iso-8859-1", "koi8-r", "iso-2022-jp", "utf-16", "us-ascii", "no-such"])


def encoded(text: str, charset: str) -> bytes:
    return text.encode("latin-1" if charset == "no-such" else charset, "replace")


@st.composite
def fields(draw: st.DrawFn) -> bytes:
    """A header field: addresses or text, plain, eight-bit or in encoded words, of a charset that may be a lie."""
    name = draw(st.sampled_from([b"From", b"TO", b"Cc", b"bcc", b"Subject", b"X-Other", b"subject", b"Reply-To"]))
    text, charset = draw(PROSE).replace("\n", " ").replace("\r", " "), draw(CHARSETS)
    octets = encoded(text, charset)
    value = draw(st.sampled_from(["raw", "b", "q", "lie", "address"]))
    if value == "b":
        return b"%b: =?%b?B?%b?=" % (name, charset.encode(), base64.b64encode(octets))
    if value == "q":
        return b"%b: x\r\n =?%b?q?%b?= y" % (name, charset.encode(), quopri.encodestring(octets, header=True))
    if value == "lie":
        return b"%b: =?utf-8?B?%b?= =?utf-8?B?%b?=" % (name, base64.b64encode(octets[:3]), base64.b64encode(octets[3:]))
    if value == "address":
        return b'%b: "%b" <ann@example.org>, =?utf-8?q?B=C3=B6b?= <bob@x.example>' % (name, octets.replace(b'"', b""))
    return b"%b: %b" % (name, octets)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A part's fields and content: text or HTML in any encoding, of a charset that may be a lie."""
    text, charset, claimed = draw(PROSE), draw(CHARSETS), draw(CHARSETS)
    subtype = draw(st.sampled_from(["plain", "html", "enriched"]))
    if subtype == "html":
        text = f'<p title="a > {text[:5]}">{text}</p><style>hidden</style><!-- {text} -->&#x41;bc'
    octets = encoded(text, charset)
    encoding = draw(st.sampled_from(["8bit", "base64", "quoted-printable"]))
    if encoding == "base64":
        octets = base64.encodebytes(octets)
    elif encoding == "quoted-printable":
        octets = quopri.encodestring(octets)
    head = f"Content-Type: text/{subtype}; charset={claimed}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A part that holds a document, or calls itself one."""
    text = draw(PROSE)
    said = text.encode("utf-8", "replace")
    kind, octets = draw(
        st.sampled_from(
            [
                ("octet-stream", docx(CONTROLS.sub(" ", text))),
                ("rtf", rtf(text.encode("ascii", "ignore").decode())),
                ("json", said),
                ("pdf", b"%PDF-1.7\n" + said),
                ("zip", b"PK\3\4" + said),
            ]
        )
    )
    head = f"Content-Type: application/{kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64.encodebytes(octets).replace(b"\n", b"\r\n")


CONTROLS = re.compile("[^\t\n -\ud7ff\ue000-\ufffd]")
"""What XML cannot hold."""


def several(parts: list[bytes]) -> bytes:
    return (
        b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n"
        + b"".join(b"--cut\r\n%b\r\n" % part for part in parts)
        + b"--cut--\r\n"
    )


ENTITIES: st.SearchStrategy[bytes] = st.recursive(
    bodies() | documents(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(several)
        | st.builds(
            lambda head, part: b"Content-Type: message/rfc822\r\n\r\n" + b"\r\n".join([*head, part]),
            st.lists(fields(), max_size=2),
            inner,
        )
    ),
    max_leaves=3,
)
MAILS = st.builds(lambda head, part: b"\r\n".join([*head, part]), st.lists(fields(), max_size=5), ENTITIES) | st.binary(
    max_size=40
)


@st.composite
def needles(draw: st.DrawFn, texts: list[str]) -> str:
    """Cut from a message's text, or from nowhere."""
    whole = draw(st.sampled_from(texts)) if texts else ""
    if not whole or draw(st.integers(0, 3)) == 0:
        return draw(TEXTS | WORDS)
    start = draw(st.integers(0, len(whole) - 1))
    return whole[start : start + draw(st.sampled_from([1, 2, 3, 3, 4, 5, 7, 12, 30, 100]))]


@st.composite
def queries(draw: st.DrawFn, texts: list[str]) -> q.Query:
    """Criteria of text, and of other kinds, combined."""
    words = needles(texts)
    names = st.sampled_from(["from", "To", "CC", "bcc", "SUBJECT", "x-other", "reply-to", "content-type"])
    leaf = st.one_of(
        st.builds(q.Body, words, BY),
        st.builds(q.Text, words, BY),
        st.builds(q.Header, names, words, BY),
        st.builds(q.Header, names, st.just("")),
        st.just(q.HasFlag(Flag("\\Seen"))),
        st.builds(q.Larger, st.sampled_from([100, 300])),
        st.just(q.Uids(UidSet([(2, 3)]))),
    )
    pairs = st.lists(leaf, min_size=1, max_size=3).map(tuple)
    return draw(
        leaf | leaf.map(q.Not) | st.builds(q.And, pairs) | st.builds(q.Or, pairs) | st.builds(q.Or, pairs).map(q.Not)
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[bytes], list[q.Query]]:
    raws = draw(st.lists(MAILS, min_size=1, max_size=5))
    words = [MessageWords(raw, summarise(raw).parts, attached=ATTACHMENTS.text) for raw in raws]
    texts = [text for each in words for key in (fold, str) for text in (each.header(key), each.body(key)) if text]
    return raws, draw(st.lists(queries(texts), min_size=4, max_size=10))


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def stores(
    runner: asyncio.Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[SqliteStore, MemoryStore]]:
    """Engines; the first has its index asked however few the messages, and indexes when told."""
    monkeypatch.setattr(searching, "FEW", 0)
    monkeypatch.setattr("restante.store.sqlite.proposing.FEW", 0)
    monkeypatch.setattr("restante.store.sqlite.proposing._PAIRS", 0)
    monkeypatch.setattr(fulltext, "BATCH", 2)
    monkeypatch.setattr(fulltext, "_MOST", 3_000)
    monkeypatch.setattr(indexing.SqliteTextIndex, "wake", lambda self: None)
    indexed, read = SqliteStore(tmp_path, inline=400, attachments=ATTACHMENTS), MemoryStore(attachments=ATTACHMENTS)
    for store in (indexed, read):
        runner.run(store.open())
    yield indexed, read
    for store in (indexed, read):
        runner.run(store.close())


NUMBERS = count()
ATTACHMENTS = Attachments(ReadHere(), AttachmentLimits(characters=2_000))


async def filled(account: Account, raws: list[bytes]) -> Mailbox:
    inbox = await account.mailbox(INBOX)
    for number, raw in enumerate(raws):
        await inbox.append([NewMessage(raw, MailDate(NOON), FlagSet(["\\Seen"] if number % 2 else []))])
    first = (await inbox.index()).uids[0]
    await inbox.copy([first], inbox.id)  # type: ignore[list-item]  # the index has plain numbers
    return inbox


async def compare(case: tuple[list[bytes], list[q.Query]], indexed: SqliteStore, read: MemoryStore) -> None:
    name = AccountId(f"a{next(NUMBERS)}")
    account = await indexed.create_account(name)
    assert isinstance(account, SqliteAccount)
    raws, asked = case
    inbox, reader = await filled(account, raws), await filled(await read.create_account(name), raws)
    wanted = [await reader.search(query) for query in asked]
    more = True
    while more:
        for _ in range(2):  # fields that are searched again are answered otherwise
            assert [await inbox.search(query) for query in asked] == wanted
        more = bool(await account.text.step())
    assert await account.text.check(lambda done, total: None) == []


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(case=cases())
def test_the_index_finds_what_reading_finds(
    case: tuple[list[bytes], list[q.Query]], runner: asyncio.Runner, stores: tuple[SqliteStore, MemoryStore]
) -> None:
    runner.run(compare(case, *stores))


@settings(max_examples=500, deadline=None)
@given(text=PROSE, data=st.data())
def test_every_piece_of_a_text_is_looked_up_by_characters_it_has(text: str, data: st.DataObject) -> None:
    whole = fold(text)
    start = data.draw(st.integers(0, len(whole)))
    table = data.draw(st.sampled_from([fulltext.HEADER, fulltext.BODY]))
    asked = fulltext.expression(table, whole[start : start + data.draw(st.integers(0, 60))])
    known = fulltext.formed(table, whole)
    for each in [] if asked is None else asked[1:-1].split('" AND "'):
        wanted = each.replace('""', '"')
        assert len(wanted) == 3
        assert wanted in known
