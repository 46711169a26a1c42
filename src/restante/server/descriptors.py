"""File descriptors: as many as the system grants, of which connections never take those that mail needs.

The rule it protects: too many clients are told so. Without a descriptor left nobody could be told anything, and no message
could be opened or stored.
"""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from typing import Final

RESERVED: Final = 1500
"""Descriptors kept for the store and the log, half of all where there are few."""

_PLENTY: Final = 1 << 20
"""Asked for where the system names no limit."""


def raise_limit() -> None:
    """Have this process open as many files as it is allowed to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _PLENTY if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Some systems grant less than they say.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def room_for_connections() -> int:
    """How many connections this process can hold."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft - min(RESERVED, soft // 2)
