"""Names of message files that export writes: ``0000000012-M0123456789abcdef.1790000000.FS.eml``.

That is UID and content, INTERNALDATE in epoch seconds, and the letters of the flags as in Maildir; so a directory of them
sorts by UID, and nothing is added to the message itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.ops.mailfile.maildir import flags_of

ENDING: Final = ".eml"
_NAME: Final = re.compile(r"\d{10}-M[0-9a-f]{16}\.(-?\d{1,12})\.([A-Za-z]*)\.eml")


def write_name(uid: Uid, content: str, date: MailDate, letters: str) -> str:
    """The file's name."""
    return f"{uid:010d}-{content}.{date.epoch}.{letters}{ENDING}"


def read_name(name: str, keyword_of: Mapping[str, str]) -> tuple[MailDate, FlagSet] | None:
    """The date and flags in a file's name; None if it is another's."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return MailDate(int(found[1])), flags_of(f":2,{found[2]}", keyword_of)
