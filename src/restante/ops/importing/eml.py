"""Messages in files of their own: one ``.eml``, or directories of them.

Dates are the Date field's, else the file's time. Names as export gives them hold the date and the flags and are believed;
``dovecot-keywords`` beside them has the keywords.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from restante.mime.date import sent_date
from restante.mime.header import fields, first
from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.ops.importing.maildir import keywords_beside, whole_file
from restante.ops.importing.model import LARGE, Folder, Item, Letter, NoMail, Refusal, Source, reason_of
from restante.ops.importing.walk import octets_of, walk
from restante.ops.mailfile.eml import ENDING, read_name
from restante.ops.mailfile.folder_name import read_level
from restante.ops.mailfile.line_ends import crlf
from restante.ops.mailfile.maildir import KEYWORDS_FILE

_HEAD: Final = 64 * 1024
_NANO: Final = 10**9


def file(path: Path) -> Source:
    """One message. Raises OSError."""
    return Source("message", (Folder((), partial(_items, path.parent, [path.name]), str(path), path.stat().st_size),))


def tree(path: Path) -> Source:
    """A directory with ``.eml`` in it, INBOX, and those below, mailboxes. Raises NoMail."""
    refused: list[Refusal] = []
    folders: list[Folder] = []
    for found in walk(path, refused):
        files = [name for name in found.files if name.lower().endswith(ENDING)]
        # A directory without mail is a mailbox only where export left its mark.
        if files or KEYWORDS_FILE in found.files:
            size = octets_of(found.path, files)
            levels = tuple(map(read_level, found.levels))
            folders.append(Folder(levels, partial(_items, found.path, files), str(found.path), size))
    if not folders:
        raise NoMail(f"{path} holds no message: no file in it ends in {ENDING}")
    return Source("messages in files", tuple(folders), refused=tuple(refused))


def _items(path: Path, files: list[str]) -> Generator[Item, None, None]:
    keyword_of = keywords_beside(path)
    for name in files:
        yield _item(path / name, keyword_of)


def _item(path: Path, keyword_of: Mapping[str, str]) -> Item:
    try:
        stat = path.stat()
        named = read_name(path.name, keyword_of)
        if named is not None:
            return Letter(str(path), stat.st_size, *named, whole_file(path, stat.st_size))
        with path.open("rb") as opened:
            head = opened.read(max(LARGE, _HEAD) if stat.st_size <= LARGE else _HEAD)
    except OSError as error:
        return Refusal(str(path), reason_of(error))
    date = sent_date(first(fields(_header(head)), b"Date")) or MailDate(stat.st_mtime_ns // _NANO)
    if len(head) == stat.st_size:
        return Letter(str(path), stat.st_size, date, FlagSet(), lambda: (crlf(head),))
    return Letter(str(path), stat.st_size, date, FlagSet(), whole_file(path, stat.st_size))


def _header(head: bytes) -> bytes:
    ends = [end for end in (head.find(b"\n\n"), head.find(b"\n\r\n")) if end >= 0]
    return head[: min(ends) + 1] if ends else head[:_HEAD]
