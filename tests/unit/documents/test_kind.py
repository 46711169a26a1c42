"""Which parts are documents, and of what kind."""

from __future__ import annotations

import pytest
from tests.support.documents import docx, pdf

from restante.documents.kind import Kind, documents, kind_of
from restante.documents.label import Label, label
from restante.mime.scan import scan


def part_of(kind: str, disposition: str = "attachment") -> bytes:
    return f"Content-Type: {kind}\r\nContent-Disposition: {disposition}\r\n\r\nx".encode()


@pytest.mark.parametrize(
    ("kind", "disposition", "wanted"),
    [
        ("application/pdf", "attachment", True),
        ("application/octet-stream", "attachment", True),
        ("application/vnd.oasis.opendocument.text", "inline", True),
        ("x-unknown/y", "attachment", True),
        ("text/plain", "attachment; filename=a.pdf", False),
        ("text/rtf", "attachment", True),
        ("image/png", "attachment", False),
        ("image/x-scan", "attachment; filename=a.PDF", False),
        ("video/mp4", "attachment; filename=a.mp4", False),
    ],
)
def test_what_may_be_a_document(kind: str, disposition: str, wanted: bool) -> None:
    assert bool(list(documents(scan(part_of(kind, disposition))))) is wanted


def test_documents_within_messages_are_found() -> None:
    inner = part_of("application/pdf")
    outer = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n'
        + inner
        + b"\r\n--b--\r\n"
    )
    assert [part.subtype for part in documents(scan(outer))] == [b"PDF"]


@pytest.mark.parametrize(
    ("disposition", "wanted"),
    [
        ("attachment; filename=Bill.PDF", "pdf"),
        ("attachment; filename=bill", ""),
        ('attachment; filename="=?utf-8?q?Rechnung_=C3=BC.docx?="', "docx"),
        ("attachment; filename*=utf-8''%C3%BC.ods", "ods"),
        ("attachment", "txt"),
    ],
)
def test_label(disposition: str, wanted: str) -> None:
    kind = (
        "application/x; charset=koi8-r; name=a.txt" if disposition == "attachment" else "application/x; charset=koi8-r"
    )
    assert label(part_of(kind, disposition)) == Label(wanted, b"koi8-r")
    assert label(b"Content-Type: image/png\r\n\r\n") == Label("", None)


@pytest.mark.parametrize(
    ("kind", "name", "start", "wanted"),
    [
        ("application/octet-stream", "a", pdf("x"), Kind.PDF),
        ("application/octet-stream", "a.doc", b"\r\n\r\n%PDF-1.4", Kind.PDF),
        ("application/pdf", "a.pdf", docx("x"), Kind.OFFICE),
        ("application/msword", "a.doc", b"{\\rtf1", Kind.RTF),
        ("application/msword", "a.doc", b"\xd0\xcf\x11\xe0\0", None),
        ("application/json", "a", b"{}", Kind.TEXT),
        ("application/ld+json", "a", b"{}", Kind.TEXT),
        ("application/octet-stream", "a.csv", b"a;b", Kind.TEXT),
        ("application/octet-stream", "a.csv", b"\xff\xfea\0;\0", Kind.TEXT),
        ("application/octet-stream", "a.csv", b"a\0b", None),
        ("application/octet-stream", "a.bin", b"abc", None),
        ("application/xhtml+xml", "a", b"<html>", Kind.HTML),
        ("application/octet-stream", "a.htm", b"<html>", Kind.HTML),
    ],
)  # fmt: skip
def test_kind(kind: str, name: str, start: bytes, wanted: Kind | None) -> None:
    raw = part_of(kind, f"attachment; filename={name}")
    assert kind_of(scan(raw), start, lambda: label(raw).extension) is wanted
