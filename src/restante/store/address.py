"""Mail addresses as the directory looks them up (RFC 5321 §4.1.2, RFC 6531 §3.3, RFC 5233 §4 on details).

Strategy: an address is folded once, on its way in, to a *key*: NFC, case-folded, the local part quoted only where it must
be, the domain in Unicode. Two spellings of one address have one key, so a lookup is an equality on an indexed column; and
:func:`candidates` writes out, best first, the few keys an address can be found under.

The rule it protects: the exact address goes before the one without its detail, and both before a catch-all.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from restante.store.directory_errors import BadAddress

MAX_ADDRESS: Final = 1000
"""Octets. RFC 5321 §4.5.3.1 asks for 254 at the least; beyond this nothing is looked at."""

MAX_DOMAIN: Final = 253
MAX_LABEL: Final = 63

_QUOTED_LOCAL: Final = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@(.*))?')
_UNQUOTED: Final = re.compile(r'[^\s"(),:;<>@\[\]\\]+')
_DOT_ATOM: Final = re.compile(r'[^\s"(),:;<>@\[\]\\.]+(?:\.[^\s"(),:;<>@\[\]\\.]+)*')
_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPE: Final = re.compile(r'(["\\])')
_LITERAL: Final = re.compile(r"\[[0-9A-Za-z:.\-]+\]")
_ASCII_LABEL: Final = re.compile(r"[0-9a-z_-]+")


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address taken apart.

    Attributes:
        local: the local part without quotes, in the writer's case.
        domain: the domain as :func:`domain_key` has it, or None for a bare local part.
    """

    local: str
    domain: str | None

    @property
    def key(self) -> str:
        """What equal addresses have in common."""
        return _key(self.local, self.domain)


@dataclass(frozen=True, slots=True)
class Addressing:
    """Which addresses lead to accounts.

    Attributes:
        local_domains: domains whose addresses may name an account that has no domain (``anna@example.org`` is ``anna``),
            as :func:`domain_key` has them; the first completes a bare ``anna``. None means any domain.
        delimiter: what parts the local part from its detail (RFC 5233 §4); empty for no details.
    """

    local_domains: tuple[str, ...] | None = None
    delimiter: str = "+"


def fold(text: str) -> str:
    """*text* as it is compared: NFC and case-folded; full and half width as usual width (RFC 8265 §3.3)."""
    if text.isascii():
        return text.lower()
    usual = "".join(map(_usual_width, text))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", usual).casefold())


def _usual_width(char: str) -> str:
    if unicodedata.east_asian_width(char) in "FH":
        return unicodedata.normalize("NFKC", char)
    return char


def parse_address(text: str) -> Address:
    """The address that *text* writes, with or without a domain; raises :class:`BadAddress`. Angle brackets do not belong."""
    _check_text(text)
    quoted = _QUOTED_LOCAL.fullmatch(text)
    if quoted:
        local, domain = _ESCAPED.sub(r"\1", quoted[1]), quoted[2]
    else:
        before, at, after = text.rpartition("@")
        local, domain = (before, after) if at else (after, None)
        if not _UNQUOTED.fullmatch(local):
            raise BadAddress("an address needs a local part, in quotes if it holds special characters")
    return Address(unicodedata.normalize("NFC", local), None if domain is None else domain_key(domain))


def _check_text(text: str) -> None:
    if not text:
        raise BadAddress("an address cannot be empty")
    try:
        octets = len(text.encode())
    except UnicodeEncodeError as error:
        raise BadAddress("an address must be valid Unicode") from error
    if octets > MAX_ADDRESS:
        raise BadAddress(f"an address is at most {MAX_ADDRESS} octets long")
    if not text.isprintable():
        raise BadAddress("an address cannot hold control or invisible characters")


def domain_key(text: str) -> str:
    """A domain as it is compared: folded, without a final dot, ``xn--`` labels in Unicode; raises :class:`BadAddress`."""
    if _LITERAL.fullmatch(text):
        return text.lower()
    name = fold(text).removesuffix(".")
    if not name or len(name.encode(errors="replace")) > MAX_DOMAIN:
        raise BadAddress(f"a domain is 1 to {MAX_DOMAIN} octets long")
    return ".".join(map(_label_key, name.split(".")))


def _label_key(label: str) -> str:
    if not label or len(label.encode(errors="replace")) > MAX_LABEL:
        raise BadAddress(f"each part of a domain is 1 to {MAX_LABEL} octets long")
    if _ASCII_LABEL.fullmatch(label):
        return _from_a_label(label) if label.startswith("xn--") else label
    if not _is_unicode_label(label):
        raise BadAddress("a domain is made of letters, digits and hyphens")
    return label


def _from_a_label(label: str) -> str:
    """The U-label of an A-label (RFC 5890 §2.3.2.1), or *label* itself if it is not a well-made one."""
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    fits = not decoded.isascii() and _is_unicode_label(decoded) and fold(decoded) == decoded
    return decoded if fits and len(decoded.encode()) <= MAX_LABEL else label


def _is_unicode_label(label: str) -> bool:
    return all(char in "-_" or unicodedata.category(char)[0] in "LMN" for char in label)


def alias_key(text: str) -> str:
    """The key of an alias: an address, a bare local part, or ``@example.org`` for all of a domain; raises BadAddress."""
    if text.startswith("@"):
        _check_text(text)
        return "@" + domain_key(text[1:])
    return parse_address(text).key


def candidates(address: Address, rules: Addressing) -> list[tuple[str, str | None]]:
    """The keys under which *address* may be found, best first, each with the detail it leaves over; at most five."""
    locals_ = _locals(address.local, rules.delimiter)
    domain = address.domain
    bare = [(_key(local, None), detail) for local, detail in locals_]
    if domain is None:
        if not rules.local_domains:
            return bare
        domain = rules.local_domains[0]
        return [*bare, *_full(locals_, domain), ("@" + domain, None)]
    full, catch_all = _full(locals_, domain), ("@" + domain, None)
    if rules.local_domains is None:
        return [*full, catch_all, *bare]
    if domain in rules.local_domains:
        return [pair for both in zip(full, bare, strict=True) for pair in both] + [catch_all]
    return [*full, catch_all]


def _full(locals_: list[tuple[str, str | None]], domain: str) -> list[tuple[str, str | None]]:
    return [(_key(local, domain), detail) for local, detail in locals_]


def _locals(local: str, delimiter: str) -> list[tuple[str, str | None]]:
    """The local part whole, then, if it has one, without its detail."""
    if delimiter:
        base, found, detail = local.partition(delimiter)
        if found and base:
            return [(local, None), (base, detail)]
    return [(local, None)]


def _key(local: str, domain: str | None) -> str:
    folded = fold(local)
    if not _DOT_ATOM.fullmatch(folded):
        folded = '"' + _ESCAPE.sub(r"\\\1", folded) + '"'
    return folded if domain is None else f"{folded}@{domain}"
