"""An account of the memory engine: its mailboxes by name and by id, its subscriptions, and its modseq."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from restante.model.flags import FlagSet
from restante.model.ids import AccountId, MailboxId, ModSeq, UidValidity
from restante.model.mailbox_name import INBOX, BadMailboxName, MailboxName, ancestors, is_below, mailbox_name
from restante.store.attachments import Attachments
from restante.store.errors import (
    LimitReached,
    MailboxExists,
    MailboxFixed,
    MailboxHasChildren,
    NoSuchAccount,
    NoSuchMailbox,
    SpecialUseTaken,
)
from restante.store.memory.box import Box
from restante.store.memory.content import Content, Contents, Message
from restante.store.memory.hints import MemoryHints
from restante.store.memory.index import MemoryIndex
from restante.store.memory.notes import Notes
from restante.store.model import Copied, Hint, MailboxRecord, NewMessage, SpecialUse, StoreLimits

_NONE_YET: Final = ModSeq(0)


@dataclass(slots=True)
class Shared:
    """What all accounts of a store have in common."""

    limits: StoreLimits
    clock: Callable[[], float]
    contents: Contents
    hints: MemoryHints
    attachments: Attachments | None = None
    last_validity: int = 0
    last_id: int = 0

    def new_validity(self) -> UidValidity:
        """A UIDVALIDITY no mailbox had before: the time, or the next number if that was given out (RFC 9051 §2.3.1.1)."""
        self.last_validity = max(self.last_validity + 1, int(self.clock()))
        return UidValidity(self.last_validity)

    def new_id(self) -> MailboxId:
        """A mailbox id no mailbox had before."""
        self.last_id += 1
        return MailboxId(f"F{self.last_id:08x}")


@dataclass(slots=True, eq=False)
class AccountState:
    """An account. Its mutators leave it whole: what may refuse is asked before anything changes."""

    id: AccountId
    shared: Shared
    boxes: dict[MailboxName, Box] = field(default_factory=dict)
    ids: dict[MailboxId, Box] = field(default_factory=dict)
    subscribed: set[MailboxName] = field(default_factory=set)
    modseq: ModSeq = _NONE_YET
    alive: bool = True
    notes: Notes = field(init=False)

    def __post_init__(self) -> None:
        self.notes = Notes(self.shared.limits)

    @property
    def contents(self) -> Contents:
        """Where its messages' octets are."""
        return self.shared.contents

    def now(self) -> float:
        """The time, epoch seconds."""
        return self.shared.clock()

    def next_modseq(self) -> ModSeq:
        """The modseq of the next change."""
        self.modseq = ModSeq(self.modseq + 1)
        return self.modseq

    def wake(self, modseq: ModSeq, *mailboxes: MailboxId | None) -> None:
        """Tell whoever watches, None for the list of mailboxes."""
        self.shared.hints.emit(self.id, modseq, *mailboxes)

    def wake_list(self, *mailboxes: MailboxId) -> None:
        """Tell of a change of the list, which takes a modseq of its own, and of *mailboxes*."""
        self.wake(self.next_modseq(), None, *mailboxes)

    def wake_annotations(self, modseq: ModSeq) -> None:
        """Tell of a change of annotations."""
        self.shared.hints.wake(Hint(self.id, None, modseq, annotations=True))

    def check_alive(self) -> None:
        """Raise NoSuchAccount once it was deleted."""
        if not self.alive:
            raise NoSuchAccount("there is no such account")

    def take_in(self, new: NewMessage) -> Content:
        """Raises MessageTooBig."""
        return self.contents.take_in(new, self.shared.limits)

    def record(self, box: Box) -> MailboxRecord:
        """As LIST sees *box*."""
        return MailboxRecord(box.id, box.name, box.special_use, box.name in self.subscribed, box.status())

    def by_name(self, name: MailboxName) -> Box:
        """Raises NoSuchMailbox."""
        self.check_alive()
        box = self.boxes.get(name)
        if box is None:
            raise NoSuchMailbox("there is no such mailbox")
        return box

    def by_id(self, id: MailboxId) -> Box:  # noqa: A002 - the contract's own noun
        """Raises NoSuchMailbox."""
        self.check_alive()
        box = self.ids.get(id)
        if box is None:
            raise NoSuchMailbox("there is no such mailbox")
        return box

    def copy(self, source: Box, positions: Sequence[int], target: Box, modseq: ModSeq | None = None) -> Copied:
        """Copy the messages at *positions*, of which there is at least one."""
        index = source.index
        uids = tuple(index.flagged(at).uid for at in positions)
        target.check_room(len(positions), {index.flags[at] for at in positions})
        saved = int(self.now())
        arrivals: list[tuple[Message, FlagSet]] = []
        for at in positions:
            message = index.messages[at]
            arrivals.append((Message(message.content, message.internal_date, saved), index.flags[at]))
        modseq = modseq or self.next_modseq()
        return Copied(target.uid_validity, uids, target.add(arrivals, modseq), modseq)

    def move(self, source: Box, positions: Sequence[int], target: Box, modseq: ModSeq | None = None) -> Copied:
        """Move the messages at *positions*, of which there is at least one; one modseq for both ends."""
        moved = self.copy(source, positions, target, modseq)
        source.remove(positions, moved.modseq, self.now())
        return moved

    def create(self, name: MailboxName, special_use: SpecialUse | None) -> Box:
        """See :meth:`restante.store.api.Account.create`."""
        self.check_alive()
        if name in self.boxes:
            raise MailboxExists("there is a mailbox of that name already")
        self._check_use(special_use)
        modseq = self._create_missing(name)
        box = self.boxes[name]
        box.special_use = special_use
        self.wake(modseq, None)
        return box

    def _create_missing(self, name: MailboxName) -> ModSeq:
        """Create *name* and what is missing above it, as one change."""
        missing = [each for each in (*ancestors(name), name) if each not in self.boxes]
        if len(self.boxes) + len(missing) > self.shared.limits.mailboxes:
            raise LimitReached(f"an account has at most {self.shared.limits.mailboxes} mailboxes")
        modseq = self.next_modseq()
        for each in missing:
            box = self.boxes[each] = self._new_box(each, modseq)
            self.ids[box.id] = box
        return modseq

    def _new_box(self, name: MailboxName, modseq: ModSeq) -> Box:
        shared = self.shared
        return Box(shared.new_id(), name, shared.new_validity(), None, MemoryIndex(modseq), shared.limits)

    def _check_use(self, special_use: SpecialUse | None, but_for: Box | None = None) -> None:
        for box in self.boxes.values():
            if special_use is not None and box.special_use is special_use and box is not but_for:
                raise SpecialUseTaken(f"the mailbox {box.name} is for that already")

    def set_special_use(self, name: MailboxName, special_use: SpecialUse | None) -> None:
        """See :meth:`restante.store.api.Account.set_special_use`."""
        box = self.by_name(name)
        self._check_use(special_use, but_for=box)
        if box.special_use is not special_use:
            modseq = self.next_modseq()
            self.take_use(box, special_use, modseq)
            self.wake(modseq, None)
            self.wake_annotations(modseq)

    def take_use(self, box: Box, special_use: SpecialUse | None, modseq: ModSeq) -> MailboxName | None:
        """Give *box* the use; the mailbox that had it, if one did."""
        holders = [each for each in self.boxes.values() if special_use is not None and each.special_use is special_use]
        for holder in holders:
            holder.special_use = None
            self.notes.trace_use(holder.id, modseq)
        box.special_use = special_use
        self.notes.trace_use(box.id, modseq)
        return holders[0].name if holders else None

    def delete(self, name: MailboxName) -> None:
        """See :meth:`restante.store.api.Account.delete`."""
        box = self.by_name(name)
        if name == INBOX:
            raise MailboxFixed("INBOX cannot be deleted")
        if any(is_below(other, name) for other in self.boxes):
            raise MailboxHasChildren("the mailbox has others below it; delete those first")
        box.alive = False
        del self.boxes[name], self.ids[box.id]
        self.notes.drop(box.id)
        self.wake_list(box.id)

    def rename(self, name: MailboxName, to: MailboxName) -> None:
        """See :meth:`restante.store.api.Account.rename`."""
        box = self.by_name(name)
        if to in self.boxes:
            raise MailboxExists("there is a mailbox of that name already")
        if name == INBOX:
            self._move_out(box, to)
            return
        if is_below(to, name):
            raise MailboxFixed("a mailbox cannot be moved below itself")
        self._move_names(name, to)

    def _move_out(self, inbox: Box, to: MailboxName) -> None:
        # The flags and messages fitted INBOX, so a new mailbox under the same limits holds them.
        self.notes.check_octets(self.notes.octets(inbox.id))
        modseq = self._create_missing(to)
        target = self.boxes[to]
        self.notes.copy_all(inbox.id, target.id)
        if inbox.index.uids:
            self.move(inbox, range(len(inbox.index.uids)), target, modseq)
        self.wake(modseq, None, inbox.id, target.id)

    def _move_names(self, name: MailboxName, to: MailboxName) -> None:
        moving = {old: _moved(old, name, to) for old in self.boxes if old == name or is_below(old, name)}
        missing = [each for each in ancestors(to) if each not in self.boxes]
        if missing:
            self._create_missing(missing[-1])
        for old, new in moving.items():
            box = self.boxes[new] = self.boxes.pop(old)
            box.name = new
        self.wake_list()

    def subscribe(self, name: MailboxName) -> None:
        """See :meth:`restante.store.api.Account.subscribe`."""
        self.check_alive()
        if name in self.subscribed:
            return
        if len(self.subscribed) >= self.shared.limits.mailboxes:
            raise LimitReached(f"an account has at most {self.shared.limits.mailboxes} subscriptions")
        self.subscribed.add(name)
        self.wake_list()

    def unsubscribe(self, name: MailboxName) -> None:
        """See :meth:`restante.store.api.Account.unsubscribe`."""
        self.check_alive()
        if name in self.subscribed:
            self.subscribed.remove(name)
            self.wake_list()

    def remove(self) -> None:
        """Forget everything."""
        self.alive = False
        for box in self.boxes.values():
            box.alive = False
        self.boxes.clear()
        self.ids.clear()
        self.notes.kept.clear()
        self.wake_list()


def listing_order(name: MailboxName) -> tuple[bool, str]:
    """INBOX first, then by name."""
    return name != INBOX, name


def _moved(name: MailboxName, above: MailboxName, to: MailboxName) -> MailboxName:
    try:
        return mailbox_name(to + name[len(above) :])
    except BadMailboxName as error:
        raise LimitReached("a mailbox below it would get a name too long or too deep") from error
