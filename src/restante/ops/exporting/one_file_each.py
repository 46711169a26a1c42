"""Forms with a file for each message: Maildir, nested or Maildir++, and directories of ``.eml``.

A message is written to a draft and renamed when it is whole. File names begin with what makes the message what it is
(date, content and UID), so that an export that is run again with ``--merge`` leaves out what is there.

Maildir has LF line ends, as is the custom where it lies, unless the message then could not be read back as it is; ``.eml`` has
CRLF, as it was in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from restante.imap.wire import utf7
from restante.model.mailbox_name import DELIMITER, INBOX, MailboxName
from restante.ops.exporting.disk import create, date_file, make_directory, sync, sync_all, write_text
from restante.ops.exporting.model import Letter
from restante.ops.mailfile import eml, maildir
from restante.ops.mailfile.folder_name import file_level, maildir_directory, maildirpp_directory
from restante.ops.mailfile.line_ends import ToLf

_MAILDIR_MARK: Final = "maildirfolder"
_ID: Final = 17
"""Characters of an email id in a file's name: 64 bits beside date and UID."""


@dataclass(slots=True)
class _Writing:
    """See :class:`~.model.Writing`."""

    draft: Path
    final: Path
    file: IO[bytes]
    letter: Letter
    to_lf: ToLf | None
    written: Callable[[Path], None]

    def write(self, piece: bytes) -> None:
        """Its next octets."""
        self.file.write(self.to_lf.feed(piece) if self.to_lf else piece)

    def done(self) -> None:
        """Puts it in its place."""
        if self.to_lf:
            self.file.write(self.to_lf.end())
        self.file.close()
        date_file(self.draft, self.letter.date)
        self.draft.rename(self.final)
        self.written(self.final)

    def abandon(self) -> None:
        """Takes back what was written."""
        # What the disk would not take is still buffered, and refused once more.
        with suppress(OSError):
            self.file.close()
        self.draft.unlink(missing_ok=True)


@dataclass(slots=True)
class _Box:
    """See :class:`~.model.Box`.

    Attributes:
        drafts: where messages are written.
        place: where they go.
        name: the file's name for a message.
        identity: what of a name makes it the same message.
        lf: whether the form has LF line ends.
        there: identities of the messages that are there.
        new: files written.
    """

    drafts: Path
    place: Path
    name: Callable[[Letter], str]
    identity: Callable[[str], str]
    lf: bool
    there: set[str]
    new: list[Path] = field(default_factory=list)

    def begin(self, letter: Letter) -> _Writing | None:
        """A message, or None if it is there."""
        name = self.name(letter)
        if self.identity(name) in self.there:
            return None
        draft = self.drafts / f".{letter.uid}.draft"
        to_lf = ToLf() if self.lf and letter.lf else None
        return _Writing(draft, self.place / name, create(draft), letter, to_lf, self.new.append)

    def close(self) -> None:
        """Puts the mailbox on disk."""
        sync_all(self.new)
        sync(self.place)

    def abandon(self) -> None:
        """Nothing is held."""


@dataclass(slots=True)
class MaildirTarget:
    """Maildir at *path*: Maildir++ with *plus*, else nested directories."""

    path: Path
    plus: bool
    notes: list[str] = field(default_factory=list)

    def mailbox(self, name: MailboxName, keywords: Sequence[str]) -> _Box:
        """Makes its directories."""
        place = self._directory(name)
        for each in maildir.SUBDIRECTORIES:
            make_directory(place / each)
        if self.plus and place != self.path:
            (place / _MAILDIR_MARK).touch(mode=0o600)
        letter_of = _letters(place, name, keywords, self.notes)
        there = {maildir.base_name(each.name) for part in ("cur", "new") for each in (place / part).iterdir()}

        def file_name(letter: Letter) -> str:
            letters = maildir.letters_of(letter.flags, letter_of)
            return f"{letter.date.epoch}.{letter.content[:_ID]}U{letter.uid:010d}.restante:2,{letters}"

        return _Box(place / "tmp", place / "cur", file_name, maildir.base_name, True, there)

    def _directory(self, name: MailboxName) -> Path:
        if not self.plus:
            return self.path.joinpath(*maildir_directory(name))
        return self.path if name == INBOX else self.path / maildirpp_directory(name)

    def finish(self, subscriptions: Sequence[MailboxName]) -> None:
        """Writes the list of subscriptions; one that is there from before is added to."""
        for each in maildir.SUBDIRECTORIES if self.plus else ():
            make_directory(self.path / each)
        file = self.path / maildir.SUBSCRIPTIONS_FILE
        lines = [
            "\t".join(utf7.encode(level).decode("ascii") for level in name.split(DELIMITER)) for name in subscriptions
        ]
        if file.exists():
            before = file.read_text("utf-8", "replace").splitlines()
            if before[:1] != ["V\t2"]:
                self.notes.append(f"{file} is of another form and was left as it is")
                return
            lines = [*before[2:], *(line for line in lines if line not in before[2:])]
        write_text(file, "\n".join(["V\t2", "", *lines, ""]))


@dataclass(slots=True)
class EmlTarget:
    """Directories of message files at *path*."""

    path: Path
    notes: list[str] = field(default_factory=list)

    def mailbox(self, name: MailboxName, keywords: Sequence[str]) -> _Box:
        """Makes its directory."""
        place = self.path.joinpath(*map(file_level, name.split(DELIMITER)))
        make_directory(place)
        letter_of = _letters(place, name, keywords, self.notes, always=True)
        there = {_uid_and_date(each.name) for each in place.iterdir()}

        def file_name(letter: Letter) -> str:
            return eml.write_name(
                letter.uid, letter.content[:_ID], letter.date, maildir.letters_of(letter.flags, letter_of)
            )

        return _Box(place, place, file_name, _uid_and_date, False, there)

    def finish(self, subscriptions: Sequence[MailboxName]) -> None:
        """There is no place for subscriptions."""


def _uid_and_date(name: str) -> str:
    return name.rpartition(".")[0].rpartition(".")[0]


def _letters(
    place: Path, name: MailboxName, keywords: Sequence[str], notes: list[str], *, always: bool = False
) -> dict[str, str]:
    """The letter of each keyword, those of an export before first."""
    file = place / maildir.KEYWORDS_FILE
    before = list(maildir.read_keywords(file.read_text("utf-8", "replace"))[0].values()) if file.exists() else []
    known = {keyword.lower() for keyword in before}
    lettered, left = maildir.assign_letters([*before, *(each for each in keywords if each.lower() not in known)])
    if left:
        notes.append(f"{name} has more keywords than Maildir has letters; left out: {' '.join(left)}")
    if lettered != before or (always and not file.exists()):
        write_text(file, maildir.write_keywords(lettered))
    return maildir.letter_map(lettered)
