"""Mailbox names as names of files and directories, and back.

Maildir folders are spelled in modified UTF-7 (RFC 3501 §5.1.3), as the servers that keep them do by default; mbox files and
folders of ``.eml`` in UTF-8, as desktop programs do. Either is understood when reading. A character the form keeps for itself
(the ``.`` of Maildir++, a trailing ``.sbd``) is written as ``%`` and two hexadecimal digits, which is safe because no mailbox
name holds a ``%``.

The rule it protects: a name written here reads back as the same mailbox; a foreign name that no mailbox can have is mended,
and the caller is told so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Final

from restante.imap.wire import utf7
from restante.model.mailbox_name import DELIMITER, MAX_LEVEL_OCTETS, BadMailboxName, MailboxName, mailbox_name

MAX_FILE_NAME: Final = 255
"""Octets of one name on the file systems there are."""

_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f%*/\u2028\u2029]")
_MAILDIR_OWN: Final = frozenset({"cur", "new", "tmp"})
_FILE_ENDINGS: Final = (".sbd", ".mbox", ".gz", ".msf", ".eml", ".cmeta", ".index", ".data", ".dat")
"""What a desktop program's folder has beside its mail, and what says what a file is."""


class UnfitName(ValueError):
    """The mailbox's name has no place in this form; ``str(error)`` says why."""


def read_level(name: str) -> str:
    """The level that a file *name*, as the system gives it, spells: UTF-8, modified UTF-7, with ``%`` escapes."""
    octets = os.fsencode(name)
    if octets.isascii():
        try:
            text = utf7.decode(octets)
        except ValueError:
            text = name
    else:
        text = octets.decode("utf-8", "replace")
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def mailbox_of(levels: Sequence[str]) -> tuple[MailboxName, bool]:
    """The mailbox of *levels*, and whether they had to be mended. Raises BadMailboxName if they cannot be."""
    try:
        if not any(DELIMITER in level for level in levels):
            return mailbox_name(DELIMITER.join(levels)), False
    except BadMailboxName:
        pass
    return mailbox_name(DELIMITER.join(map(_mended, levels))), True


def _mended(level: str) -> str:
    level = _UNFIT.sub("_", level)
    if level in ("", ".", ".."):
        return "_"
    return level.encode("utf-8", "replace")[:MAX_LEVEL_OCTETS].decode("utf-8", "ignore")


def maildir_directory(name: MailboxName) -> list[str]:
    """The directories, one in the other, of *name* in the nested form. Raises UnfitName."""
    return [_checked(utf7.encode(_maildir_level(level)).decode("ascii"), level) for level in name.split(DELIMITER)]


def _maildir_level(level: str) -> str:
    return _escape(level, 0) if level in _MAILDIR_OWN or level.startswith(".") else level


def maildirpp_directory(name: MailboxName) -> str:
    """The directory of *name* in Maildir++: ``.Archive.2026``. Raises UnfitName."""
    levels = (utf7.encode(level.replace(".", "%2E")).decode("ascii") for level in name.split(DELIMITER))
    return _checked("." + ".".join(levels), name)


def file_level(level: str, room: int = 0) -> str:
    """The name of a file or directory of *level* outside Maildir; *room* octets are left for an ending. Raises UnfitName."""
    if level.startswith("."):
        level = _escape(level, 0)
    if level.lower().endswith(_FILE_ENDINGS):
        level = _escape(level, level.rindex("."))
    if "&" in level and level.isascii() and read_level(level) != _ESCAPE.sub(_unescaped, level):
        level = level.replace("&", "%26")
    return _checked(level, level, room)


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


def _escape(text: str, at: int) -> str:
    return f"{text[:at]}%{ord(text[at]):02X}{text[at + 1 :]}"


def _checked(file_name: str, name: str, room: int = 0) -> str:
    if len(file_name.encode()) > MAX_FILE_NAME - room:
        raise UnfitName(f"the name {name} is too long for a file of this form")
    return file_name
