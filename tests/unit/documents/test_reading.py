"""What each kind of document says; the hostile ones are in ``tests/unit/extraction``."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter
from tests.support.documents import HEADER, docx, odt, pdf, pdf_of, pptx, rtf, xlsx, zipped

from restante.documents import libraries, reading
from restante.documents.gathered import Unreadable
from restante.documents.kind import Kind


def office(octets: bytes, characters: int = 10_000) -> list[str]:
    return reading.read(Kind.OFFICE, octets, characters).split()


def test_words_of_several_runs_are_whole() -> None:
    assert office(docx("Straße & Zug", "second")) == ["Straße", "&", "Zug", "second"]


def test_headers_and_notes_come_after_the_text() -> None:
    members = {
        f"word/{name}.xml": f'<w:x xmlns:w="w"><w:t>{name}</w:t></w:x>' for name in ("header2", "footnotes", "styles")
    }
    assert office(docx("text", **members)) == ["text", "footnotes", "header2"]


def test_slides_are_in_their_order() -> None:
    assert office(pptx(*map(str, range(1, 12)))) == list(map(str, range(1, 12)))


def test_a_table_has_its_strings_and_numbers_and_no_indexes() -> None:
    assert office(xlsx(["Amount", "tax & duty"], [12.5, 99])) == ["Amount", "tax", "&", "duty", "12.5", "99"]


@pytest.mark.parametrize("kind", ["text", "spreadsheet", "presentation"])
def test_opendocument(kind: str) -> None:
    assert reading.read(Kind.OFFICE, odt("one  two", "drei", kind=kind), 1000).splitlines()[:2] == ["one  two", "drei"]


def test_rtf() -> None:
    assert reading.read(Kind.RTF, rtf("café = 5 €"), 100).split() == ["café", "=", "5", "€"]


def test_pages_of_a_pdf() -> None:
    assert reading.read(Kind.PDF, pdf("first (page)", "café"), 100).split() == ["first", "(page)", "café"]


def test_a_page_that_is_broken_costs_itself() -> None:
    whole = pdf("one", "two", "three").replace(b"/Contents 7 0 R", b"/Contents (?)  ")
    assert {"one", "three"} <= set(reading.read(Kind.PDF, whole, 100).split())


def test_a_pdf_whose_table_of_references_is_wrong() -> None:
    assert reading.read(Kind.PDF, pdf("mended").replace(b"startxref\n", b"startxref\n9"), 100).split() == ["mended"]


def encrypted(user: str, algorithm: str) -> bytes:
    writer, octets = PdfWriter(PdfReader(BytesIO(pdf("secret")))), BytesIO()
    writer.encrypt(user, "owner", algorithm=algorithm)
    writer.write(octets)
    return octets.getvalue()


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_what_anyone_may_open_is_read_though_it_is_encrypted(algorithm: str) -> None:
    assert reading.read(Kind.PDF, encrypted("", algorithm), 100).split() == ["secret"]
    with pytest.raises(Unreadable, match="encrypted"):
        reading.read(Kind.PDF, encrypted("password", algorithm), 100)


def test_no_more_characters_than_wanted() -> None:
    assert reading.read(Kind.OFFICE, docx("abc" * 1000, "more"), 10) == "abcabcabca"
    assert reading.read(Kind.PDF, pdf("abcdef", "more"), 4) == "abcd"


def test_what_was_read_in_time_is_kept() -> None:
    moments = iter([False, True])
    assert reading.read(Kind.PDF, pdf("one", "two", "three"), 100, lambda: next(moments)) == "one\ntwo\n"


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        (Kind.PDF, b"%PDF-1.4"),
        (Kind.PDF, pdf_of(["<< /Type /Catalog >>"])),
        (Kind.OFFICE, b"PK\3\4"),
        (Kind.OFFICE, docx("cut")[:-30]),
        (Kind.OFFICE, zipped({"a.txt": "just a zip"})),
        (Kind.OFFICE, zipped({"word/document.xml": "<a><b></a>"})),
        (Kind.OFFICE, zipped({"content.xml": f"{HEADER}<a>" + "<b>" * 1000 + "</b>" * 1000 + "</a>"})),
        (Kind.TEXT, b"nothing to read it by"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(kind: Kind, octets: bytes) -> None:
    with pytest.raises(Unreadable):
        reading.read(kind, octets, 100)


def test_no_entity_is_expanded() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "lol">]><w:document xmlns:w="w"><w:p><w:t>&b;</w:t></w:p></w:document>'
    with pytest.raises(Unreadable):
        reading.read(Kind.OFFICE, zipped({"word/document.xml": bomb}), 100)


def test_one_broken_member_costs_itself() -> None:
    assert office(docx("fine", **{"word/footnotes.xml": "<broken"})) == ["fine"]


def test_editions_say_what_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert libraries.edition() == "1"
    monkeypatch.setitem(libraries.LIBRARIES, Kind.PDF, "no_such_library")
    assert libraries.missing() == {Kind.PDF: "no_such_library"}
    assert libraries.edition() == "1 no pdf"
    assert Kind.PDF not in reading._readers()
