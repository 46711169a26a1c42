"""A client that asked for everything by NOTIFY, and knows of the account only what it is told unasked (RFC 5465)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_LIST: Final = re.compile(rb'LIST \(([^)]*)\) "/" (\S+?)(?: \("OLDNAME" \((\S+)\)\))?')
_STATUS: Final = re.compile(rb"STATUS (\S+) \(([^)]*)\)")
_FETCH: Final = re.compile(rb"(\d+) FETCH \((.*)\)")
_UID: Final = re.compile(rb"UID (\d+)")
_FLAGS: Final = re.compile(rb"FLAGS \(([^)]*)\)")

Figures = dict[str, int]


@dataclass
class NotifiedClient:
    """Mailboxes with their figures, subscriptions, and the selected mailbox's messages, from responses alone."""

    mailboxes: dict[str, Figures] = field(default_factory=dict)
    subscribed: set[str] = field(default_factory=set)
    messages: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    overflown: bool = False

    def apply(self, data: bytes) -> None:
        """Take in whole responses; tagged ones and those about nothing it keeps are passed over."""
        for line in data.split(b"\r\n"):
            text = line.removeprefix(b"* ")
            if text == line:
                continue
            if text.startswith(b"OK [NOTIFICATIONOVERFLOW]"):
                self.overflown = True
            elif (found := _LIST.fullmatch(text)) is not None:
                self._listed(found[1].decode().split(), found[2].decode(), found[3].decode() if found[3] else None)
            elif (found := _STATUS.fullmatch(text)) is not None:
                words = found[2].decode().split()
                self.mailboxes[found[1].decode()] = dict(zip(words[::2], map(int, words[1::2]), strict=True))
            else:
                self._selected(text)

    def _listed(self, attributes: list[str], name: str, old: str | None) -> None:
        if old is not None:
            below = {each for each in self.mailboxes if each == old or each.startswith(old + "/")}
            moved = {name + each[len(old) :]: self.mailboxes.pop(each) for each in below}
            assert not moved.keys() & self.mailboxes.keys(), f"{old} was renamed over what is there: {name}"
            self.mailboxes |= moved
        elif "\\NonExistent" in attributes:
            self.mailboxes.pop(name, None)
        else:
            self.mailboxes.setdefault(name, {})
        if "\\Subscribed" in attributes:
            self.subscribed.add(name)
        else:
            self.subscribed.discard(name)

    def _selected(self, text: bytes) -> None:
        number, _, what = text.partition(b" ")
        if what == b"EXPUNGE":
            del self.messages[int(number) - 1]
        elif what == b"EXISTS":
            assert int(number) >= len(self.messages)
            self.messages += [(0, frozenset())] * (int(number) - len(self.messages))
        elif (found := _FETCH.fullmatch(text)) is not None:
            uid, flags = _UID.search(found[2]), _FLAGS.search(found[2])
            assert uid is not None
            assert flags is not None
            kept = frozenset(flag.lower() for flag in flags[1].decode().split() if flag != "\\Recent")
            self.messages[int(found[1]) - 1] = (int(uid[1]), kept)

    def agrees(self, mailboxes: Mapping[str, Figures], subscribed: set[str]) -> None:
        """Raise AssertionError unless this is what there is."""
        assert not self.overflown
        assert self.mailboxes == mailboxes
        assert self.subscribed == subscribed
