"""Mailbox names: Unicode text, ``/`` between levels, INBOX in any case (RFC 9051 §5.1).

Strategy: a name is checked once, where it enters, and is a plain ``str`` from there on. Names that break clients, file
systems or terminals (control characters, ``.`` and ``..`` levels, empty levels) are refused with a reason a person can act on.
The wire's modified UTF-7 is ``imap/wire``'s matter.
"""

from __future__ import annotations

import unicodedata
from typing import Final, NewType

MailboxName = NewType("MailboxName", str)
"""A valid mailbox name, NFC, for example ``INBOX`` or ``Archive/2026``."""

DELIMITER: Final = "/"
INBOX: Final = MailboxName("INBOX")

MAX_OCTETS: Final = 1000
MAX_LEVELS: Final = 32
MAX_LEVEL_OCTETS: Final = 255


class BadMailboxName(ValueError):
    """The text cannot name a mailbox; ``str(error)`` says why, in words fit for a client."""


def mailbox_name(text: str) -> MailboxName:
    """The mailbox that *text* names; INBOX (and the first level of ``inbox/x``) in any case becomes ``INBOX``.

    A trailing delimiter, which clients send with CREATE (RFC 9051 §6.3.4), is dropped.
    Raises :class:`BadMailboxName`.
    """
    name = unicodedata.normalize("NFC", text)
    if len(name) > 1:
        name = name.removesuffix(DELIMITER)
    _check_characters(name)
    levels = name.split(DELIMITER)
    _check_levels(levels)
    if levels[0].upper() == INBOX:
        levels[0] = INBOX
    return MailboxName(DELIMITER.join(levels))


def _check_characters(name: str) -> None:
    if not name:
        raise BadMailboxName("a mailbox name cannot be empty")
    try:
        octets = len(name.encode())
    except UnicodeEncodeError as error:
        raise BadMailboxName("a mailbox name must be valid Unicode") from error
    if octets > MAX_OCTETS:
        raise BadMailboxName(f"a mailbox name is at most {MAX_OCTETS} octets long")
    for char in name:
        # RFC 9051 §5.1 forbids controls by way of RFC 5198; U+2028 and U+2029 break lines as they do.
        if unicodedata.category(char) == "Cc" or char in "\u2028\u2029":
            raise BadMailboxName(f"a mailbox name cannot hold the control character U+{ord(char):04X}")
        if char in "%*":
            raise BadMailboxName(f"a mailbox name cannot hold the list wildcard {char}")


def _check_levels(levels: list[str]) -> None:
    if len(levels) > MAX_LEVELS:
        raise BadMailboxName(f"a mailbox name has at most {MAX_LEVELS} levels")
    for level in levels:
        if level in ("", ".", ".."):
            raise BadMailboxName(
                f"a level of a mailbox name cannot be {level!r}"
                if level
                else "a level of a mailbox name cannot be empty"
            )
        if len(level.encode()) > MAX_LEVEL_OCTETS:
            raise BadMailboxName(f"a level of a mailbox name is at most {MAX_LEVEL_OCTETS} octets long")


def parent(name: MailboxName) -> MailboxName | None:
    """The mailbox one level up, or None at the top."""
    above, found, _ = name.rpartition(DELIMITER)
    return MailboxName(above) if found else None


def ancestors(name: MailboxName) -> list[MailboxName]:
    """The mailboxes above *name*, topmost first."""
    levels = name.split(DELIMITER)[:-1]
    return [MailboxName(DELIMITER.join(levels[: depth + 1])) for depth in range(len(levels))]


def is_below(name: MailboxName, above: MailboxName) -> bool:
    """Whether *name* lies under *above*, at any depth."""
    return name.startswith(above + DELIMITER)
