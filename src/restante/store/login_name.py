"""Login names: what a person types to come in, for example ``anna`` or ``anna@example.org``.

Strategy: after RFC 8265 §3.3 (UsernameCaseMapped): width-mapped, case-folded, NFC, and only characters that a person can
see and a keyboard can send. A name is checked once, where it enters, and compares as plain text from there on.

The rule it protects: a login name is always also a mail address or its local part (a dot-atom, RFC 5322 §3.2.3), and always
an identifier that access rights can name (RFC 4314 §3), so it cannot begin with ``-`` and cannot be ``anyone``.
"""

from __future__ import annotations

import unicodedata
from typing import Final, NewType

from restante.store.address import Addressing, domain_key, fold
from restante.store.directory_errors import BadAccountName, BadAddress

LoginName = NewType("LoginName", str)
"""A valid login name in the form in which names are compared, at most 255 octets."""

MAX_OCTETS: Final = 255
"""What every SASL PLAIN client and server can carry (RFC 4616 §2)."""

RESERVED: Final = frozenset({"anyone", "anonymous", "authenticated"})
"""Names with a meaning of their own in access rights (RFC 4314 §3) and in SASL (RFC 4505)."""

# A slash would part levels, and the wildcards would match too much, where a shared mailbox is listed below its owner's name.
_ASCII_ALLOWED: Final = frozenset("!#$&'+-.=?^_`{|}~0123456789abcdefghijklmnopqrstuvwxyz")


def login_name(text: str) -> LoginName:
    """The login name that *text* spells, in any case; raises :class:`BadAccountName` with the reason."""
    name = fold(text)
    _check_size(name)
    local, at, domain = name.rpartition("@") if "@" in name else (name, "", "")
    _check_local(local)
    if not at:
        return LoginName(local)
    try:
        return LoginName(f"{local}@{domain_key(domain)}")
    except BadAddress as error:
        raise BadAccountName(str(error)) from None


def _check_size(name: str) -> None:
    if not name:
        raise BadAccountName("a login name cannot be empty")
    try:
        octets = len(name.encode())
    except UnicodeEncodeError as error:
        raise BadAccountName("a login name must be valid Unicode") from error
    if octets > MAX_OCTETS:
        raise BadAccountName(f"a login name is at most {MAX_OCTETS} octets long")


def _check_local(local: str) -> None:
    if not local:
        raise BadAccountName("a login name needs something before the @")
    for char in local:
        if not _is_allowed(char):
            shown = char if char.isprintable() and char != " " else f"U+{ord(char):04X}"
            raise BadAccountName(f"a login name cannot hold the character {shown}")
    if local[0] == "-":
        raise BadAccountName("a login name cannot begin with a hyphen")
    if unicodedata.category(local[0])[0] == "M":
        raise BadAccountName("a login name cannot begin with a combining mark")
    if local[0] == "." or local[-1] == "." or ".." in local:
        raise BadAccountName("a login name cannot begin or end with a dot, nor hold two in a row")
    if local in RESERVED:
        raise BadAccountName(f"the name {local} is reserved")


def _is_allowed(char: str) -> bool:
    if char.isascii():
        return char in _ASCII_ALLOWED
    # RFC 8264 §9.17: characters with a compatibility equivalent look like another name.
    letter = unicodedata.category(char) in ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")
    return letter and unicodedata.normalize("NFKC", char) == unicodedata.normalize("NFC", char)


def login_names(text: str, rules: Addressing) -> list[LoginName]:
    """The names that someone who types *text* may mean, best first; empty if it can be none.

    Clients set up from a mail address send all of it, so ``anna@example.org`` may mean ``anna`` where the domain is local.
    """
    try:
        name = login_name(text)
    except BadAccountName:
        return []
    local, at, domain = name.rpartition("@")
    if at:
        is_local = rules.local_domains is None or domain in rules.local_domains
        return [name, LoginName(local)] if is_local else [name]
    return [name, LoginName(f"{name}@{rules.local_domains[0]}")] if rules.local_domains else [name]
