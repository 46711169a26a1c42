"""A strict reader of ``body`` and ``envelope`` (RFC 9051 §9): what the server writes must parse to the last octet."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{(0|[1-9][0-9]*)\}\r\n")
_NUMBER = re.compile(rb"0|[1-9][0-9]*")


class BadGrammar(AssertionError):
    pass


@dataclass
class Grammar:
    """Reads from ``text`` at ``at``; with *utf8*, quoted strings may hold UTF-8."""

    text: bytes
    utf8: bool = False
    at: int = 0

    def fail(self, wanted: str) -> BadGrammar:
        return BadGrammar(f"expected {wanted} at {self.at}: {self.text[self.at : self.at + 60]!r}")

    def looks(self, text: bytes) -> bool:
        return self.text.startswith(text, self.at)

    def take(self, text: bytes) -> None:
        if not self.looks(text):
            raise self.fail(repr(text))
        self.at += len(text)

    def sp(self) -> None:
        self.take(b" ")

    def end(self) -> None:
        if self.at != len(self.text):
            raise self.fail("the end")

    def number(self) -> int:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise self.fail("a number")
        self.at = found.end()
        return int(found[0])

    def string(self) -> bytes:
        if found := _QUOTED.match(self.text, self.at):
            value = re.sub(rb"\\(.)", rb"\1", found[1])
            if not value.isascii():
                if not self.utf8:
                    raise self.fail("a quoted string without eight-bit octets")
                value.decode()
            self.at = found.end()
            return value
        if found := _LITERAL.match(self.text, self.at):
            start, size = found.end(), int(found[1])
            value = self.text[start : start + size]
            if len(value) != size or b"\0" in value:
                raise self.fail("a whole literal without NUL")
            self.at = start + size
            return value
        raise self.fail("a string")

    def nstring(self) -> bytes | None:
        if self.looks(b"NIL"):
            self.at += 3
            return None
        return self.string()

    def params(self) -> dict[bytes, bytes] | None:
        if self.looks(b"NIL"):
            self.at += 3
            return None
        self.take(b"(")
        found: dict[bytes, bytes] = {}
        while True:
            name = self.string()
            self.sp()
            found[name] = self.string()
            if self.looks(b")"):
                self.at += 1
                return found
            self.sp()

    def addresses(self) -> list[tuple[bytes | None, ...]]:
        if self.looks(b"NIL"):
            self.at += 3
            return []
        self.take(b"(")
        found: list[tuple[bytes | None, ...]] = []
        while not (found and self.looks(b")")):
            self.take(b"(")
            one = [self.nstring()]
            for _ in range(3):
                self.sp()
                one.append(self.nstring())
            self.take(b")")
            found.append(tuple(one))
        self.at += 1
        return found

    def envelope(self) -> dict[str, object]:
        self.take(b"(")
        found: dict[str, object] = {"date": self.nstring()}
        self.sp()
        found["subject"] = self.nstring()
        for name in ("from", "sender", "reply_to", "to", "cc", "bcc"):
            self.sp()
            found[name] = self.addresses()
        self.sp()
        found["in_reply_to"] = self.nstring()
        self.sp()
        found["message_id"] = self.nstring()
        self.take(b")")
        return found

    def body(self, extensible: bool) -> dict[str, object]:
        self.take(b"(")
        found = self.multipart(extensible) if self.looks(b"(") else self.single(extensible)
        self.take(b")")
        return found

    def multipart(self, extensible: bool) -> dict[str, object]:
        children = []
        while self.looks(b"("):
            children.append(self.body(extensible))
        self.sp()
        found: dict[str, object] = {"children": children, "type": b"MULTIPART", "subtype": self.string()}
        if extensible:
            self.sp()
            found["params"] = self.params()
            self.extension(found)
        return found

    def single(self, extensible: bool) -> dict[str, object]:
        found: dict[str, object] = {"type": (kind := self.string())}
        self.sp()
        found["subtype"] = (subtype := self.string())
        self.sp()
        found["params"] = self.params()
        for name in ("id", "description"):
            self.sp()
            found[name] = self.nstring()
        self.sp()
        found["encoding"] = self.string()
        self.sp()
        found["octets"] = self.number()
        if kind.upper() == b"MULTIPART":
            raise self.fail("a multipart with bodies")
        if kind.upper() == b"MESSAGE" and subtype.upper() in (b"RFC822", b"GLOBAL"):
            self.sp()
            found["envelope"] = self.envelope()
            self.sp()
            found["message"] = self.body(extensible)
            self.sp()
            found["lines"] = self.number()
        elif kind.upper() == b"TEXT":
            self.sp()
            found["lines"] = self.number()
        if extensible:
            self.sp()
            found["md5"] = self.nstring()
            self.extension(found)
        return found

    def extension(self, found: dict[str, object]) -> None:
        self.sp()
        if self.looks(b"NIL"):
            self.at += 3
            found["disposition"] = None
        else:
            self.take(b"(")
            kind = self.string()
            self.sp()
            found["disposition"] = (kind, self.params())
            self.take(b")")
        self.sp()
        found["language"] = self.languages()
        self.sp()
        found["location"] = self.nstring()

    def languages(self) -> list[bytes] | None:
        if not self.looks(b"("):
            one = self.nstring()
            return None if one is None else [one]
        self.at += 1
        found = [self.string()]
        while not self.looks(b")"):
            self.sp()
            found.append(self.string())
        self.at += 1
        return found


def read_body(text: bytes, *, extensible: bool = True, utf8: bool = False) -> dict[str, object]:
    """*text* as a whole ``body``; raises :class:`BadGrammar`."""
    grammar = Grammar(text, utf8)
    found = grammar.body(extensible)
    grammar.end()
    return found


def read_envelope(text: bytes, *, utf8: bool = False) -> dict[str, object]:
    """*text* as a whole ``envelope``; raises :class:`BadGrammar`."""
    grammar = Grammar(text, utf8)
    found = grammar.envelope()
    grammar.end()
    return found
