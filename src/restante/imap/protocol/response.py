"""Status responses and their codes as octets (RFC 9051 §7.1).

Strategy: a response is built once, as one ``bytes``, by these functions and nowhere else, so that text is always printable
ASCII on one line whatever a name or an error held.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_MAX_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended well: ``tag OK [code] text``.

    Attributes:
        text: for people; empty for the default, ``NAME completed``.
        code: a response code without its brackets, or None.
    """

    text: str = ""
    code: str | None = None


DONE = Done()


def status(tag: str, condition: str, text: str, code: str | None = None, *, utf8: bool = False) -> bytes:
    """``tag SP resp-cond SP [code] text CRLF``; *tag* ``*`` for an untagged one.

    *condition* is OK, NO, BAD, BYE or PREAUTH. *utf8* lets the text be any, as the client has asked (RFC 5255 §3.5).
    """
    return tag.encode("ascii", "replace") + _after_tag(condition, text, code, utf8)


@lru_cache(maxsize=1024)
def _after_tag(condition: str, text: str, code: str | None, utf8: bool) -> bytes:
    # Nearly every reply is one of a few, and making one costs as much as running a small command.
    shown = (clean_utf8 if utf8 else clean)(text[:_MAX_TEXT]) or "."
    middle = f"[{clean(code)}] " if code else ""
    return f" {condition} {middle}{shown}\r\n".encode("utf-8", "replace")


def continuation(text: str = "Go ahead") -> bytes:
    """``+ text CRLF``. The space stays even before an empty text: some clients wait for it (RFC 9051 §7.6)."""
    return f"+ {clean(text)}\r\n".encode("ascii", "replace")


def clean(text: str) -> str:
    """*text* as ``text`` of RFC 9051 §9: printable ASCII on one line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if " " <= char <= "~" else "?" for char in text)


def clean_utf8(text: str) -> str:
    """*text* as ``resp-text`` of RFC 5255 §3.5: printable on one line, and beginning with no bracket."""
    shown = text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)
    return "(" + shown[1:] if shown.startswith("[") else shown
