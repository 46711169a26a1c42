"""A document's text, by the reader of its kind. Loads the libraries, so only what is to read documents imports it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from restante.documents.gathered import Full, Gathered, Unreadable
from restante.documents.kind import Kind
from restante.documents.libraries import missing
from restante.documents.office import office_text

_Reader = Callable[[bytes, Gathered], None]


def _readers() -> dict[Kind, _Reader]:
    found: dict[Kind, _Reader] = {Kind.OFFICE: office_text}
    lacking = missing()
    if Kind.PDF not in lacking:
        from restante.documents.pdf import pdf_text

        found[Kind.PDF] = pdf_text
    if Kind.RTF not in lacking:
        from restante.documents.rtf import rtf_text

        found[Kind.RTF] = rtf_text
    return found


_READERS: Final = _readers()


def read(kind: Kind, octets: bytes, characters: int, late: Callable[[], bool] = lambda: False) -> str:
    """The first so many *characters* of a document, or what was found until *late*.

    Raises Unreadable, and whatever else a library makes of what is damaged.
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise Unreadable(f"nothing here reads {kind.value}")
    gathered = Gathered(characters, late)
    with suppress(Full):
        reader(octets, gathered)
    return gathered.text()


def warm() -> None:
    """Read something of each kind, so that what the libraries load late is there: later no file can be opened."""
    for kind, octets in ((Kind.PDF, _PDF), (Kind.RTF, b"{\\rtf1 a}")):
        if kind in _READERS:
            read(kind, octets, 10)


_PDF: Final = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>> endobj
4 0 obj <</Length 30>> stream
BT /F 9 Tf 1 1 Td (warm) Tj ET
endstream endobj
5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
trailer <</Root 1 0 R>>
startxref
0
%%EOF
"""
