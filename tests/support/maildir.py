"""A Maildir as a sync client leaves it, read and changed by renaming files as any mail reader would.

Strategy: files only; the flags are the letters behind ``:2,`` in a file's name. Rule: a file is never rewritten, so
what the sync client keeps in names and contents stays its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MESSAGE_ID: Final = re.compile(rb"^message-id: *(<[^>]*>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message file."""

    path: Path
    raw: bytes

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets, empty where there is none."""
        found = _MESSAGE_ID.search(self.raw)
        return found[1].decode("ascii") if found else ""

    @property
    def flags(self) -> frozenset[str]:
        """The letters of the flags, for example ``{"S", "F"}``."""
        return frozenset(self.path.name.partition(":2,")[2])


class Maildir:
    """One folder with ``cur``, ``new`` and ``tmp``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def letters(self) -> dict[str, Letter]:
        """All messages by Message-ID; two of one Message-ID are an error."""
        files = [file for name in ("cur", "new") for file in (self.path / name).iterdir()]
        found = [Letter(file, file.read_bytes()) for file in files]
        named = {letter.message_id: letter for letter in found}
        assert len(named) == len(found), f"a message is there twice: {sorted(file.name for file in files)}"
        return named

    def add(self, raw: bytes, flags: str = "") -> None:
        """Put a new mail in, its lines ended by LF as is the custom on disk."""
        number = sum(1 for _ in (self.path / "cur").iterdir())
        file = self.path / "cur" / f"1775115000.M{number}P1.reader:2,{flags}"
        file.write_bytes(raw.replace(b"\r\n", b"\n"))

    def set_flags(self, message_id: str, flags: str) -> None:
        """Give a message exactly the flags *flags* (letters in ASCII order)."""
        path = self.letters()[message_id].path
        name = path.name.partition(":2,")[0]
        path.rename(self.path / "cur" / f"{name}:2,{flags}")

    def remove(self, message_id: str) -> None:
        """Delete a message's file."""
        self.letters()[message_id].path.unlink()


def snapshot(root: Path) -> dict[str, bytes]:
    """Every message file under *root*, by its path, with its content."""
    files = [file for name in ("cur", "new") for file in root.glob(f"**/{name}/*")]
    return {str(file.relative_to(root)): file.read_bytes() for file in files}
