"""What a source of mail is made of: folders, and in them letters.

Strategy: a source is found by looking at directories and at the beginning of files; messages are read one after the other, as
the iterator is advanced. All of it blocks, so it is called off the event loop.

The rule it protects: what cannot be read is a :class:`Refusal` in its place, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from restante.model.dates import MailDate
from restante.model.flags import FlagSet

LARGE: Final = 1024 * 1024
"""Octets above which a message is read in pieces."""

PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in a source.

    Attributes:
        place: where it is, for people.
        size: octets in the file, about what it has in the store.
        date: the INTERNALDATE it is to have.
        flags: its flags.
        pieces: its octets with CRLF line ends; blocks, raises OSError.
    """

    place: str
    size: int
    date: MailDate
    flags: FlagSet
    pieces: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was not taken in, and why, in words for people."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is in the file and no mail of its owner: expunged and not compacted yet, or a program's own notes."""

    place: str
    reason: str


Item = Letter | Refusal | LeftOut


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a source.

    Attributes:
        levels: its name; none for the source's own folder, INBOX.
        items: reads it; blocks, raises OSError when it cannot be read at all.
        place: where it is, for people.
        size: octets of its files, to show progress by; 0 if that cannot be told.
    """

    levels: tuple[str, ...]
    items: Callable[[], Generator[Item, None, None]]
    place: str
    size: int


@dataclass(frozen=True, slots=True)
class Source:
    """Mail in files.

    Attributes:
        kind: what it was found to be, for people.
        folders: in the order they are read, which is the same each time.
        subscriptions: the names subscribed to, or None where the source does not say.
        refused: places that could not be looked into.
        notes: what else the person should know.
    """

    kind: str
    folders: tuple[Folder, ...]
    subscriptions: tuple[tuple[str, ...], ...] | None = None
    refused: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Octets of all its files."""
        return sum(folder.size for folder in self.folders)


class NoMail(ValueError):
    """There is no mail of that form there; ``str(error)`` says what was looked for."""


def file_pieces(path: Path) -> Iterator[bytes]:
    """The octets of a file. Raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def reason_of(error: OSError) -> str:
    """What went wrong, without the path."""
    return error.strerror or str(error)
