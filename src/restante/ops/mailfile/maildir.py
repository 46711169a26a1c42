"""Maildir: what the letters behind ``:2,`` in a file's name mean, and the files beside the messages.

``dovecot-keywords`` gives the keyword of each letter a to z: a number from 0 and the keyword on each line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from restante.model.flags import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, FlagSet
from restante.ops.mailfile.keyword import keywords

SUBDIRECTORIES: Final = ("cur", "new", "tmp")
KEYWORDS_FILE: Final = "dovecot-keywords"
SUBSCRIPTIONS_FILE: Final = "subscriptions"
COURIER_SUBSCRIPTIONS_FILE: Final = "courierimapsubscribed"
MAX_KEYWORDS: Final = 26

_MEANING: Final[dict[str, str]] = {
    "D": DRAFT,
    "F": FLAGGED,
    "P": "$Forwarded",
    "R": ANSWERED,
    "S": SEEN,
    "T": DELETED,
}
_LETTER: Final = {flag.lower(): letter for letter, flag in _MEANING.items()}
_INFO: Final = re.compile(r"[:;!]2,([A-Za-z]*)(?:,.*)?$")


def flags_of(file_name: str, keyword_of: Mapping[str, str]) -> FlagSet:
    """The flags in *file_name*; *keyword_of* has the keyword of each small letter. Unknown letters mean nothing."""
    found = _INFO.search(file_name)
    if found is None:
        return FlagSet()
    flags = (_MEANING.get(letter) or keyword_of.get(letter) for letter in found[1])
    return FlagSet(flag for flag in flags if flag)


def letters_of(flags: FlagSet, letter_of: Mapping[str, str]) -> str:
    """The letters of *flags*, in ASCII order; *letter_of* has the letter of each lower-case keyword."""
    return "".join(sorted(_LETTER.get(key) or letter_of.get(key, "") for key in flags.keys))


def base_name(file_name: str) -> str:
    """What names the message whatever its flags."""
    return _INFO.sub("", file_name)


def read_keywords(text: str) -> tuple[dict[str, str], int]:
    """The keyword of each letter in a keywords file, and how many were no keywords."""
    found: dict[str, str] = {}
    unfit = 0
    for line in text.splitlines():
        number, _, keyword = line.strip().partition(" ")
        if not number.isdecimal() or len(number) > 2 or int(number) >= MAX_KEYWORDS:
            continue
        if keywords((keyword,)):
            found[chr(ord("a") + int(number))] = keyword
        else:
            unfit += 1
    return found, unfit


def assign_letters(in_use: Iterable[str]) -> tuple[list[str], list[str]]:
    """Keywords that get a letter, in the order of letters, and those for which none is left."""
    wanted = [keyword for keyword in in_use if keyword.lower() not in _LETTER]
    return wanted[:MAX_KEYWORDS], wanted[MAX_KEYWORDS:]


def letter_map(lettered: Sequence[str]) -> dict[str, str]:
    """The letter of each lower-case keyword."""
    return {keyword.lower(): chr(ord("a") + number) for number, keyword in enumerate(lettered)}


def write_keywords(lettered: Sequence[str]) -> str:
    """A keywords file."""
    return "".join(f"{number} {keyword}\n" for number, keyword in enumerate(lettered))
