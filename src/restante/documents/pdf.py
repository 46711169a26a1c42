"""The text of PDF documents (ISO 32000), by pypdf.

The rule it protects: a page that cannot be read costs its text alone.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from restante.documents.gathered import Gathered, Unreadable

_BROKEN: Final = (
    PyPdfError, ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What pypdf raises for what is damaged, or made to harm."""


def pdf_text(octets: bytes, gathered: Gathered) -> None:
    """Gather the text of a document, page by page. Raises Full, Unreadable."""
    try:
        reader = PdfReader(BytesIO(octets), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("encrypted")
        count = len(reader.pages)
    except Unreadable:
        raise
    except _BROKEN as error:
        raise Unreadable("damaged") from error
    for number in range(count):
        try:
            text = reader.pages[number].extract_text()
        except _BROKEN:
            text = ""
        gathered.add(f"{text}\n")
