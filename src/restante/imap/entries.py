"""Annotations whose meaning the server knows (RFC 5464 §3.2.1): where such an entry is, what it has, what it may be set to.

Strategy: all others are kept as they come; these have a check before they are kept, or are not kept at all but worked out.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from restante.imap.wire.reader import Reader
from restante.model.entry_name import EntryName
from restante.store.model import MailboxRecord, SpecialUse

if TYPE_CHECKING:
    from restante.imap.registry import Registry
    from restante.imap.state import Authenticated


class Of(enum.Enum):
    """What an entry is an annotation of."""

    SERVER = "server"
    MAILBOX = "mailbox"


Value = Callable[["Authenticated", MailboxRecord | None], bytes | None]
Check = Callable[[EntryName, bytes, Reader, "Registry"], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that means something to the server.

    Attributes:
        name: its name, or with *below* the one that such entries lie just below.
        of: what it is an annotation of.
        below: whether every entry one component longer is meant, and not the one of this name.
        value: what it has, if that is not kept but worked out; it then cannot be set, unless it is a *use*.
        check: raises No for a value it cannot be set to; the reader says under which limits the command was read.
        use: what its value says a mailbox is for; raises No for what no mailbox can be for.
    """

    name: EntryName
    of: Of
    below: bool = False
    value: Value | None = None
    check: Check | None = None
    use: Callable[[bytes | None], SpecialUse | None] | None = None


class Entries:
    """All of them, as tables."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._exact: dict[tuple[Of, str], Entry] = {}
        self._below: dict[tuple[Of, str], Entry] = {}
        for entry in entries:
            table = self._below if entry.below else self._exact
            if table.setdefault((entry.of, entry.name), entry) is not entry:
                raise ValueError(f"{entry.name} is registered twice")
        self.computed: Final = tuple(entry for entry in self._exact.values() if entry.value is not None)

    def known(self, name: EntryName, of: Of) -> Entry | None:
        """What is known of the entry *name*."""
        return self._exact.get((of, name)) or self._below.get((of, name.rpartition("/")[0]))

    def values(self, s: Authenticated, record: MailboxRecord | None) -> dict[EntryName, bytes]:
        """What is worked out for a mailbox, or as of None for the server."""
        of = Of.SERVER if record is None else Of.MAILBOX
        worked_out = {entry.name: entry.value(s, record) for entry in self.computed if entry.of is of and entry.value}
        return {name: value for name, value in worked_out.items() if value is not None}
