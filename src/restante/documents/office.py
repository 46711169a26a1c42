"""The text of Office documents: Office Open XML (ECMA-376) and OpenDocument (ISO/IEC 26300), which are XML files in a zip.

Strategy: the members that hold what a reader sees are inflated in pieces and fed to expat as they come; nothing is built of them.
Elements are known by their local names, since each edition of the standards has namespaces of its own. Written here because what
is needed is a tenth of what the libraries for these formats do, and they build trees first.

The rule it protects: a bomb, of zip or of entities, costs a bounded number of octets: a document type declaration is refused,
inflating stops at a limit, and no element lies deeper than a limit.
"""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from typing import Final
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from restante.documents.gathered import Full, Gathered, Unreadable

_INFLATED: Final = 64 * 1024 * 1024
"""Octets of XML read of one document."""

_PIECE: Final = 64 * 1024
_DEPTH: Final = 500
_MOST_SPACES: Final = 100

_MEMBERS: Final = re.compile(
    r"(?:(word/document)|word/(?:header|footer|footnotes|endnotes|comments)|(ppt/slides/slide)|ppt/notesSlides/notesSlide"
    r"|(xl/sharedStrings)|xl/worksheets/sheet|xl/comments|xl/drawings/drawing|(content))(\d{0,9})\.xml"
)
_BROKEN: Final = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zlib.error,
    expat.ExpatError,
)
"""What a damaged or encrypted member may raise."""


def office_text(octets: bytes, gathered: Gathered) -> None:
    """Gather the text of a document. Raises Full, Unreadable."""
    try:
        archive = ZipFile(BytesIO(octets))
    except _BROKEN as error:
        raise Unreadable("not a zip that can be read") from error
    members = sorted((key, info) for info in archive.infolist() if (key := _order(info)) is not None)
    if not members:
        raise Unreadable("a zip, but no document")
    left, read = _INFLATED, 0
    for _, info in members:
        try:
            left = _member(archive, info, gathered, left)
            read += 1
        except _BROKEN:
            continue
    if not read:
        raise Unreadable("damaged or encrypted")


def _order(info: ZipInfo) -> tuple[bool, int, str] | None:
    """Where a member's text comes: the main text first, then by number; None for a member that has none to show."""
    found = _MEMBERS.fullmatch(info.filename)
    if found is None or info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return None
    *main, number = found.groups()
    return not any(main), int(number or 0), f"{info.filename}\0{info.header_offset}"


def _member(archive: ZipFile, info: ZipInfo, gathered: Gathered, left: int) -> int:
    """Gather a member's text; how many octets of *left* remain. Raises Full, and what is _BROKEN."""
    parser = (_OpenDocument if info.filename == "content.xml" else _OpenXml)(gathered).parser()
    with archive.open(info) as stream:
        while piece := stream.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise Full
            parser.Parse(piece, False)
    parser.Parse(b"", True)
    gathered.add("\n")
    return left


class _Dialect:
    """Handlers of one member."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._depth = 0
        self._within = 0
        self._local: dict[str, str] = {}

    def parser(self) -> expat.XMLParserType:
        """A parser that calls these."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        return parser

    def _refuse(self, *declared: object) -> None:
        raise Unreadable("a document type declaration")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise Unreadable("elements nested too deep")
        self.begin(self._known(name), attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.finish(self._known(name))

    def _known(self, name: str) -> str:
        local = self._local.get(name)
        if local is None:
            local = self._local[name] = name.rpartition(":")[2]
        return local

    def _data(self, data: str) -> None:
        if self._within > 0:
            self._gathered.add(data)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        raise NotImplementedError

    def finish(self, name: str) -> None:
        """An element ends."""
        raise NotImplementedError


class _OpenXml(_Dialect):
    """WordprocessingML, PresentationML and SpreadsheetML: text is in ``t``, a cell's number in ``v``."""

    _BREAKS: Final = {"p": "\n", "si": "\n", "row": "\n", "c": "\t", "br": "\n", "cr": "\n", "tab": "\t"}

    def __init__(self, gathered: Gathered) -> None:
        super().__init__(gathered)
        self._shared = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            # A cell that names a shared string has only its number here.
            self._shared = attributes.get("t") == "s"
        elif name == "t" or (name == "v" and not self._shared):
            self._within += 1

    def finish(self, name: str) -> None:
        if name == "t" or (name == "v" and not self._shared):
            self._within -= 1
        elif name in self._BREAKS:
            self._gathered.add(self._BREAKS[name])


class _OpenDocument(_Dialect):
    """OpenDocument: text is in paragraphs and headings."""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("p", "h"):
            self._within += 1
        elif name == "s":
            count = attributes.get("text:c", "1")
            self._gathered.add(" " * min(int(count) if count.isdecimal() else 1, _MOST_SPACES))
        elif name in ("tab", "line-break"):
            self._gathered.add("\t" if name == "tab" else "\n")

    def finish(self, name: str) -> None:
        if name in ("p", "h"):
            self._within -= 1
            self._gathered.add("\n")
