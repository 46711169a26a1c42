"""The store's contract once more, as a few dictionaries: what engines are compared with.

Nothing here is fast or durable, and time is a number of steps: a point in an engine's modseqs is a step here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from restante.model.entry_name import EntryName
from restante.store.annotations import Keep
from restante.store.errors import (
    MailboxExists,
    MailboxFixed,
    MailboxHasChildren,
    NoSuchMailbox,
    SpecialUseTaken,
)
from restante.store.model import FlagOp, SpecialUse

Flags = frozenset[str]
_serials = count(1)


@dataclass(slots=True)
class ModelMessage:
    """A message: its octets, its flags in lower case, and the step of its last change."""

    raw: bytes
    flags: Flags
    changed: int


@dataclass(slots=True)
class ModelBox:
    """A mailbox; *serial* is its identity, *vanished* has the step of each expunge, *noted* of each annotation's last change."""

    use: SpecialUse | None = None
    serial: int = field(default_factory=lambda: next(_serials))
    uid_next: int = 1
    messages: dict[int, ModelMessage] = field(default_factory=dict)
    vanished: dict[int, int] = field(default_factory=dict)
    notes: dict[str, bytes] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)

    def add(self, raw: bytes, flags: Flags, step: int) -> int:
        uid, self.uid_next = self.uid_next, self.uid_next + 1
        self.messages[uid] = ModelMessage(raw, flags, step)
        return uid

    def remove(self, uids: Iterable[int], step: int) -> list[int]:
        gone = list(uids)
        for uid in gone:
            del self.messages[uid]
            self.vanished[uid] = step
        return gone


class ModelAccount:
    """An account."""

    def __init__(self) -> None:
        self.boxes = {"INBOX": ModelBox()}
        self.subscribed = {"INBOX"}
        self.own = ModelBox()
        self.step = 0

    def box(self, name: str) -> ModelBox:
        if name not in self.boxes:
            raise NoSuchMailbox
        return self.boxes[name]

    def _absent(self, name: str) -> None:
        if name in self.boxes:
            raise MailboxExists

    def _check_use(self, use: SpecialUse | None, but_for: str = "") -> None:
        if use is not None and any(box.use is use for name, box in self.boxes.items() if name != but_for):
            raise SpecialUseTaken

    def _make(self, name: str) -> ModelBox:
        for at in [at for at, letter in enumerate(name) if letter == "/"]:
            self.boxes.setdefault(name[:at], ModelBox())
        return self.boxes.setdefault(name, ModelBox())

    def create(self, name: str, use: SpecialUse | None) -> None:
        self._absent(name)
        self._check_use(use)
        self._make(name).use = use

    def delete(self, name: str) -> None:
        self.box(name)
        if name == "INBOX":
            raise MailboxFixed
        if any(other.startswith(name + "/") for other in self.boxes):
            raise MailboxHasChildren
        del self.boxes[name]

    def rename(self, name: str, to: str) -> None:
        self.box(name)
        self._absent(to)
        if name == "INBOX":
            self._make(to).notes = dict(self.boxes[name].notes)
            self.move(name, list(self.boxes[name].messages), to)
            return
        if to.startswith(name + "/"):
            raise MailboxFixed
        moving = [other for other in self.boxes if other == name or other.startswith(name + "/")]
        if "/" in to:
            self._make(to.rpartition("/")[0])
        for old in moving:
            self.boxes[to + old[len(name) :]] = self.boxes.pop(old)

    def set_use(self, name: str, use: SpecialUse | None) -> None:
        self.box(name)
        self._check_use(use, but_for=name)
        self._give_use(self.boxes[name], use)

    def _give_use(self, box: ModelBox, use: SpecialUse | None) -> None:
        if box.use is not use:
            for each in self.boxes.values():
                if each is box or (use is not None and each.use is use):
                    each.use = use if each is box else None
                    each.noted["/private/specialuse"] = self.step

    def annotate(self, name: str, values: Mapping[EntryName, bytes | None], use: SpecialUse | Keep | None) -> None:
        """Under no name, the account's own."""
        box = self.box(name) if name else self.own
        for entry, value in values.items():
            if box.notes.get(entry) != value:
                box.noted[entry] = self.step
                box.notes.pop(entry, None)
                if value is not None:
                    box.notes[entry] = value
        if use is not Keep.AS_IS:
            self._give_use(box, use)

    def annotated(self, since: int) -> set[tuple[str, str]]:
        """Where which annotations changed."""
        every = {"": self.own, **self.boxes}
        return {(name, entry) for name, box in every.items() for entry, step in box.noted.items() if step > since}

    def append(self, name: str, messages: Sequence[tuple[bytes, Flags]]) -> list[int]:
        box = self.box(name)
        return [box.add(raw, flags, self.step) for raw, flags in messages]

    def copy(self, name: str, uids: Sequence[int], to: str) -> tuple[list[int], list[int]]:
        source, target = self.box(name), self.box(to)
        found = [uid for uid in uids if uid in source.messages]
        originals = [source.messages[uid] for uid in found]
        return found, [target.add(each.raw, each.flags, self.step) for each in originals]

    def move(self, name: str, uids: Sequence[int], to: str) -> tuple[list[int], list[int]]:
        source, target = self.copy(name, uids, to)
        self.box(name).remove(source, self.step)
        return source, target

    def update(
        self, name: str, uids: Sequence[int], op: FlagOp, flags: Flags, since: int | None
    ) -> tuple[list[tuple[int, Flags]], list[int]]:
        box = self.box(name)
        found = [uid for uid in uids if uid in box.messages]
        refused = [uid for uid in found if since is not None and box.messages[uid].changed > since]
        for uid in found:
            message = box.messages[uid]
            then = _combine(message.flags, op, flags)
            if uid not in refused and then != message.flags:
                message.flags, message.changed = then, self.step
        return [(uid, box.messages[uid].flags) for uid in found], refused

    def expunge(self, name: str, uids: Sequence[int] | None, deleted_only: bool) -> list[int]:
        box = self.box(name)
        found = [uid for uid in box.messages if uids is None or uid in uids]
        return box.remove(
            [uid for uid in found if not deleted_only or "\\deleted" in box.messages[uid].flags], self.step
        )

    def changes(self, name: str, since: int) -> tuple[list[tuple[int, Flags]], list[int]]:
        box = self.box(name)
        flagged = [(uid, each.flags) for uid, each in box.messages.items() if each.changed > since]
        return flagged, sorted(uid for uid, when in box.vanished.items() if when > since)


def _combine(now: Flags, op: FlagOp, flags: Flags) -> Flags:
    if op is FlagOp.SET:
        return flags
    return now | flags if op is FlagOp.ADD else now - flags
