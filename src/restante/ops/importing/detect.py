"""What form of mail lies at a path.

Strategy: the beginning of a file, and the names in a directory, decide; each form is tried in turn, the most telling first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Final

from restante.ops.importing import eml, maildir, mbox
from restante.ops.importing.model import NoMail, Source
from restante.ops.importing.walk import look
from restante.ops.mailfile.eml import ENDING
from restante.ops.mailfile.maildir import SUBDIRECTORIES


class Form(Enum):
    """A form of mail in files; the value is what the command line calls it."""

    AUTO = "auto"
    MAILDIR = "maildir"
    MAILDIRPP = "maildir++"
    MBOX = "mbox"
    EML = "eml"


def find_source(path: Path, form: Form = Form.AUTO) -> Source:
    """The mail at *path*. Blocks. Raises NoMail, OSError."""
    if path.is_dir():
        return _directory(path, form)
    path.stat()
    if not path.is_file():
        raise NoMail(f"{path} is neither a file nor a directory")
    return _file(path, form)


def _file(path: Path, form: Form) -> Source:
    if form in (Form.MAILDIR, Form.MAILDIRPP):
        raise NoMail(f"{path} is a file; a {form.value} is a directory")
    if form is Form.MBOX:
        return mbox.file(path)
    # Some programs begin a saved message with its From line, which makes it no mbox.
    if form is Form.EML or path.name.lower().endswith(ENDING):
        return eml.file(path)
    if mbox.is_mbox(path):
        return mbox.file(path)
    return _message(path)


def _message(path: Path) -> Source:
    with path.open("rb") as opened:
        head = opened.read(1000)
    line = head.partition(b"\n")[0]
    name, colon, _ = line.partition(b":")
    if not colon or not name.strip() or b" " in name.strip() or b"\0" in head:
        raise NoMail(f"{path} is neither an mbox (no From line at its beginning) nor a message (no header)")
    return eml.file(path)


_BY_FORM: Final[dict[Form, Callable[[Path], Source]]] = {
    Form.MAILDIR: maildir.nested,
    Form.MAILDIRPP: maildir.maildirpp,
    Form.MBOX: mbox.tree,
    Form.EML: eml.tree,
}


def _directory(path: Path, form: Form) -> Source:
    read = _BY_FORM.get(form)
    if read is not None:
        return read(path)
    found = look(path)
    forms = [maildir.maildirpp, maildir.nested]
    dotted = any(name.startswith(".") for name in found.directories)
    below = any(not name.startswith(".") and name not in SUBDIRECTORIES for name in found.directories)
    # Nested directories may be at the side of cur and new; folders of Maildir++ begin with a dot.
    return _first(path, [*(forms[::-1] if below and not dotted else forms), *_files_first(found.files)])


def _files_first(files: list[str]) -> list[Callable[[Path], Source]]:
    """Messages in files before mbox files, where both could be."""
    if any(name.lower().endswith(ENDING) for name in files):
        return [eml.tree, mbox.tree]
    return [_mbox_with_mail, eml.tree, mbox.tree]


def _mbox_with_mail(path: Path) -> Source:
    """An mbox tree in which not all files are empty."""
    source = mbox.tree(path)
    if not source.size:
        raise NoMail(f"{path} holds empty files only")
    try:
        beside = sum(1 for folder in eml.tree(path).folders if folder.size)
    except NoMail:
        return source
    note = f"{beside} directories below hold {ENDING} files as well; import those with --format eml"
    return replace(source, notes=(*source.notes, note))


def _first(path: Path, forms: list[Callable[[Path], Source]]) -> Source:
    for read in forms:
        try:
            return read(path)
        except NoMail:
            continue
    raise NoMail(f"no mail was found in {path}: no Maildir (cur and new), no mbox file, no {ENDING} file")
