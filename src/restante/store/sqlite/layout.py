"""Where things are under the data directory, and how accounts come and go there.

Strategy: an account is made complete in ``staging/`` and appears by a rename; it disappears by a rename back. Directories are
synced where an entry in them was promised.

The rule it protects: no half-made account is ever seen, and nothing is readable by other users of the machine.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw

from restante.model.ids import AccountId
from restante.store.blobs.files import sync_directory
from restante.store.blobs.staging import remove
from restante.store.errors import AccountHasMail, Corrupt, NewerFormat, NoSuchAccount
from restante.store.model import NewMailbox, StoreLimits
from restante.store.sqlite import database, listing
from restante.store.sqlite.faults import FAULTS
from restante.store.sqlite.flagsets import FlagSets
from restante.store.sqlite.transaction import Transaction

_DATABASE: Final = "mail.db"
_FORMAT_FILE: Final = "format"
_VALIDITY_FILE: Final = "uid_validity"
_FORMAT: Final = 1
_MAX_ID: Final = 200
"""Octets of an account's id, well within a file name."""


class Layout:
    """The data directory. Methods block. All raise OSError and what the driver raises."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.accounts = path / "accounts"
        self.staging = path / "staging"

    def prepare(self) -> None:
        """Make the directories, or check that they are of this format. Raises NewerFormat, Corrupt."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_format()
        for directory in (self.accounts, self.staging):
            directory.mkdir(mode=0o700, exist_ok=True)
        sync_directory(self.path)

    def _check_format(self) -> None:
        mark = self.path / _FORMAT_FILE
        try:
            kind, _, number = mark.read_text("ascii", "replace").strip().partition(" ")
        except FileNotFoundError:
            _write(mark, f"restante {_FORMAT}\n")
            return
        if kind != "restante" or not number.isdigit():
            raise Corrupt("the data directory is of another kind")
        if int(number) > _FORMAT:
            raise NewerFormat(
                f"the data directory is of format {number}, and this release knows formats up to {_FORMAT}"
            )

    def directory(self, id: AccountId) -> Path:  # noqa: A002 - the contract's own noun
        """An account's directory. Raises NoSuchAccount for what cannot be a file name."""
        if not id or id.startswith(".") or "/" in id or "\0" in id or len(id.encode(errors="replace")) > _MAX_ID:
            raise NoSuchAccount("there is no such account")
        return self.accounts / id

    def database(self, id: AccountId) -> Path:  # noqa: A002
        """An account's database. Raises NoSuchAccount."""
        return self.directory(id) / _DATABASE

    def list(self) -> list[AccountId]:
        """Every account, in order."""
        return sorted(
            AccountId(each.name) for each in os.scandir(self.accounts) if Path(each.path, _DATABASE).is_file()
        )

    def create(self, id: AccountId, mailboxes: Sequence[NewMailbox], now: int, limits: StoreLimits) -> None:  # noqa: A002
        """Make an account. Raises AccountHasMail, and what making *mailboxes* raises."""
        home = self.directory(id)
        if home.exists():
            raise AccountHasMail("there is mail under that account already")
        draft = self.staging / secrets.token_hex(16)
        draft.mkdir(mode=0o700)
        try:
            _found(draft / _DATABASE, mailboxes, max(now, self._last_validity() + 1), limits)
            sync_directory(draft)
            _appear(draft, home)
        finally:
            remove(draft)
        sync_directory(self.accounts)

    def _last_validity(self) -> int:
        try:
            text = (self.path / _VALIDITY_FILE).read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return 0
        return int(text) if text.isdigit() else 0

    def _keep_validity(self, path: Path) -> None:
        """Remember the UIDVALIDITYs of an account about to go, should one of its id come back within the second."""
        connection = connect(path)
        try:
            given: int = connection.execute("SELECT uid_validity FROM counter").get
        finally:
            connection.close()
        _write(self.path / _VALIDITY_FILE, f"{max(given, self._last_validity())}\n")
        sync_directory(self.path)

    def delete(self, id: AccountId) -> None:  # noqa: A002
        """Remove an account for good. Raises NoSuchAccount."""
        trash = self.staging / secrets.token_hex(16)
        with suppress(*FAULTS, Corrupt, NewerFormat):
            # What is damaged can be deleted all the same.
            self._keep_validity(self.database(id))
        try:
            self.directory(id).rename(trash)
        except FileNotFoundError as error:
            raise NoSuchAccount("there is no such account") from error
        sync_directory(self.accounts)
        remove(trash)


def _write(path: Path, text: str) -> None:
    """Put *text* in a file, at once and on disk; the directory is the caller's to sync."""
    draft = path.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, text.encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.rename(path)


def _found(path: Path, mailboxes: Sequence[NewMailbox], now: int, limits: StoreLimits) -> None:
    database.create(path)
    connection = database.connect(path)
    try:
        connection.execute("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")
        listing.found(Transaction(connection, FlagSets(), now, limits), mailboxes)
        connection.execute("COMMIT")
    finally:
        # The last to close writes everything back and syncs: the directory can be renamed.
        connection.close()


def _appear(draft: Path, home: Path) -> None:
    try:
        draft.rename(home)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        raise AccountHasMail("there is mail under that account already") from error


def connect(path: Path) -> apsw.Connection:
    """A connection to an account's database. Raises NoSuchAccount, NewerFormat, Corrupt, and what the driver raises."""
    if not path.is_file():
        raise NoSuchAccount("there is no such account")
    return database.connect(path)
