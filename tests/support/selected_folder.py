"""The open mailbox as a disconnected client knows it: made only of untagged responses, message numbers and all.

The rule it protects: how much is known (``highest``) grows only when a command is over and nothing is left out: a message told
of by EXISTS alone is not known yet, and CHANGEDSINCE a later modseq would never name it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.offline_cache import Folder, Message
from tests.support.severed_link import Response

_COUNT = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE)\r\n")
_VANISHED = re.compile(rb"\* VANISHED (\(EARLIER\) )?([\d:,]+)\r\n")
_FETCH = re.compile(rb"\* (\d+) (UID)?FETCH \(")
_UID = re.compile(rb"[( ]UID (\d+)")
_FLAGS = re.compile(rb"[( ]FLAGS \(([^)]*)\)")
_MODSEQ = re.compile(rb"[( ]MODSEQ \((\d+)\)")
_CODE = re.compile(rb"\* OK \[(HIGHESTMODSEQ|UIDVALIDITY|UIDNEXT|MAILBOXID) \(?([^\])]+)\)?\]")


class Style(enum.Enum):
    """How it resynchronises, by what it asks the server to ENABLE."""

    PLAIN = ""
    CONDSTORE = "CONDSTORE"
    QRESYNC = "QRESYNC"
    UIDONLY = "UIDONLY QRESYNC"

    @property
    def modseqs(self) -> bool:
        """Whether it knows of modseqs, and of MAILBOXID: a client of our time."""
        return self is not Style.PLAIN

    @property
    def vanishing(self) -> bool:
        """Whether it learns what vanished by SELECT."""
        return self in (Style.QRESYNC, Style.UIDONLY)


@dataclass
class SelectedFolder:
    """The open folder: what it holds, by number where numbers are known.

    Attributes:
        bodies: (folder id or name, UID) of every body that came is added here.
        slots: UIDs by number, None for one not told; unused where VANISHED is told.
        count: messages there are.
        heard: highest modseq told; the folder's once all before it is known.
        ready: whether the SELECT is done.
        partly: whether the server was told which messages are known, and so tells of no others.
        synced: whether all before *heard* is known.
        unsure: whether messages went whose UIDs it does not know.
        arrived: whether messages came whose UIDs it does not know.
    """

    folder: Folder
    style: Style
    bodies: list[tuple[str, int]]
    slots: list[int | None] = field(default_factory=list)
    count: int = 0
    uid_validity: int = 0
    uid_next: int = 0
    id: str = ""
    heard: int = 0
    ready: bool = False
    partly: bool = False
    synced: bool = False
    unsure: bool = False
    arrived: bool = False

    @property
    def matches(self) -> bool:
        """Whether it is the folder that was meant."""
        return self.uid_validity == self.folder.uid_validity and self.id in ("", self.folder.id)

    def hear(self, response: Response) -> None:
        """Take in an untagged response."""
        line = response.text
        if found := _COUNT.match(line):
            self._counted(int(found[1]), found[2])
        elif found := _VANISHED.match(line):
            self._vanished(found[2], earlier=found[1] is not None)
        elif found := _FETCH.match(line):
            self._fetched(int(found[1]), response, by_uid=found[2] is not None)
        elif found := _CODE.match(line):
            self._told(found[1], found[2].decode())

    def _counted(self, number: int, what: bytes) -> None:
        if what == b"EXISTS":
            assert number >= self.count
            self.slots += [None] * (number - self.count)
            self.arrived = self.arrived or (self.ready and number > self.count)
            self.count = number
            return
        assert not self.style.vanishing, "EXPUNGE after ENABLE QRESYNC"
        assert 1 <= number <= self.count
        self.count -= 1
        uid = self.slots.pop(number - 1)
        if uid is None:
            self.unsure = True
        else:
            self.folder.forget(uid)

    def _vanished(self, uids: bytes, *, earlier: bool) -> None:
        assert self.style.vanishing
        if not self.matches:
            return
        for low, high in ranges(uids):
            if not earlier:
                self.count -= high - low + 1
            for uid in [uid for uid in self.folder.messages if low <= uid <= high]:
                self.folder.forget(uid)

    def _fetched(self, number: int, response: Response, *, by_uid: bool) -> None:
        assert by_uid == (self.style is Style.UIDONLY)
        line, folder = response.text, self.folder
        if not self.matches:
            return
        found = _UID.search(line)
        assert by_uid or found, "a FETCH without UID means a round trip more"
        uid = number if by_uid else int(found[1] if found else 0)
        if not self.style.vanishing:
            assert self.slots[number - 1] in (None, uid)
            self.slots[number - 1] = uid
        message = folder.messages.get(uid)
        if message is None:
            message = folder.messages[uid] = Message(folder, uid)
        if flags := _FLAGS.search(line):
            message.flags = frozenset(flags[1].decode().lower().split()) - {"\\recent"}
        if modseq := _MODSEQ.search(line):
            message.modseq = int(modseq[1])
            self.heard = max(self.heard, message.modseq)
        if b"BODY[]" in line:
            (message.raw,) = response.literals
            self.bodies.append((folder.id or folder.name, uid))

    def _told(self, code: bytes, value: str) -> None:
        match code:
            case b"HIGHESTMODSEQ":
                self.heard = int(value)
            case b"UIDVALIDITY":
                self.uid_validity = int(value)
            case b"UIDNEXT":
                self.uid_next = int(value)
            case _:
                # A client without MAILBOXID does not look at it.
                self.id = value if self.style.modseqs else ""

    def settle(self) -> None:
        """A command is over: all that it told is known now, if all before was.

        A message told of only by EXISTS is not known, and CHANGEDSINCE a later modseq would never name it; nor would VANISHED
        since then one whose number alone was told.
        """
        if not self.synced or not self.style.modseqs:
            return
        if not self.arrived and not self.unsure and self.count == len(self.folder.messages):
            self.folder.highest = self.heard

    def uid_of(self, response: Response) -> int:
        """The UID in a FETCH response, 0 for any other."""
        if not _FETCH.match(response.text):
            return 0
        found = (_FETCH if self.style is Style.UIDONLY else _UID).search(response.text)
        return int(found[1]) if found else 0


def ranges(uids: bytes) -> list[tuple[int, int]]:
    """``3:5,7`` as ranges."""
    found = []
    for part in uids.split(b","):
        low, _, high = part.partition(b":")
        found.append((int(low), int(high or low)))
    return found


def uid_set(uids: Iterable[int]) -> str:
    """*uids* as a set, neighbours drawn together."""
    parts: list[list[int]] = []
    for uid in sorted(uids):
        if parts and parts[-1][1] + 1 == uid:
            parts[-1][1] = uid
        else:
            parts.append([uid, uid])
    return ",".join(f"{low}" if low == high else f"{low}:{high}" for low, high in parts)


def searched(line: bytes) -> set[int]:
    """The UIDs of a SEARCH or ESEARCH response."""
    if line.startswith(b"* SEARCH"):
        return {int(uid) for uid in line.split()[2:]}
    found = re.match(rb"\* ESEARCH .*\bALL ([\d:,]+)", line)
    return {uid for low, high in ranges(found[1]) for uid in range(low, high + 1)} if found else set()
