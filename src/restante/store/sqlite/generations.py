"""Whether anybody has committed to an account since one last looked, told by a few octets that all processes share.

Strategy: a file of the data directory has a place for each account, by a hash of its id. Whoever has committed writes octets
there that were never there before, and only then says so. Who finds what he found before knows that nothing was acknowledged in
between, at a tenth of what it costs to ask SQLite. Accounts that share a place merely look in vain now and then. The file is
read and written, not mapped: so a disk that fails raises an error and ends no process.

The rule it protects: what was acknowledged before a look is seen by it. What nobody could be told of, because its process was
killed or the disk would not have it, is seen within a second: so often each looks for itself.
"""

from __future__ import annotations

import os
import secrets
import zlib
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Final

from restante.model.ids import AccountId
from restante.store.moment import Moment

_PLACES: Final = 4096
_OCTETS: Final = 8
"""Of a place: four that are this process's own, four that count."""


class Generations:
    """The file.

    Args:
        path: where it is; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = secrets.token_bytes(_OCTETS // 2)
        self._count = count(1)
        self._descriptor = -1

    def open(self) -> None:
        """Make ready. Raises OSError."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._descriptor).st_size < _PLACES * _OCTETS:
            os.truncate(self._descriptor, _PLACES * _OCTETS)

    def close(self) -> None:
        """Let go of the file."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def of(self, account: AccountId, moment: Moment) -> Generation:
        """Those of one account."""
        return Generation(self, zlib.crc32(account.encode("utf-8", "surrogatepass")) % _PLACES * _OCTETS, moment)

    def read(self, place: int) -> bytes:
        """What is at a *place*. Raises OSError."""
        return os.pread(self._descriptor, _OCTETS, place)

    def write(self, place: int) -> None:
        """Put there what never was there. Raises OSError."""
        number = next(self._count) & 0xFFFF_FFFF
        os.pwrite(self._descriptor, self._own + number.to_bytes(_OCTETS // 2, "big"), place)


class Generation:
    """Those of one account.

    Args:
        file: where they are told.
        place: the account's there.
        moment: how long a look stays new enough.
    """

    __slots__ = ("_file", "_found", "_moment", "_number", "_place", "_stretch")

    def __init__(self, file: Generations, place: int, moment: Moment) -> None:
        self._file = file
        self._place = place
        self._moment = moment
        self._stretch = 0
        self._found: tuple[bytes, int] | None = None
        self._number = 0

    def now(self) -> int:
        """A number, above 0, that stays the same while nobody commits to the account, and a second at most. On the loop.

        Ask for it before reading what is to be remembered with it.
        """
        moment = self._moment
        if moment.held and self._stretch == moment.number:
            return self._number
        self._stretch = moment.number
        try:
            found = self._file.read(self._place), int(monotonic())
        except OSError:
            # Then everything is read each time, and whatever is wrong shows there.
            found = None
        if found is None or found != self._found:
            self._found = found
            self._number += 1
        return self._number

    def committed(self) -> None:
        """To be called once a commit has returned, and before anyone is told of it."""
        with suppress(OSError):
            self._file.write(self._place)
