"""Documents to attach, made here: each says what it is asked to say, in a form real programs read."""

from __future__ import annotations

import zipfile
from base64 import encodebytes
from collections.abc import Iterable, Mapping
from functools import cache
from io import BytesIO
from typing import Final
from xml.sax.saxutils import escape

from restante.documents import libraries
from restante.documents.gathered import Unreadable
from restante.documents.kind import Kind
from restante.documents.reading import read
from restante.store.attachments import Reading

_FONT: Final = "/Resources << /Font << /F1 3 0 R >> >>"
_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SLIDE: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ODF: Final = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
HEADER: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip of *members*."""
    octets = BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return octets.getvalue()


def docx(*paragraphs: str, **members: str) -> bytes:
    """A text document, of runs as an editor leaves them: each word in two."""
    body = "".join(f"<w:p>{_runs(paragraph)}</w:p>" for paragraph in paragraphs)
    document = f'{HEADER}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": document, **members})


def _runs(text: str) -> str:
    middle = len(text) // 2
    halves = (text[:middle], text[middle:])
    return "".join(f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{escape(half)}</w:t></w:r>' for half in halves)


def pptx(*slides: str) -> bytes:
    """A presentation, its slides in the zip in reverse order."""
    made = {
        f"ppt/slides/slide{number}.xml": f'{HEADER}<p:sld xmlns:p="p" xmlns:a="{_SLIDE}"><a:p><a:r><a:t>{escape(text)}</a:t>'
        "</a:r></a:p></p:sld>"
        for number, text in enumerate(slides, 1)
    }
    return zipped(dict(reversed(made.items())))


def xlsx(shared: Iterable[str], numbers: Iterable[float]) -> bytes:
    """A table of shared strings, and numbers beside them."""
    strings = "".join(f"<si><t>{escape(each)}</t></si>" for each in shared)
    cells = "".join(f'<row><c t="s"><v>7777</v></c><c><v>{number}</v></c></row>' for number in numbers)
    return zipped(
        {
            "xl/worksheets/sheet1.xml": f'{HEADER}<worksheet xmlns="{_SHEET}"><sheetData>{cells}</sheetData></worksheet>',
            "xl/sharedStrings.xml": f'{HEADER}<sst xmlns="{_SHEET}">{strings}</sst>',
        }
    )


def odt(*paragraphs: str, kind: str = "text") -> bytes:
    """An OpenDocument text, or a table or a presentation."""
    body = "".join(f"<text:p>{escape(each).replace('  ', '<text:s/> ')}</text:p>" for each in paragraphs)
    content = (
        f"{HEADER}<office:document-content {_ODF}><office:automatic-styles>hidden</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    return zipped({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content})


def rtf(text: str) -> bytes:
    """A document in Rich Text Format."""
    said = "".join(each if each.isascii() else f"\\u{ord(each)}?" for each in text)
    return f"{{\\rtf1\\ansi{{\\fonttbl{{\\f0 Arial;}}}}\\f0 {said}\\par}}".encode()


def pdf(*pages: str, more: Iterable[str] = ()) -> bytes:
    """A PDF document of one line a page, with its table of references; *more* are objects beside."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        shown = page.translate({ord("("): "\\(", ord(")"): "\\)", ord("\\"): "\\\\"})
        stream = f"BT /F1 12 Tf 72 720 Td ({shown}) Tj ET"
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R {_FONT} >>",
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    return pdf_of([*objects, *more])


def pdf_of(objects: Iterable[str]) -> bytes:
    """A PDF file of *objects*, the first of which is its catalogue."""
    octets = bytearray(b"%PDF-1.7\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(octets))
        octets += f"{number} 0 obj\n{each}\nendobj\n".encode("latin-1")
    at = len(octets)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    octets += (
        f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(places) + 1} /Root 1 0 R >>\n"
        f"startxref\n{at}\n%%EOF\n"
    ).encode()
    return bytes(octets)


@cache
def busy() -> bytes:
    """A document of 60 MB of XML that is nothing but work, and says nothing."""
    return docx(**{"word/document.xml": f"{HEADER}<w:x>" + "<w:y></w:y>" * 5_500_000 + "</w:x>"})


def message(*attachments: tuple[str, str, bytes], text: str = "See attached.", subject: str = "Papers") -> bytes:
    """A message with *attachments*: media type, file name, octets."""
    lines = [
        f"Subject: {subject}",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="=b"',
        "",
        "--=b",
        "",
        text,
    ]
    for kind, name, octets in attachments:
        lines += ["--=b", f"Content-Type: {kind}", f'Content-Disposition: attachment; filename="{name}"']
        lines += [
            "Content-Transfer-Encoding: base64",
            "",
            encodebytes(octets).decode().rstrip("\n").replace("\n", "\r\n"),
        ]
    return "\r\n".join([*lines, "--=b--", ""]).encode()


class ReadHere:
    """An :class:`~restante.store.attachments.Extractor` that reads in this process, and counts."""

    def __init__(self, edition: str = "here") -> None:
        self.edition = edition
        self.count = 0
        self.closed = False

    def read(self, kind: Kind, octets: bytes, characters: int) -> Reading:
        self.count += 1
        try:
            return Reading(read(kind, octets, characters), 0.0)
        except Unreadable:
            return Reading("", 0.0)

    def close(self) -> None:
        self.closed = True


assert not libraries.missing(), "the tests read every kind"
