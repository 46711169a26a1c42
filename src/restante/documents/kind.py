"""Which parts of a message are documents, and of what kind.

Strategy: the part's media type and file name say whether it is worth a look; its first octets say what it is, for senders label
everything application/octet-stream. Only text needs a name to be known by.

The rule it protects: pictures, sound and what is text already are passed over without being decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final

from restante.mime.part import Part


class Kind(Enum):
    """A kind of document."""

    PDF = "pdf"
    OFFICE = "office"
    """Office Open XML (.docx, .xlsx, .pptx) and OpenDocument (.odt, .ods, .odp): XML in a zip."""
    RTF = "rtf"
    TEXT = "text"
    HTML = "html"


START: Final = 1024
"""Octets within which a document shows what it is."""

_PASSED_OVER: Final = frozenset((b"MULTIPART", b"MESSAGE", b"TEXT", b"IMAGE", b"AUDIO", b"VIDEO", b"FONT", b"MODEL"))
_RTF_SUBTYPES: Final = frozenset((b"RTF", b"X-RTF"))
_HTML: Final = frozenset(("html", "htm", "xhtml", "xhtml+xml"))
_TEXT: Final = frozenset(
    (
        *(
            "txt",
            "text",
            "md",
            "markdown",
            "rst",
            "log",
            "tex",
            "x-tex",
            "x-latex",
            "latex",
            "bib",
            "asc",
            "srt",
            "vtt",
        ),
        *(
            "csv",
            "tsv",
            "json",
            "ndjson",
            "jsonl",
            "xml",
            "yaml",
            "yml",
            "x-yaml",
            "toml",
            "ini",
            "conf",
            "cfg",
            "ldif",
        ),
        *("ics", "ical", "vcf", "vcard", "fodt", "fods", "fodp", "sql", "x-sql", "diff", "patch", "sh", "x-sh"),
        *("py", "js", "javascript", "ecmascript", "ts", "css", "c", "h", "cpp", "java", "go", "rs", "php", "rb", "pl"),
    )
)
"""Extensions and subtypes of what is text though its type is not TEXT."""


def documents(message: Part) -> Iterator[Part]:
    """The parts of *message* that may be documents, in its order, those of encapsulated messages among them."""
    return (part for part in message.walk() if not part.children and part.message is None and _may_be(part))


def _may_be(part: Part) -> bool:
    return part.subtype in _RTF_SUBTYPES if part.type == b"TEXT" else part.type not in _PASSED_OVER


def kind_of(part: Part, start: bytes, extension: Callable[[], str]) -> Kind | None:
    """What *part*, whose decoded octets begin with *start*, is; None for what no reader here knows.

    Its file name's *extension* is asked for where nothing else tells.
    """
    if b"%PDF-" in start[:START]:
        return Kind.PDF
    if start.startswith(b"PK\x03\x04"):
        return Kind.OFFICE
    if start.lstrip().startswith(b"{\\rtf"):
        return Kind.RTF
    return _text_kind(part, extension) if _is_text(start) else None


def _text_kind(part: Part, extension: Callable[[], str]) -> Kind | None:
    subtype = part.subtype.decode("latin-1").lower()
    return _text_kind_by(subtype) or _text_kind_by(extension())


def _text_kind_by(name: str) -> Kind | None:
    if name in _HTML:
        return Kind.HTML
    return Kind.TEXT if name in _TEXT or name.endswith(("+xml", "+json")) else None


def _is_text(start: bytes) -> bool:
    return b"\0" not in start or start.startswith((b"\xff\xfe", b"\xfe\xff"))
