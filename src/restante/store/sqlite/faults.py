"""What the driver's errors mean to the store: the disk will not (Unavailable), the data is damaged (Corrupt), or a bug.

The rule it protects: a full or failing disk is never taken for a bug, and a bug is never excused as a disk. Whatever is not
in the table propagates as it is.
"""

from __future__ import annotations

from typing import Final

import apsw

from restante.store.errors import Corrupt, StoreError, Unavailable

WILL_NOT: Final = (
    apsw.FullError,
    apsw.ReadOnlyError,
    apsw.IOError,
    apsw.CantOpenError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.NoMemError,
    apsw.PermissionsError,
    apsw.ProtocolError,
)
DAMAGED: Final = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError)

FAULTS: Final = (*WILL_NOT, *DAMAGED, OSError)
"""What a statement or file operation may raise without anyone having made a mistake."""

_TEXT: Final[tuple[tuple[type[Exception], str], ...]] = (
    (apsw.FullError, "the mail store's disk is full"),
    (apsw.ReadOnlyError, "the mail store is read-only"),
    (apsw.BusyError, "the mail store is busy"),
)


def store_error(fault: Exception) -> StoreError:
    """*fault*, one of FAULTS, in the store's words; the caller raises it from *fault*."""
    if isinstance(fault, DAMAGED):
        return Corrupt("the account's mail is damaged")
    for kind, text in _TEXT:
        if isinstance(fault, kind):
            return Unavailable(text)
    return Unavailable("the mail store cannot be reached now")
