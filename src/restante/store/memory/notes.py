"""The annotations of one account of the memory engine; no change here can fail halfway.

Strategy: one table by mailbox and name. A removed one stays without a value, as many of those as a mailbox may have annotations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from restante.model.entry_name import EntryName
from restante.model.ids import MailboxId, ModSeq
from restante.store.annotations import SPECIAL_USE_ENTRY
from restante.store.errors import AnnotationTooBig, TooManyAnnotations
from restante.store.model import StoreLimits

Values = Mapping[EntryName, bytes | None]
_NONE_YET: Final = ModSeq(0)


class Note(NamedTuple):
    """What an annotation has, or None for one that was removed, and since when."""

    value: bytes | None
    modseq: ModSeq


@dataclass(slots=True)
class Notes:
    """An account's annotations; under None those of the account itself.

    Attributes:
        kept: in the order they changed last.
        swept: the modseq up to which removals were forgotten.
    """

    limits: StoreLimits
    kept: dict[tuple[MailboxId | None, EntryName], Note] = field(default_factory=dict)
    swept: ModSeq = _NONE_YET

    def of(self, mailbox: MailboxId | None) -> dict[EntryName, bytes]:
        """Those of *mailbox*, in order of name."""
        found = [
            (name, note.value)
            for (where, name), note in self.kept.items()
            if where == mailbox and note.value is not None
        ]
        return dict(sorted(found))

    def of_mailboxes(self, names: Collection[EntryName]) -> dict[MailboxId, Mapping[EntryName, bytes]]:
        """Those of *names* that mailboxes have."""
        found: dict[MailboxId, dict[EntryName, bytes]] = {}
        for (where, name), note in self.kept.items():
            if where is not None and name in names and note.value is not None:
                found.setdefault(where, {})[name] = note.value
        return dict(found)

    def changing(self, mailbox: MailboxId | None, wanted: Values) -> Values:
        """What of *wanted* is not so already. Raises AnnotationTooBig, TooManyAnnotations."""
        present = self.of(mailbox)
        changing = {name: value for name, value in wanted.items() if present.get(name) != value}
        for value in changing.values():
            if value is not None and len(value) > self.limits.annotation:
                raise AnnotationTooBig(
                    f"an annotation has at most {self.limits.annotation} octets", self.limits.annotation
                )
        self._check_room(present, changing)
        return changing

    def _check_room(self, present: Mapping[EntryName, bytes], changing: Values) -> None:
        now = {name: value for name, value in {**present, **changing}.items() if value is not None}
        more = _octets(now) - _octets(present)
        self.check_octets(more)
        if now.keys() - present.keys() and len(now) > self.limits.annotations:
            raise TooManyAnnotations(f"there can be at most {self.limits.annotations} annotations here")

    def check_octets(self, more: int) -> None:
        """Raise TooManyAnnotations if there is no room for so many *more* octets, names counted."""
        total = sum(len(name) + len(note.value) for (_, name), note in self.kept.items() if note.value is not None)
        if more > 0 and total + more > self.limits.annotation_octets:
            limit = self.limits.annotation_octets
            raise TooManyAnnotations(f"an account's annotations have at most {limit} octets together")

    def put(self, mailbox: MailboxId | None, values: Values, modseq: ModSeq) -> None:
        """Set and remove, for which there is room."""
        for name, value in values.items():
            self.kept.pop((mailbox, name), None)
            self.kept[mailbox, name] = Note(value, modseq)
        removed = [key for key, note in self.kept.items() if note.value is None]
        if len(removed) > self.limits.annotations:
            self.swept = self.kept[removed[-1 - self.limits.annotations]].modseq
            for key in removed:
                if self.kept[key].modseq <= self.swept:
                    del self.kept[key]

    def trace_use(self, mailbox: MailboxId, modseq: ModSeq) -> None:
        """Note that a mailbox's special use changed (RFC 6154 §4)."""
        self.put(mailbox, {SPECIAL_USE_ENTRY: None}, modseq)

    def octets(self, mailbox: MailboxId) -> int:
        """What a mailbox's take, names counted."""
        return _octets(self.of(mailbox))

    def copy_all(self, source: MailboxId, target: MailboxId) -> None:
        """Give a new mailbox another's annotations, under their old modseqs; there is room."""
        for (where, name), note in list(self.kept.items()):
            if where == source and note.value is not None:
                self.kept[target, name] = note

    def drop(self, mailbox: MailboxId) -> None:
        """Remove a mailbox's, traces and all."""
        for key in [key for key in self.kept if key[0] == mailbox]:
            del self.kept[key]


def _octets(values: Mapping[EntryName, bytes]) -> int:
    return sum(len(name) + len(value) for name, value in values.items())
