"""What commands read lately came to, for clients that say the same again and again.

Strategy: what is read from a line depends on its octets, on whether UTF-8 was agreed on, and on the tables, and is a value that
nobody changes. A mail program asks for the same figures every minute and for the same items of every mailbox, so the same
octets need not be taken apart again.

The rule it protects: what is kept is bounded, in number and in octets; a command with a literal, or one that the client could
say before it logged in, with a password perhaps, is never kept.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from restante.imap.hooks import CommandSpec, Run
from restante.imap.state import Authenticated
from restante.imap.wire.reader import Reader

_MOST: Final = 1_024
"""Commands kept, the latest read."""
_LONGEST: Final = 128
"""Octets of the arguments of one that is kept."""


class _Key(NamedTuple):
    name: str
    utf8: bool
    arguments: bytes


class _Reading(NamedTuple):
    run: Run
    numbered: bool


class Readings:
    """The latest of them, by what was said."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[_Key, _Reading] = {}

    def find(self, spec: CommandSpec, reader: Reader) -> tuple[_Key | None, Run | None]:
        """Under what the command that *reader* has before it would be kept, if at all, and what it came to, if it is."""
        arguments = reader.whole_rest()
        if not arguments or len(arguments) > _LONGEST or not issubclass(spec.state, Authenticated):
            return None, None
        key = _Key(spec.name, reader.utf8, arguments)
        found = self._kept.get(key)
        if found is None:
            return key, None
        reader.numbered = found.numbered
        return key, found.run

    def keep(self, key: _Key, reader: Reader, run: Run) -> None:
        """What the command under *key* came to, *reader* having read it to its end."""
        if len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = _Reading(run, reader.numbered)
