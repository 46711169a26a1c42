"""A mixed load: phones, desktops, webmail and arriving mail at once, over ten accounts.

Strategy: each client is a script of what such a program says; nobody thinks between commands, so the time is what the server
needs for all of it. The amount is fixed, and every command must be answered OK.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from bench.compare.answers import all_ok
from bench.compare.client import Client
from bench.compare.crowd import Conversation, Script, talk
from bench.compare.mail import CROWD, append, message
from bench.compare.servers.server import login
from bench.compare.side import Scale, Side
from bench.compare.work import Work

PEOPLE = len(CROWD)
PHONE_VISITS, DESKTOP_VISITS, PAGES, LETTERS = 4, 2, 4, 5
"""What each account's clients do in a round: connections of a phone, of a desktop, webmail's pages, mail that arrives."""

_HEADERS: Final = b"BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)]"
_TAKEN: Final = re.compile(rb"^250 2", re.MULTILINE)

CLIENTS = 5 * PEOPLE
"""Two phones, a desktop, a webmail and a sender for each account."""


def rows(scale: Scale) -> list[Work]:
    """The rows of this group."""
    name = f"{CLIENTS} clients (phones, desktops, webmail, deliveries), all of it"
    return [Work("load", name, _everybody, _all_well, rounds=4)]


def _all_well(answer: bytes) -> int:
    """How many commands were answered OK, and how many letters taken."""
    return all_ok(answer) + len(_TAKEN.findall(answer))


def _everybody(side: Side) -> bytes:
    people = [person for name in CROWD for person in _people(side, name)]
    return b"".join(talk(people))


def _people(side: Side, name: str) -> list[Iterator[Conversation]]:
    def visits(make: Callable[[str, int], Script], count: int) -> Iterator[Conversation]:
        for number in range(count):
            yield Client(side.server.imap, greeted=False), make(name, number)

    return [
        visits(_phone, PHONE_VISITS),
        visits(_phone, PHONE_VISITS),
        visits(_desktop, DESKTOP_VISITS),
        visits(_webmail, PAGES),
        iter([(side.server.deliverer(), _sender(name))]),
    ]


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
