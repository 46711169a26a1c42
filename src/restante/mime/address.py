"""Address lists as ENVELOPE shows them (RFC 5322 §3.4, §4.4; RFC 9051 §7.5.2).

Strategy: the plain form ``Name <local@host>`` goes by one regular expression; all else (groups, comments, quoted pairs, routes,
spaces where they should not be) by a tokenizer that goes forward only.

The rule it protects: any octets give addresses. What cannot be understood becomes a name or a mailbox without a host,
and a host is None for a group's two markers only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from restante.mime.comments import comment_end, unquote
from restante.mime.header import unfold


class Address(NamedTuple):
    """One address structure.

    Attributes:
        name: display name, its quoting removed, encoded words left as they are.
        adl: source route.
        mailbox: local part, its quoting removed; a group's name; None at a group's end.
        host: domain; empty if missing; None in a group's markers.
    """

    name: bytes | None
    adl: bytes | None
    mailbox: bytes | None
    host: bytes | None


GROUP_END: Final = Address(None, None, None, None)

_PLAIN: Final = re.compile(
    rb"""[\ \t]*+ (?: "([^"\\]*+)" | ([^"(),:;<>@\[\]\\]*+) ) [\ \t]*+
    < ([^\ \t"(),:;<>@\[\]\\]++) @ ([^\ \t"(),:;<>@\[\]\\]++) > [\ \t]*+ (?: ,|\Z )""",
    re.VERBOSE,
)
_BARE: Final = re.compile(rb'[ \t]*+([^ \t"(),:;<>@\[\]\\]++)(?:@([^ \t"(),:;<>@\[\]\\]++))?+[ \t]*+(?:,|\Z)')
_TOKEN: Final = re.compile(
    rb"""[\ \t]++ | [^\ \t"(),:;<>@\[\]\\]++ | "[^"\\]*+(?:\\.[^"\\]*+)*+"? | \[[^\]\\]*+(?:\\.[^\]\\]*+)*+\]? | \\.? | .""",
    re.VERBOSE | re.DOTALL,
)
_ROUTE: Final = re.compile(rb"[ \t]*+(@[^:<>\"]*+):")


def addresses(value: bytes) -> list[Address]:
    """The addresses of a raw field *value*, groups between their markers. Never fails; linear in the length."""
    text = unfold(value)
    found: list[Address] = []
    at = 0
    while at < len(text):
        plain = _PLAIN.match(text, at)
        if plain is not None:
            quoted, phrase, mailbox, host = plain.groups()
            found.append(Address((quoted or phrase or b"").strip() or None, None, mailbox, host))
        else:
            plain = _BARE.match(text, at)
            if plain is None:
                return _Reader(text, at, found).read()
            found.append(Address(None, None, plain[1], plain[2] or b""))
        at = plain.end()
    return found


@dataclass(slots=True)
class _Reader:
    """Reads the addresses of ``text`` from ``at`` on into ``found``, token by token."""

    text: bytes
    at: int
    found: list[Address]
    words: list[bytes] = field(default_factory=list)
    domain: list[bytes] | None = None
    comment: bytes | None = None
    spaced: bool = False
    in_group: bool = False
    done: bool = False
    seen: bool = False

    def read(self) -> list[Address]:
        while token := self._next():
            self._take(token)
        self._finish()
        if self.in_group:
            self.found.append(GROUP_END)
        return self.found

    def _next(self) -> bytes:
        """The next token; comments and white space are noted in passing. Empty at the end."""
        while found := _TOKEN.match(self.text, self.at):
            token = found[0]
            if token == b"(":
                end = comment_end(self.text, self.at)
                self._note(self.text[self.at + 1 : end])
                self.at, self.spaced = end, True
            elif token[0] in b" \t":
                self.at, self.spaced = found.end(), True
            else:
                self.at = found.end()
                return token
        return b""

    def _note(self, comment: bytes) -> None:
        if self.words or self.done:
            self.comment = unquote(comment.removesuffix(b")")).strip() or None

    def _take(self, token: bytes) -> None:
        if token == b",":
            self._finish()
        elif token == b";":
            self._finish()
            if self.in_group:
                self.found.append(GROUP_END)
                self.in_group = False
        elif self.done:
            pass
        elif token == b"<":
            self._angle()
        elif token == b":":
            self._colon()
        elif token == b"@":
            self._at_sign()
        else:
            self._word(token)
        self.spaced = False

    def _word(self, token: bytes) -> None:
        text = token
        if token[:1] == b'"':
            text = unquote(token[1:].removesuffix(b'"') if len(token) > 1 else b"")
        elif token[:1] == b"\\":
            text = token[1:]
        if self.domain is not None:
            self.domain.append(text)
            return
        self.seen = True
        if self.words and self.spaced:
            self.words.append(b" ")
        self.words.append(text)

    def _at_sign(self) -> None:
        if self.domain is None:
            self.domain = []
        else:
            self.domain.append(b"@")

    def _colon(self) -> None:
        if self.in_group or self.domain is not None:
            self._word(b":")
            return
        name = b"".join(self.words)
        self._reset()
        self.found.append(Address(None, None, name, None))
        self.in_group = True

    def _angle(self) -> None:
        """``<`` route and addr-spec ``>``; what came before it is the name, even if it looks like an address."""
        name = b"".join(self.words)
        if self.domain is not None:
            name += b"@" + b"".join(self.domain)
        self.words, self.domain, self.spaced = [], None, False
        route = _ROUTE.match(self.text, self.at)
        adl = None
        if route is not None:
            adl, self.at = route[1].translate(None, b" \t"), route.end()
        end = self._addr_spec()
        mailbox, host = self._spec()
        self._reset()
        self.found.append(Address(name or None, adl, mailbox, host))
        self.done = end == b">"
        if end in (b",", b";"):
            self._take(end)

    def _addr_spec(self) -> bytes:
        """Collects the addr-spec; returns the token that ended it: ``>``, a separator, or nothing."""
        while token := self._next():
            if token in (b">", b",", b";"):
                return token
            if token == b"@":
                self._at_sign()
            elif token != b"<":
                self.spaced = False
                self._word(token)
        return b""

    def _spec(self) -> tuple[bytes, bytes]:
        return b"".join(self.words), b"".join(self.domain or ())

    def _finish(self) -> None:
        """Ends the address that was being collected, if there is one."""
        if self.done:
            self._name_from_comment()
        elif self.domain is not None:
            self.words = [word for word in self.words if word != b" "]
            mailbox, host = self._spec()
            self.found.append(Address(self.comment, None, mailbox, host))
        elif self.seen:
            self._bare_words()
        self._reset()

    def _bare_words(self) -> None:
        text = b"".join(self.words)
        if b" " in self.words:
            self.found.append(Address(text, None, b"", b""))
        else:
            self.found.append(Address(self.comment, None, text, b""))

    def _name_from_comment(self) -> None:
        if self.comment is not None and self.found[-1].name is None:
            self.found[-1] = self.found[-1]._replace(name=self.comment)

    def _reset(self) -> None:
        self.words, self.domain, self.comment = [], None, None
        self.done = self.seen = self.spaced = False
