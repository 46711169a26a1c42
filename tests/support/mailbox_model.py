"""A model client: its picture of the selected mailbox is made of nothing but what it was sent, and of what it did itself.

The rule it protects: whatever breaks a client that takes RFC 9051 §7 at its word is an assertion here: a number out of range, a
mailbox that shrinks by EXISTS, an EXPUNGE in the reply to a command by number, a UID that changes or goes back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LITERAL = re.compile(rb"\{(\d+)\}\Z")
_COUNT = re.compile(rb"(\d+) (EXISTS|EXPUNGE|RECENT)\Z")
_VANISHED = re.compile(rb"VANISHED (\(EARLIER\) )?([\d:,]+)\Z")
_FETCH = re.compile(rb"(\d+) FETCH \(")
_UID = re.compile(rb"[( ]UID (\d+)")
_FLAGS = re.compile(rb"[( ]FLAGS \(([^)]*)\)")
_MODSEQ = re.compile(rb"[( ]MODSEQ \((\d+)\)")
_HIGHEST = re.compile(rb"\[HIGHESTMODSEQ (\d+)\]")
_UIDNEXT = re.compile(rb"\[UIDNEXT (\d+)\]")
_QUIET = re.compile(rb"\w+ (FETCH|STORE|SEARCH) ")


def responses(data: bytes) -> list[bytes]:
    """The responses in *data*, line ends and literals' octets left out."""
    found: list[bytes] = []
    line, rest = b"", data
    while rest:
        head, end, rest = rest.partition(b"\r\n")
        assert end, f"a response without its end: {head!r}"
        line += head
        announced = _LITERAL.search(head)
        if announced is None:
            found.append(line)
            line = b""
        else:
            size = int(announced[1])
            assert len(rest) >= size, "a literal cut off"
            rest = rest[size:]
    assert not line
    return found


def numbers(text: bytes) -> list[int]:
    """``3:5,7`` as numbers, in the order written."""
    found: list[int] = []
    for part in text.split(b","):
        low, _, high = part.partition(b":")
        found += range(int(low), int(high or low) + 1)
    return found


@dataclass
class Slot:
    """A message as the client knows it; None is for what it was not told."""

    uid: int | None = None
    flags: frozenset[str] | None = None
    recent: bool = False


@dataclass
class MailboxModel:
    """A client's picture. ``uid_next`` is a bound: messages that come later have no smaller UID."""

    slots: list[Slot] = field(default_factory=list)
    uid_next: int = 1
    highest: int = 0
    selected: bool = False

    @property
    def uids(self) -> list[int]:
        """The UIDs it knows."""
        return [slot.uid for slot in self.slots if slot.uid is not None]

    def opened(self, reply: bytes) -> None:
        """Take in the reply to a SELECT or EXAMINE that succeeded."""
        self.slots, self.selected, self.highest = [], True, 0
        lines = responses(reply)
        closed = next((at for at, line in enumerate(lines) if b"[CLOSED]" in line), -1)
        self.apply(b"".join(line + b"\r\n" for line in lines[closed + 1 :]), b"x SELECT x")
        found = _UIDNEXT.search(reply)
        assert found
        self.uid_next = int(found[1])
        assert any(line == b"* %d EXISTS" % len(self.slots) for line in lines) or b"VANISHED" in reply

    def closed(self) -> None:
        """No mailbox is selected any more."""
        self.slots, self.selected = [], False

    def apply(self, reply: bytes, command: bytes) -> None:
        """Take in what was sent in reply to *command*, or to IDLE."""
        quiet = _QUIET.match(command) is not None
        highest = self.highest
        for line in responses(reply):
            if line.startswith(b"* "):
                highest = max(highest, self._untagged(line[2:], quiet=quiet))
            found = _HIGHEST.search(line)
            if found:
                highest = int(found[1])
        self.highest = highest

    def _untagged(self, line: bytes, *, quiet: bool) -> int:
        """One response; the modseq it tells, or 0."""
        if match := _COUNT.match(line):
            self._counted(int(match[1]), match[2], quiet=quiet)
        elif match := _VANISHED.match(line):
            if not match[1]:
                assert not quiet, line
                self._vanished(numbers(match[2]))
        elif match := _FETCH.match(line):
            return self._fetched(int(match[1]), line)
        elif line.startswith(b"SEARCH"):
            assert b"(" in line or all(number.isdigit() for number in line.split()[1:])
        return 0

    def _counted(self, number: int, what: bytes, *, quiet: bool) -> None:
        if what == b"EXISTS":
            assert number >= len(self.slots), f"EXISTS {number} of {len(self.slots)}"
            self.slots += [Slot() for _ in range(number - len(self.slots))]
        elif what == b"RECENT":
            assert number <= len(self.slots)
        else:
            assert not quiet, "EXPUNGE in the reply to a command by number"
            assert 1 <= number <= len(self.slots), f"EXPUNGE {number} of {len(self.slots)}"
            del self.slots[number - 1]

    def _vanished(self, uids: list[int]) -> None:
        gone = set(uids)
        before = len(self.slots)
        unknown = sorted(gone.difference(self.uids))
        self.slots = [slot for slot in self.slots if slot.uid not in gone]
        for uid in unknown:
            self._vanished_unseen(uid)
        assert len(self.slots) == before - len(gone), "VANISHED names a message the client was not told of"

    def _vanished_unseen(self, uid: int) -> None:
        """One of the messages whose UIDs the client has not asked for is gone: which of its neighbours, it cannot know."""
        start = max(
            (at + 1 for at, slot in enumerate(self.slots) if slot.uid is not None and slot.uid < uid), default=0
        )
        end = next((at for at in range(start, len(self.slots)) if self.slots[at].uid is not None), len(self.slots))
        assert start < end, f"VANISHED {uid}: there is no place for it"
        self.slots[start:end] = [Slot() for _ in range(end - start - 1)]

    def _fetched(self, number: int, line: bytes) -> int:
        assert 1 <= number <= len(self.slots), f"FETCH {number} of {len(self.slots)}"
        slot = self.slots[number - 1]
        if uid := _UID.search(line):
            assert slot.uid in (None, int(uid[1])), f"message {number} was {slot.uid}: {line!r}"
            slot.uid = int(uid[1])
            self._check_order()
        if flags := _FLAGS.search(line):
            found = {name.decode().lower() for name in flags[1].split()}
            slot.recent = "\\recent" in found
            slot.flags = frozenset(found - {"\\recent"})
        modseq = _MODSEQ.search(line)
        return int(modseq[1]) if modseq else 0

    def _check_order(self) -> None:
        uids = self.uids
        assert uids == sorted(set(uids)), uids

    def stored(self, places: list[int], op: str, flags: frozenset[str]) -> None:
        """It changes flags itself with ``.SILENT``, and takes them to be so."""
        for place in places:
            slot = self.slots[place]
            if op == "FLAGS":
                slot.flags = flags
            elif slot.flags is not None:
                slot.flags = slot.flags | flags if op == "+FLAGS" else slot.flags - flags

    def agrees(self, truth: list[tuple[int, frozenset[str]]]) -> None:
        """What it knows is what the store holds; *truth* is (UID, flags) in order."""
        assert len(self.slots) == len(truth), (self.slots, truth)
        for slot, (uid, flags) in zip(self.slots, truth, strict=True):
            assert slot.uid in (None, uid), (self.slots, truth)
            assert slot.flags in (None, flags), (slot, uid, flags)

    def agrees_fully(self, truth: list[tuple[int, frozenset[str]]]) -> None:
        """As :meth:`agrees`, with nothing unknown."""
        assert [(slot.uid, slot.flags) for slot in self.slots] == truth

    def kept(self) -> dict[int, frozenset[str]] | None:
        """What a client keeps of a mailbox it leaves; None where it does not know all."""
        found = {slot.uid: slot.flags for slot in self.slots if slot.uid is not None and slot.flags is not None}
        return found if len(found) == len(self.slots) else None


def resynchronised(kept: dict[int, frozenset[str]], reply: bytes) -> dict[int, frozenset[str]]:
    """What was kept, brought up to date by the reply to a SELECT with QRESYNC (RFC 7162 §3.2.5)."""
    found = dict(kept)
    for line in responses(reply):
        if match := _VANISHED.match(line[2:]):
            for gone in numbers(match[2]):
                found.pop(gone, None)
        elif _FETCH.match(line[2:]):
            uid, flags = _UID.search(line), _FLAGS.search(line)
            assert uid
            assert flags
            found[int(uid[1])] = frozenset(name.decode().lower() for name in flags[1].split()) - {"\\recent"}
    return found
