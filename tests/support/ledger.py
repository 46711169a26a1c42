"""What a server promised to clients that were cut off at a moment of chance, and whether it kept it.

Strategy: every mailbox has one client that alone changes and removes what is in it (see :mod:`tests.support.workload`), so no
order of events between clients has to be guessed. What a client had asked for without an answer may have happened, but then
wholly; everything else must be exactly as promised.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Flags = frozenset[str]

UNKNOWN = 0
"""The UIDVALIDITY of a mailbox that was promised to a client which could not yet ask for it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as promised, or as found."""

    token: str
    flags: Flags


@dataclass(slots=True)
class Box:
    """A mailbox as promised. *ever* names every UID that was ever given out, *gone* those that may not be seen again."""

    uid_validity: int
    messages: dict[int, Message] = field(default_factory=dict)
    ever: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    uid_next: int = 1
    modseq: int = 1

    def add(self, uid: int, message: Message) -> None:
        """A message was promised under *uid*, or seen there."""
        assert self.ever.setdefault(uid, message.token) == message.token, "a UID was given out twice"
        self.uid_next = max(self.uid_next, uid + 1)
        if uid not in self.gone:
            self.messages.setdefault(uid, message)

    def remove(self, uids: Iterable[int]) -> None:
        """The messages were removed."""
        for uid in uids:
            self.messages.pop(uid, None)
            self.gone.add(uid)


@dataclass(frozen=True, slots=True)
class Found:
    """A mailbox as it is now."""

    uid_validity: int
    messages: dict[int, Message]
    uid_next: int
    modseq: int


@dataclass(frozen=True, slots=True)
class Pending:
    """What a client asked for and has no answer to.

    Attributes:
        kind: ``append``, ``copy``, ``move``, ``store``, ``expunge``, ``create``, ``rename``, ``delete`` or ``deliver``.
        box: the mailbox it is about, or for ``append`` and ``deliver`` the one messages come to.
        messages: UIDs in *box*, with what they are and, for ``store``, the flags they are to get.
        tokens: what is to be new.
        target: where *messages* are to come, or the new name.
    """

    kind: str
    box: str
    messages: dict[int, Message] = field(default_factory=dict)
    tokens: tuple[str, ...] = ()
    target: str = ""


class Ledger:
    """All promises, over all rounds. Methods may be called from any thread."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.boxes: dict[str, Box] = {}
        self.pending: dict[int, Pending] = {}
        self.delivered: set[str] = set()
        self.validities: set[int] = set()
        self.promises = 0

    @contextmanager
    def asking(self, client: int, pending: Pending) -> Iterator[None]:
        """While the block runs, *client* waits for an answer; leaving it normally means there was one."""
        with self.lock:
            self.pending[client] = pending
        yield
        with self.lock:
            del self.pending[client]
            self.promises += 1

    def reconcile(self, found: dict[str, Found], *, all_answered: bool = False) -> None:
        """Hold *found* against the promises, then take it as the new truth.

        With *all_answered*, what has no answer must not have happened.
        """
        pending = list(self.pending.values())
        self.pending.clear()
        self._names(found, [] if all_answered else pending)
        extra = {name: self._extra(self.boxes[name], box) for name, box in found.items()}
        missing = {name: self._missing(self.boxes[name], box) for name, box in found.items()}
        if not all_answered:
            for each in pending:
                self._explain(each, extra, missing)
        self._deliveries(extra)
        assert not any(extra.values()), f"messages nobody asked for: {extra}"
        assert not any(missing.values()), f"messages were lost: {missing}"
        changing = {} if all_answered else {each.box: each for each in pending if each.kind == "store"}
        for name, box in found.items():
            self._flags(name, box, changing.get(name))
            self._take(self.boxes[name], box)

    def _names(self, found: dict[str, Found], pending: list[Pending]) -> None:
        for each in pending:
            if each.kind == "create" and each.box in found:
                self.boxes[each.box] = self.new_box(found[each.box].uid_validity)
            elif each.kind == "delete" and each.box not in found:
                del self.boxes[each.box]
            elif each.kind == "rename" and each.target in found:
                self.boxes[each.target] = self.boxes.pop(each.box)
        assert found.keys() == self.boxes.keys(), "mailboxes are not as promised"
        for name, box in found.items():
            promised = self.boxes[name]
            if promised.uid_validity == UNKNOWN:
                promised = self.boxes[name] = self.new_box(box.uid_validity)
            assert box.uid_validity == promised.uid_validity, "a UIDVALIDITY changed"

    def new_box(self, uid_validity: int) -> Box:
        """A mailbox that was created; no other may ever have had its UIDVALIDITY."""
        assert uid_validity not in self.validities, "a UIDVALIDITY came back"
        self.validities.add(uid_validity)
        return Box(uid_validity)

    def _extra(self, box: Box, found: Found) -> dict[int, str]:
        assert not box.gone & found.messages.keys(), "an expunged UID came back"
        for uid, message in found.messages.items():
            assert box.ever.get(uid, message.token) == message.token, "a UID changed its message"
        return {uid: each.token for uid, each in found.messages.items() if uid not in box.messages}

    def _missing(self, box: Box, found: Found) -> dict[int, str]:
        return {uid: each.token for uid, each in box.messages.items() if uid not in found.messages}

    def _explain(self, pending: Pending, extra: dict[str, dict[int, str]], missing: dict[str, dict[int, str]]) -> None:
        """Strike what *pending* may have done, all of it or nothing."""
        came = went = None
        if pending.kind in ("append", "deliver"):
            came = _strike_tokens(extra.get(pending.box, {}), pending.tokens)
        if pending.kind in ("copy", "move"):
            tokens = tuple(message.token for message in pending.messages.values())
            came = _strike_tokens(extra.get(pending.target, {}), tokens)
        if pending.kind in ("expunge", "move") and pending.messages:
            went = pending.messages.keys() <= missing[pending.box].keys()
            assert went or not pending.messages.keys() & missing[pending.box].keys(), "half of it was removed"
            for uid in pending.messages if went else ():
                del missing[pending.box][uid]
                self.boxes[pending.box].remove([uid])
        if pending.kind == "move":
            assert came == went, "a message was moved by half"

    def _deliveries(self, extra: dict[str, dict[int, str]]) -> None:
        """Mail accepted over LMTP, whose UID nobody told, is in INBOX or was seen there."""
        inbox = self.boxes["INBOX"]
        for token in self.delivered:
            if token not in inbox.ever.values():
                assert _strike_tokens(extra["INBOX"], (token,)), f"delivered mail was lost: {token}"
        self.delivered.clear()

    def _flags(self, name: str, found: Found, change: Pending | None) -> None:
        """Flags are as promised; those of a STORE without an answer are all old or all new."""
        promised, changed = self.boxes[name].messages, 0
        wanted = change.messages if change is not None else {}
        for uid, message in found.messages.items():
            before = promised.get(uid, message)
            if uid in wanted and message.flags == wanted[uid].flags != before.flags:
                changed += 1
            else:
                assert message.flags == before.flags, f"flags of {name} {uid} are not as promised"
        real = sum(uid in promised and promised[uid].flags != message.flags for uid, message in wanted.items())
        assert changed in (0, real), "a STORE was done by half"

    def _take(self, box: Box, found: Found) -> None:
        assert found.uid_next >= box.uid_next, "UIDNEXT went back"
        assert found.modseq >= box.modseq, "HIGHESTMODSEQ went back"
        assert all(uid < found.uid_next for uid in found.messages)
        box.messages = dict(found.messages)
        box.ever.update({uid: each.token for uid, each in found.messages.items()})
        box.uid_next, box.modseq = found.uid_next, found.modseq


def _strike_tokens(extra: dict[int, str], tokens: tuple[str, ...]) -> bool:
    """Strike one new message for each of *tokens*; whether they were there. Some of them only is an error."""
    places: dict[str, list[int]] = {}
    for uid, token in extra.items():
        places.setdefault(token, []).append(uid)
    there = [places[token].pop() for token in tokens if places.get(token)]
    assert len(there) in (0, len(tokens)), "half of it was done"
    for uid in there:
        del extra[uid]
    return bool(there)
