"""Maildir in its two forms: Maildir++, with folders as ``.Name.Below`` beside ``cur``, and nested directories.

Flags come from the file names, dates from the files' times, keywords from ``dovecot-keywords``, subscriptions from the file a
server keeps beside. What lies in ``tmp`` was never delivered and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from restante.model.dates import MailDate
from restante.model.mailbox_name import INBOX
from restante.ops.importing.model import LARGE, Folder, Item, Letter, NoMail, Refusal, Source, file_pieces, reason_of
from restante.ops.importing.walk import Directory, look, octets_of, walk
from restante.ops.mailfile.folder_name import read_level
from restante.ops.mailfile.line_ends import crlf, crlf_pieces
from restante.ops.mailfile.maildir import (
    COURIER_SUBSCRIPTIONS_FILE,
    KEYWORDS_FILE,
    SUBDIRECTORIES,
    SUBSCRIPTIONS_FILE,
    flags_of,
    read_keywords,
)

_HOLDING: Final = ("cur", "new")
_TIME: Final = re.compile(r"\d{1,15}")
_NANO: Final = 10**9


def maildirpp(path: Path) -> Source:
    """A Maildir++: *path* is INBOX. Raises NoMail, OSError."""
    top = look(path)
    refused = [Refusal(str(path / name), "a link to a directory, which is not followed") for name in top.linked]
    folders = [_folder(path, ())] if _is_maildir(top) else []
    folders.extend(
        _folder(path / name, tuple(map(read_level, name[1:].split("."))))
        for name in top.directories
        if name.startswith(".") and _is_maildir(look(path / name))
    )
    if not folders:
        raise NoMail(f"{path} is no Maildir++: it has neither cur and new nor folders that begin with a dot")
    kind = "Maildir++" if len(folders) > 1 else "Maildir"
    return Source(kind, tuple(folders), _subscriptions(path, "."), tuple(refused))


def nested(path: Path) -> Source:
    """Maildirs in directories within directories; if *path* is one, it is INBOX. Raises NoMail."""
    refused: list[Refusal] = []
    found = [each for each in walk(path, refused, frozenset(SUBDIRECTORIES)) if _is_maildir(each)]
    if not found:
        raise NoMail(f"{path} holds no Maildir: no directory in it has cur and new")
    folders = tuple(_folder(each.path, tuple(map(read_level, each.levels))) for each in found)
    return Source("Maildir", folders, _subscriptions(path, "/"), tuple(refused))


def _is_maildir(found: Directory) -> bool:
    return all(name in found.directories for name in _HOLDING)


def _folder(path: Path, levels: tuple[str, ...]) -> Folder:
    size = sum(octets_of(path / name, look(path / name).files) for name in _HOLDING)
    return Folder(levels, partial(_items, path), str(path), size)


def _items(path: Path) -> Generator[Item, None, None]:
    keyword_of = keywords_beside(path)
    files = [path / name / file for name in _HOLDING for file in look(path / name).files if not file.startswith(".")]
    for file in sorted(files, key=_order):
        yield _item(file, keyword_of)


def _order(file: Path) -> tuple[int, str]:
    """By the time of delivery, which a name begins with."""
    found = _TIME.match(file.name)
    return int(found[0]) if found else 0, file.name


def _item(file: Path, keyword_of: Mapping[str, str]) -> Item:
    try:
        stat = file.stat()
        date = MailDate(stat.st_mtime_ns // _NANO)
        flags = flags_of(file.name, keyword_of)
        return Letter(str(file), stat.st_size, date, flags, whole_file(file, stat.st_size))
    except FileNotFoundError:
        return Refusal(str(file), "it was moved or deleted while it was to be read; run again")
    except OSError as error:
        return Refusal(str(file), reason_of(error))


def whole_file(path: Path, size: int) -> Callable[[], Iterator[bytes]]:
    """What reads a message that fills a file."""

    def pieces() -> Iterator[bytes]:
        if size > LARGE:
            yield from crlf_pieces(file_pieces(path))
        else:
            yield crlf(path.read_bytes())

    return pieces


def keywords_beside(path: Path) -> Mapping[str, str]:
    """The keyword of each letter, as the folder's keywords file has it."""
    try:
        text = (path / KEYWORDS_FILE).read_text("utf-8", "replace")
    except OSError:
        return {}
    return read_keywords(text)[0]


def _subscriptions(path: Path, delimiter: str) -> tuple[tuple[str, ...], ...] | None:
    for name, read in ((SUBSCRIPTIONS_FILE, _dovecot), (COURIER_SUBSCRIPTIONS_FILE, _courier)):
        try:
            text = (path / name).read_text("utf-8", "surrogateescape")
        except OSError:
            continue
        return tuple(tuple(map(read_level, levels)) for levels in read(text, delimiter) if any(levels))
    return None


def _dovecot(text: str, delimiter: str) -> list[list[str]]:
    """A line for each name. The second version begins with its number and puts tabs between levels."""
    lines = text.splitlines()
    if lines and lines[0].split() == ["V", "2"]:
        return [line.split("\t") for line in lines[1:] if line]
    return [line.split(delimiter) for line in lines]


def _courier(text: str, _: str) -> list[list[str]]:
    """Every name begins with ``INBOX``, which is not part of it."""
    lines = [line.split(".") for line in text.splitlines()]
    return [levels[1:] if levels[0] == INBOX and len(levels) > 1 else levels for levels in lines]
