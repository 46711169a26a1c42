"""Where the reader stands in a command, and what every rule of the grammar is put together from (RFC 9051 §9).

Strategy: a place in the current line, and the pieces still to come; terminals are patterns matched at the place.

The rule it protects: depth and count are bounded here, so that no command handler needs to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from re import Match, Pattern
from typing import Final, Self, TypeVar

from restante.imap.wire import grammar
from restante.imap.wire.errors import BadSyntax
from restante.imap.wire.fragments import Literal

T = TypeVar("T")

MAX_DEPTH: Final = 64
"""Levels of parentheses; the deepest command a client needs has five."""
MAX_ARGUMENTS: Final = 20_000


class Cursor:
    """A place in one command, going front to back.

    Attributes:
        uid: whether message sets hold UIDs, as they do after ``UID`` (RFC 9051 §6.4.9).
        utf8: whether the client agreed on UTF-8 mailbox names (RFC 9051 §5.1, RFC 6855 §3).
        arguments: the most members a list or a message set may have.
        nesting: the most levels of parentheses.
        numbered: whether a set of sequence numbers has been read.
        references: names read of what is kept elsewhere, each with the level of parentheses at which it stands.
        deepest: the most levels of parentheses there were.
    """

    __slots__ = (
        "_at",
        "_before",
        "_depth",
        "_next",
        "_pieces",
        "_text",
        "arguments",
        "deepest",
        "nesting",
        "numbered",
        "references",
        "uid",
        "utf8",
    )

    def __init__(
        self,
        pieces: Sequence[bytes | Literal],
        at: int = 0,
        *,
        uid: bool = False,
        utf8: bool = False,
        arguments: int = MAX_ARGUMENTS,
        nesting: int = MAX_DEPTH,
    ) -> None:
        """Over *pieces*, lines and literals in turn beginning and ending with a line, from octet *at* of the first."""
        self._pieces = pieces
        self._text = _line(pieces[0])
        self._at = at
        self._next = 1
        self._before = 0
        self._depth = 0
        self.uid = uid
        self.utf8 = utf8
        self.arguments = arguments
        self.nesting = nesting
        self.numbered = False
        self.references: list[tuple[str, int]] = []
        self.deepest = 0

    @property
    def position(self) -> int:
        """Octets read so far, announcements of literals (``{n}`` CRLF) left out."""
        return self._before + self._at

    def at_end(self) -> bool:
        """Whether the command ends here."""
        return self._at == len(self._text) and self._next >= len(self._pieces)

    def end(self) -> None:
        """The end of the command."""
        if not self.at_end():
            raise self.expected("the end of the command")

    def sp(self) -> Self:
        """``SP``, one space. Returns the reader itself: ``r.sp().mailbox()``."""
        if not self._text.startswith(b" ", self._at):
            raise self.expected("a space")
        self._at += 1
        return self

    def peek(self, *options: bytes) -> bool:
        """Whether one of *options* comes next, in any case, consuming nothing. An option may be part of a word."""
        for option in options:
            found = self._text[self._at : self._at + len(option)]
            if found == option or found.upper() == option.upper():
                return True
        return False

    def peek_word(self) -> str:
        """The :meth:`word` that comes next, consuming nothing; empty where none does."""
        match = grammar.WORD.match(self._text, self._at)
        return "" if match is None else match[0].decode("ascii").upper()

    def take(self, option: bytes) -> bool:
        """Consume *option* if it comes next, in any case; whether it did."""
        end = self._at + len(option)
        found = self._text[self._at : end]
        if found == option or found.upper() == option.upper():
            self._at = end
            return True
        return False

    def expect(self, option: bytes) -> None:
        """*option*, in any case."""
        if not self.take(option):
            raise self.expected(option.decode("ascii"))

    def refer(self, name: str) -> None:
        """Note that the command means, at this place, what is kept under *name*."""
        self.references.append((name, self._depth))

    def nested(self) -> Nesting:
        """A guard for a rule that contains itself: ``with r.nested(): ...``, at most :attr:`nesting` deep."""
        return Nesting(self)

    def list_of(self, read: Callable[[Self], T], *, empty: bool = False) -> tuple[T, ...]:
        """``"(" item *(SP item) ")"``, each item by *read*; ``()`` only where *empty* allows it."""
        if not self.take(b"("):
            raise self.expected("a parenthesised list")
        if empty and self.take(b")"):
            return ()
        self._enter()
        items = [read(self)]
        while not self._text.startswith(b")", self._at):
            if len(items) >= self.arguments:
                raise self.too_many()
            items.append(read(self.sp()))
        self._at += 1
        self._depth -= 1
        return tuple(items)

    def raw_remaining(self) -> bytes:
        """What is left of the current line, for diagnostics; consumes nothing."""
        return self._text[self._at :]

    def whole_rest(self) -> bytes | None:
        """What is left of the command, where that is one line without a literal; consumes nothing."""
        return self._text[self._at :] if len(self._pieces) == 1 else None

    def expected(self, what: str) -> BadSyntax:
        """The error to raise for anything but *what* at this place."""
        return BadSyntax(what, self.position)

    def too_many(self) -> BadSyntax:
        """The error to raise where a list has more members than :attr:`arguments`."""
        return self.expected(f"at most {self.arguments} members")

    def _match(self, pattern: Pattern[bytes], what: str) -> Match[bytes]:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise self.expected(what)
        self._at = match.end()
        return match

    def _value(self, pattern: Pattern[bytes], read: Callable[[Match[bytes]], T], what: str) -> T:
        at = self.position
        match = self._match(pattern, what)
        try:
            return read(match)
        except ValueError as error:
            raise BadSyntax(str(error), at) from None

    def _enter(self) -> None:
        self._depth += 1
        self.deepest = max(self.deepest, self._depth)
        if self._depth > self.nesting:
            raise self.expected(f"at most {self.nesting} levels of parentheses")

    def _next_literal(self, what: str) -> Literal:
        if self._at == len(self._text) and self._next < len(self._pieces):
            literal = self._pieces[self._next]
            if isinstance(literal, Literal):
                return literal
        raise self.expected(what)

    def _pass(self, literal: Literal) -> None:
        self._before += len(self._text) + literal.size
        self._text = _line(self._pieces[self._next + 1])
        self._at = 0
        self._next += 2


class Nesting:
    """One level of a rule that contains itself; see :meth:`Cursor.nested`."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def __enter__(self) -> None:
        self._cursor._enter()

    def __exit__(self, *_: object) -> None:
        self._cursor._depth -= 1


def _line(piece: bytes | Literal) -> bytes:
    if isinstance(piece, Literal):
        raise TypeError("a command begins, and goes on after each literal, with a line")
    return piece
