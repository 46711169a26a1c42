"""A mixed load: phones, desktops, webmail and arriving mail at once, five clients to an account.

Strategy: each client is a script of what such a program says; nobody thinks between commands, so the time is what the server
needs for all of it. The amount is fixed, and every command must be answered OK.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bench.compare.answers import all_ok
from bench.compare.client import Client
from bench.compare.crowd import Conversation, Script, talk
from bench.compare.mail import CROWD, append, message
from bench.compare.servers.server import login
from bench.compare.side import Scale, Side
from bench.compare.work import Work

FEW = 10
"""Accounts of the smaller crowd."""

PHONE_VISITS, DESKTOP_VISITS, PAGES, LETTERS = 4, 2, 4, 5
"""What each account's clients do in a round: connections of a phone, of a desktop, webmail's pages, mail that arrives."""

_HEADERS: Final = b"BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)]"
_TAKEN: Final = re.compile(rb"^250 2", re.MULTILINE)

EACH: Final = 5
"""Two phones, a desktop, a webmail and a sender for each account."""


def rows(scale: Scale) -> list[Work]:
    """The rows of this group."""
    return [_load(people) for people in sorted({FEW, scale.people})]


def _load(people: int) -> Work:
    names = CROWD[:people]
    name = f"{EACH * people} clients (phones, desktops, webmail, deliveries), a command"
    times = people * _requests(names[0])
    return Work("load", name, lambda side: _everybody(side, names), _all_well, times=times, rounds=4, bars=(2.0, None))


def _requests(name: str) -> int:
    """How many commands and letters one account's clients send."""
    scripts = [make(name, number) for make, count in _VISITS for number in range(count)]
    return sum(1 for script in (*scripts, _sender(name)) for request in script if request)


def _all_well(answer: bytes) -> int:
    """How many commands were answered OK, and how many letters taken."""
    return all_ok(answer) + len(_TAKEN.findall(answer))


def _everybody(side: Side, names: Sequence[str]) -> bytes:
    people = [person for name in names for person in _people(side, name)]
    return b"".join(talk(people))


def _people(side: Side, name: str) -> list[Iterator[Conversation]]:
    def visits(make: Callable[[str, int], Script], count: int) -> Iterator[Conversation]:
        for number in range(count):
            yield Client(side.server.imap, greeted=False), make(name, number)

    return [*(visits(make, count) for make, count in _VISITS), iter([(side.server.deliverer(), _sender(name))])]


def _phone(name: str, visit: int) -> Script:
    """Looks for news, reads one message, marks it."""
    yield b""
    yield login(name)
    yield b"SELECT INBOX"
    yield b"UID FETCH 1:* (FLAGS)"
    yield b"FETCH 1:20 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
    yield b"FETCH %d (BODY.PEEK[])" % (visit + 1)
    yield b"STORE %d +FLAGS (\\Seen)" % (visit + 1)
    yield b"LOGOUT"


def _desktop(name: str, visit: int) -> Script:
    """Asks how full mailboxes are, synchronises flags, reads five messages, answers one."""
    yield b""
    yield login(name)
    yield b'LIST "" *'
    yield b"STATUS Sent (MESSAGES UIDNEXT UNSEEN)"
    yield b"SELECT INBOX"
    yield b"UID FETCH 1:* (UID FLAGS RFC822.SIZE)"
    for number in range(5):
        yield b"FETCH %d (UID FLAGS BODY.PEEK[])" % (1 + 5 * visit + number)
    yield append(b"Sent", message(visit))
    yield b"STORE %d +FLAGS (\\Answered)" % (visit + 1)
    yield b"NOOP"
    yield b"LOGOUT"


def _webmail(name: str, page: int) -> Script:
    """Connects for each page: sorts, shows fifteen messages, searches, shows one."""
    yield b""
    yield login(name)
    yield b"SELECT INBOX"
    yield b"UID SORT (REVERSE DATE) UTF-8 ALL"
    first = 1 + page
    yield b"FETCH %d:%d (UID FLAGS RFC822.SIZE BODYSTRUCTURE %b)" % (first, first + 14, _HEADERS)
    yield b"UID SEARCH UNSEEN"
    yield b"FETCH %d (BODY.PEEK[])" % first
    yield b"LOGOUT"


def _sender(name: str) -> Script:
    """Delivers mail."""
    for number in range(LETTERS):
        yield f"{name}@example.org\n".encode() + message(number)


_VISITS: Final = (
    (_phone, PHONE_VISITS),
    (_phone, PHONE_VISITS),
    (_desktop, DESKTOP_VISITS),
    (_webmail, PAGES),
)
