"""Names of annotations: ``/private/comment``, ``/shared/vendor/acme/colour`` (RFC 5464 §3.2).

Strategy: a name is checked once, where it enters, and kept in lower case, since its case means nothing. From there on it is a
plain ``str``.
"""

from __future__ import annotations

import re
from typing import Final, NewType

EntryName = NewType("EntryName", str)
"""A valid name of an annotation, in lower case."""

MAX_OCTETS: Final = 500

_COMPONENT: Final = r"/[ -$&-)+-.0-~]+"
_NAME: Final = re.compile(rf"/(?:private|shared)(?:{_COMPONENT})*")
_VENDOR: Final = re.compile(r"/[a-z]+/vendor(?:/|\Z)")
_LEAST: Final = 2
_LEAST_OF_VENDOR: Final = 4


class BadEntryName(ValueError):
    """The text cannot name an annotation; ``str(error)`` says why, in words fit for a client."""


def entry_name(text: str) -> EntryName:
    """The annotation that *text* names. Raises BadEntryName."""
    name = entry_root(text)
    least = _LEAST_OF_VENDOR if _VENDOR.match(name) else _LEAST
    if name.count("/") < least:
        raise BadEntryName(f"this entry name needs {least} components at least (RFC 5464, section 3.2)")
    return name


def entry_root(text: str) -> EntryName:
    """What *text* names, which may also be a name that annotations only lie below. Raises BadEntryName."""
    if len(text) > MAX_OCTETS:
        raise BadEntryName(f"an entry name is at most {MAX_OCTETS} octets long")
    name = text.lower()
    if not text.isascii() or _NAME.fullmatch(name) is None:
        raise BadEntryName(
            "an entry name begins with /private or /shared, is ASCII without controls, * and %, and no component is empty"
        )
    return EntryName(name)
