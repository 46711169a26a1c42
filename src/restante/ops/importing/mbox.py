"""mbox files, plain or gzipped: one, or a tree of them as Thunderbird, Evolution and old mail programs keep.

In a tree, ``Name.sbd`` and a plain directory ``Name`` hold the folders below ``Name``; what does not begin with a ``From ``
line (indexes, summaries) is no mail. A gzipped file is unpacked to a temporary one first. One that is damaged gives its whole
messages; what is behind them is reported.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Final

from restante.mime.date import sent_date
from restante.mime.header import fields, first
from restante.model.dates import MailDate
from restante.ops.importing.mbox_file import Span, begins_mbox, spans
from restante.ops.importing.model import (
    LARGE,
    PIECE,
    Folder,
    Item,
    LeftOut,
    Letter,
    NoMail,
    Refusal,
    Source,
    reason_of,
)
from restante.ops.importing.walk import walk
from restante.ops.mailfile.folder_name import read_level
from restante.ops.mailfile.line_ends import crlf, crlf_pieces
from restante.ops.mailfile.mbox import foreign_flags, from_line_date, own_fields, unquoter

_GZIP: Final = b"\x1f\x8b"
_HEAD: Final = 64 * 1024
_LINE: Final = 1000
_NOT_DATED: Final = MailDate(0)
_BELOW: Final = ".sbd"
_ENDINGS: Final = (".mbox.gz", ".gz", ".mbox")
_BESIDE: Final = (
    ".eml",
    ".msf",
    ".cmeta",
    ".ibex.index",
    ".ibex.index.data",
    ".ev-summary",
    ".ev-summary-meta",
    ".dat",
    ".html",
)
_INTERNAL: Final = b"DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"


def file(path: Path) -> Source:
    """One mbox, a folder called as the file. Raises NoMail, OSError."""
    if not is_mbox(path, or_empty=True):
        raise NoMail(f"{path} is no mbox: it does not begin with a From line")
    return Source("mbox", (_folder(path, (read_level(_stem(path.name)),)),))


def tree(path: Path) -> Source:
    """A directory of them. Raises NoMail."""
    refused: list[Refusal] = []
    folders: list[Folder] = []
    for directory in walk(path, refused):
        levels = tuple(read_level(name.removesuffix(_BELOW)) for name in directory.levels)
        folders.extend(
            _folder(directory.path / name, (*levels, read_level(_stem(name))))
            for name in directory.files
            if _is_folder(directory.path / name, refused)
        )
    if not folders:
        raise NoMail(f"{path} holds no mbox: no file in it begins with a From line")
    return Source("mbox files", tuple(folders), refused=tuple(refused))


def is_mbox(path: Path, *, or_empty: bool = False) -> bool:
    """Whether the file begins as an mbox, unpacked if need be. Raises OSError.

    Programs keep an empty file for an empty folder, or for one that only has others below: see *or_empty*.
    """
    with path.open("rb") as raw:
        head = raw.read(_LINE)
        if not head.startswith(_GZIP):
            return begins_mbox(head) or (or_empty and not head)
        raw.seek(0)
        try:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                head = unpacked.read(_LINE)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return False
    return begins_mbox(head) or (or_empty and not head)


def _is_folder(path: Path, refused: list[Refusal]) -> bool:
    if path.name.startswith(".") or path.name.endswith(_BESIDE):
        return False
    try:
        return is_mbox(path, or_empty=True)
    except OSError as error:
        refused.append(Refusal(str(path), reason_of(error)))
        return False


def _stem(name: str) -> str:
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


def _folder(path: Path, levels: tuple[str, ...]) -> Folder:
    return Folder(levels, partial(_items, path), str(path), path.stat().st_size)


def _items(path: Path) -> Generator[Item, None, None]:
    with path.open("rb") as raw:
        if raw.read(2) != _GZIP:
            yield from _messages(raw, str(path), None)
            return
        raw.seek(0)
        with _unpacked(raw) as (unpacked, damage):
            yield from _messages(unpacked, str(path), damage)


@contextmanager
def _unpacked(raw: IO[bytes]) -> Iterator[tuple[IO[bytes], str | None]]:
    damage = None
    with tempfile.TemporaryFile() as whole:
        try:
            with gzip.GzipFile(fileobj=raw) as packed:
                while piece := packed.read(PIECE):
                    whole.write(piece)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            damage = "the compressed file is damaged here; what is behind cannot be read"
        whole.flush()
        yield whole, damage


def _messages(mbox: IO[bytes], name: str, damage: str | None) -> Generator[Item, None, None]:
    fd = mbox.fileno()
    for number, span in enumerate(spans(fd, os.fstat(fd).st_size), 1):
        place = f"{name}, message {number}"
        if damage and span.last:
            yield Refusal(place, damage)
        else:
            yield _item(fd, span, place)


def _item(fd: int, span: Span, place: str) -> Item:
    size = span.end - span.start
    if not span.quoted or size > LARGE:
        whole = None
        head = os.pread(fd, min(size, _HEAD), span.start)
    else:
        whole = _unquoted(os.pread(fd, size, span.start))
        head = whole[:_HEAD]
    own = own_fields(head)
    header = _header(head)
    flags = own[0] if own else foreign_flags(header)
    if flags is None:
        return LeftOut(place, "deleted in Thunderbird, and not compacted yet")
    if not span.line and _INTERNAL in header:
        return LeftOut(place, "a mail program's own notes")
    skip = own[1] if own else 0
    date = _date(fd, span, header)
    if whole is not None:
        return Letter(place, size, date, flags, lambda: (crlf(whole[skip:]),))
    return Letter(place, size, date, flags, lambda: crlf_pieces(_pieces(fd, span, skip)))


def _header(head: bytes) -> bytes:
    ends = [end for end in (head.find(b"\n\n"), head.find(b"\n\r\n")) if end >= 0]
    return head[: min(ends) + 1] if ends else head


def _date(fd: int, span: Span, header: bytes) -> MailDate:
    """That of the From line, else of the header; a file's own time would not be the same when it is read again."""
    line = os.pread(fd, min(span.start - span.line, _LINE), span.line)
    return from_line_date(line) or sent_date(first(fields(header), b"Date")) or _NOT_DATED


def _unquoted(data: bytes) -> bytes:
    filter_ = unquoter()
    return filter_.feed(data) + filter_.end()


def _pieces(fd: int, span: Span, skip: int) -> Iterator[bytes]:
    filter_ = unquoter() if span.quoted else None
    for at in range(span.start + skip, span.end, PIECE):
        piece = os.pread(fd, min(PIECE, span.end - at), at)
        yield filter_.feed(piece) if filter_ else piece
    if filter_:
        yield filter_.end()
