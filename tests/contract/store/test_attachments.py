"""SEARCH BODY and TEXT in attachments: what an engine finds when it is given what reads them (RFC 9051 §6.4.4)."""

from __future__ import annotations

import pytest
from tests.support.documents import ReadHere, docx, message, odt, pdf, pptx, rtf, xlsx
from tests.support.store import ALICE, House, mail, new, uids

from restante.model.collation import COLLATIONS
from restante.model.mailbox_name import INBOX
from restante.store import query as q
from restante.store.api import Account, Mailbox
from restante.store.attachments import AttachmentLimits, Attachments

PDF = message(("application/pdf", "bill.pdf", pdf("Invoice 4711", "Straße")))
WORD = message(("application/octet-stream", "a.docx", docx("The magpie (elster) sings")), text="Nothing here")
SLIDES = message(("application/vnd.ms-powerpoint", "a.pptx", pptx("Growth", "Decline")))
TABLE = message(
    ("application/octet-stream", "a.xlsx", xlsx(["Magpies"], [271828])), ("image/png", "a.png", b"\x89PNG elster")
)
OTHERS = message(
    ("application/vnd.oasis.opendocument.text", "a.odt", odt("Überraschung")),
    ("application/rtf", "a.rtf", rtf("Elster und Dohle")),
    ("application/json", "a.json", '{"bird": "Krähe"}'.encode()),
    ("application/octet-stream", "a.csv", "Vogel;Rabe".encode("utf-16")),
    ("application/octet-stream", "a.htm", b"<p>Nest<b>ling</b></p>"),
)
BROKEN = message(("application/pdf", "a.pdf", b"%PDF-1.7 elster"), ("application/pdf", "b.pdf", pdf("magpie")))
LARGE = message(("application/pdf", "large.pdf", pdf(*(f"page {number} of many" for number in range(40)), "Waxwing")))
PLAIN = mail("No attachment", "magpie")
ASCII = next(each for each in COLLATIONS if each.name == "i;ascii-casemap")
RAWS = [PDF, WORD, SLIDES, TABLE, OTHERS, BROKEN, LARGE, PLAIN]


@pytest.fixture
def extractor() -> ReadHere:
    return ReadHere()


@pytest.fixture
async def account(house: House, extractor: ReadHere) -> Account:
    house.attachments = Attachments(extractor, AttachmentLimits(octets=100_000))
    store = await house.open()
    return await store.create_account(ALICE)


@pytest.fixture
async def inbox(account: Account) -> Mailbox:
    inbox = await account.mailbox(INBOX)
    await inbox.append([new(raw) for raw in RAWS])
    return inbox


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (q.Body("invoice 4711"), (1,)),
        (q.Text("STRASSE"), (1,)),
        (q.Body("elster"), (2, 5)),
        (q.Body("magpie"), (2, 4, 6, 8)),
        (q.Body("growth\n\ndecline"), (3,)),
        (q.Body("271828"), (4,)),
        (q.Body("7777"), ()),
        (q.Text("überraschung"), (5,)),
        (q.Body("krähe"), (5,)),
        (q.Body("vogel;rabe"), (5,)),
        (q.Body("nestling"), (5,)),
        (q.Body("waxwing"), (7,)),
        (q.Body("see attached"), (1, 3, 4, 5, 6, 7)),
        (q.Header("subject", "invoice"), ()),
        (q.Not(q.Body("magpie")), (1, 3, 5, 7)),
        (q.And((q.Body("elster"), q.Not(q.Body("dohle")))), (2,)),
        (q.Or((q.Body("growth"), q.Body("waxwing"))), (3, 7)),
        (q.Body("ELSTER", ASCII), (2, 5)),
        (q.Body("ÜBERRASCHUNG", ASCII), (5,)),
        (q.Body("überraschung", ASCII), ()),
    ],
)  # fmt: skip
async def test_what_is_found(query: q.Query, found: tuple[int, ...], inbox: Mailbox, account: Account) -> None:
    # Not indexed, and then indexed where there is an index.
    assert tuple(await inbox.search(query)) == uids(*found)
    await account.text_index().rebuild(lambda done, total: None)
    assert tuple(await inbox.search(query)) == uids(*found)
    assert not await account.text_index().check(lambda done, total: None)


async def test_without_it_attachments_are_not_searched(house: House) -> None:
    store = await house.open()
    inbox = await (await store.create_account(ALICE)).mailbox(INBOX)
    await inbox.append([new(raw) for raw in RAWS])
    assert tuple(await inbox.search(q.Body("magpie"))) == uids(8)


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        (AttachmentLimits(octets=600), (2, 4, 5, 8)),
        (AttachmentLimits(characters=8), (4, 6, 8)),
        (AttachmentLimits(count=1), (2, 4, 8)),
    ],
)
async def test_limits(limits: AttachmentLimits, found: tuple[int, ...], house: House, extractor: ReadHere) -> None:
    house.attachments = Attachments(extractor, limits)
    inbox = await (await (await house.open()).create_account(ALICE)).mailbox(INBOX)
    await inbox.append([new(raw) for raw in RAWS])
    assert tuple(await inbox.search(q.Or((q.Body("magpie"), q.Body("krähe"))))) == uids(*found)
