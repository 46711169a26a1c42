"""mbox files, plain or gzipped, in a tree: ``Archive`` and below it ``Archive.sbd/2026``, as Thunderbird keeps them.

A mailbox is written to a draft, which is renamed when it is whole; one that is there already is left as it is. Flags stand in
fields above each message, unless they are not wanted. See :mod:`restante.ops.mailfile.mbox` for the form.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from restante.model.mailbox_name import DELIMITER, MailboxName
from restante.ops.exporting.disk import create, make_directory, sync
from restante.ops.exporting.model import Letter
from restante.ops.mailfile.folder_name import file_level
from restante.ops.mailfile.line_ends import ToLf
from restante.ops.mailfile.mbox import flag_fields, from_line, quoter

_BELOW: Final = ".sbd"
_GZIPPED: Final = ".mbox.gz"
_LEVEL: Final = 6


class _Writing:
    """See :class:`~.model.Writing`."""

    def __init__(self, file: IO[bytes], letter: Letter, *, flags: bool) -> None:
        self._file = file
        self._to_lf = ToLf() if letter.lf else None
        self._quoter = quoter()
        self._last = b"\n"
        file.write(from_line(letter.date) + (flag_fields(letter.flags) if flags else b""))

    def write(self, piece: bytes) -> None:
        """Its next octets."""
        self._add(self._quoter.feed(self._to_lf.feed(piece) if self._to_lf else piece))

    def done(self) -> None:
        """An empty line, and before it the end of the last line if there is none, for an mbox has to have one."""
        if self._to_lf:
            self._add(self._quoter.feed(self._to_lf.end()))
        self._add(self._quoter.end())
        if self._last != b"\n":
            # A CR alone must not become part of the line end that is added.
            self._file.write(b"\r\n" if self._last == b"\r" else b"\n")
        self._file.write(b"\n")

    def abandon(self) -> None:
        """The whole mailbox is abandoned, so nothing is left to do."""

    def _add(self, data: bytes) -> None:
        if data:
            self._file.write(data)
            self._last = data[-1:]


class _Box:
    """See :class:`~.model.Box`."""

    def __init__(self, place: Path, *, packed: bool, flags: bool) -> None:
        self._place = place
        self._draft = place.with_name(f".{place.name[:240]}.draft")
        self._raw = create(self._draft)
        # Without a time and a name in it, equal mail gives equal files.
        self._file: IO[bytes] = self._raw
        if packed:
            self._file = gzip.GzipFile("", "wb", _LEVEL, self._raw, mtime=0)  # type: ignore[assignment]  # a file in all but name
        self._flags = flags

    def begin(self, letter: Letter) -> _Writing:
        """A message."""
        return _Writing(self._file, letter, flags=self._flags)

    def close(self) -> None:
        """Puts the mailbox in its place."""
        if self._file is not self._raw:
            self._file.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        self._draft.rename(self._place)
        sync(self._place.parent)

    def abandon(self) -> None:
        """Removes the draft."""
        for file in (self._file, self._raw):
            # What the disk would not take is still buffered, and refused once more.
            with suppress(OSError):
                file.close()
        self._draft.unlink(missing_ok=True)


@dataclass(slots=True)
class MboxTarget:
    """mbox files at *path*, gzipped with *packed*, with *flags* or without."""

    path: Path
    packed: bool = False
    flags: bool = True
    notes: list[str] = field(default_factory=list)

    def mailbox(self, name: MailboxName, keywords: Sequence[str]) -> _Box | None:
        """Makes the directories above it."""
        *above, last = name.split(DELIMITER)
        ending = _GZIPPED if self.packed else ""
        place = self.path.joinpath(*(file_level(level, len(_BELOW)) + _BELOW for level in above))
        place = place / (file_level(last, len(ending)) + ending)
        if place.exists():
            self.notes.append(f"{place} is there already and was left as it is")
            return None
        make_directory(place.parent)
        return _Box(place, packed=self.packed, flags=self.flags)

    def finish(self, subscriptions: Sequence[MailboxName]) -> None:
        """There is no place for subscriptions."""
