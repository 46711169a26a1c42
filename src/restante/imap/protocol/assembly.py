"""A command while its fragments arrive: its head, the pieces so far, and the first thing wrong with it.

The rule it protects: a command at fault is still framed to its end, so that its literals are never read as commands.
"""

from __future__ import annotations

from typing import NamedTuple

from restante.imap.protocol.events import LiteralRefused, Malformed, Request, discard
from restante.imap.protocol.limits import WireLimits
from restante.imap.wire.errors import BadSyntax
from restante.imap.wire.fragments import Announced, Line, Literal, Sink, SinkFactory
from restante.imap.wire.grammar import COMMAND_HEAD
from restante.imap.wire.reader import Reader

_OVERHEAD = 256
"""Octets that keeping a literal costs beside its content."""


class Head(NamedTuple):
    """The start of a command: tag, name, whether it began with ``UID``, and where its arguments begin."""

    tag: str
    name: str
    uid: bool
    end: int


def read_head(text: bytes, limits: WireLimits) -> Head | Malformed:
    """The head of the command whose first line is *text*."""
    match = COMMAND_HEAD.match(text)
    if match is None:
        return Malformed(None, BadSyntax("a tag" if text else "a command", 0))
    tag, uid, name = match.groups()
    if len(tag) > limits.tag:
        return Malformed(None, BadSyntax(f"a tag of at most {limits.tag} octets", 0))
    if name is None:
        at = len(tag)
        spaced = text.startswith(b" ", at)
        return Malformed(tag.decode("ascii"), BadSyntax("a command" if spaced else "a space", at + spaced))
    if len(name) > limits.name:
        return Malformed(tag.decode("ascii"), BadSyntax("a command", match.start(3)))
    if uid is None:
        return Head(tag.decode("ascii"), name.decode("ascii").upper(), False, match.end())
    return Head(tag.decode("ascii"), "UID " + name.decode("ascii").upper(), True, match.end())


class Assembly:
    """One command of which more is to come.

    Attributes:
        tag: its tag, or None where that could not be read.
        name: its name as in :class:`Request`, empty where it could not be read.
        fault: the event that will end it, once something is wrong; its pieces are then let go.
        discarded: octets of its literals thrown away.
    """

    __slots__ = ("_head", "_limits", "_literals", "_octets", "_pieces", "discarded", "fault", "name", "tag")

    def __init__(self, line: Line, limits: WireLimits) -> None:
        head = read_head(line.text, limits)
        self._limits = limits
        self._head = head
        self._pieces: list[bytes | Literal] = []
        self._literals: list[Literal] = []
        self._octets = 0
        self.discarded = 0
        self.fault: Malformed | LiteralRefused | None = None
        self.tag = head.tag
        self.name = head.name if isinstance(head, Head) else ""
        self._begin(line)

    def _begin(self, line: Line) -> None:
        self.add_line(line)
        if isinstance(self._head, Malformed) and self.fault is None:
            self.fail(self._head)

    @property
    def room(self) -> int:
        """Octets that its literals may still take in memory; the other half of its limit is for its lines."""
        return self._limits.command // 2 - self._octets

    def add_line(self, line: Line) -> None:
        """Its next line."""
        if self.fault is not None:
            return
        self._octets += len(line.text)
        if line.cut:
            self.fail(Malformed(self.tag, BadSyntax(f"a line of at most {self._limits.line} octets")))
        elif self._octets > self._limits.command:
            self.fail(Malformed(self.tag, BadSyntax(f"a command of at most {self._limits.command} octets")))
        else:
            # Some clients end a command with a space; it separates nothing.
            self._pieces.append(line.text if line.announced else line.text.rstrip(b" "))

    def announce(self, announced: Announced, limit: int) -> None:
        """A literal follows, of which *limit* octets are allowed; a fault where it cannot be had."""
        self._octets += _OVERHEAD
        if announced.size > limit:
            self.fail(LiteralRefused(self.tag, limit, self.name))
        elif len(self._literals) >= self._limits.literals or self._octets > self._limits.command:
            self.fail(Malformed(self.tag, BadSyntax("fewer or shorter literals")))

    def add_literal(self, literal: Literal) -> None:
        """The literal announced."""
        self._octets += len(literal.data or b"")
        self._pieces.append(literal)
        self._literals.append(literal)

    def fail(self, fault: Malformed | LiteralRefused) -> None:
        """Let go of its pieces; *fault* is what it ends with."""
        self.fault = fault
        self.release()

    def release(self) -> None:
        """Let go of its pieces and release its sinks."""
        discard(self._literals)
        self._literals.clear()
        self._pieces.clear()

    def finish(self) -> Request | Malformed | LiteralRefused:
        """What it came to, its last line being there."""
        head = self._head
        if isinstance(head, Malformed):
            return self.fault or head
        if self.fault is not None:
            return self.fault
        reader = Reader(
            self._pieces, head.end, uid=head.uid, arguments=self._limits.arguments, nesting=self._limits.nesting
        )
        return Request(head.tag, head.name, reader, tuple(self._literals))


class Incoming:
    """A literal that arrives in chunks: into a sink, or nowhere.

    Attributes:
        left: octets still to come.
    """

    __slots__ = ("_announced", "_sink", "left")

    def __init__(self, announced: Announced, sinks: SinkFactory | None) -> None:
        """For *announced*, into a sink of *sinks*, or nowhere without."""
        self._announced = announced
        self._sink: Sink | None = None
        self.left = announced.size
        if sinks is not None:
            try:
                self._sink = sinks(announced.size)
            except OSError:
                self._sink = None

    def write(self, chunk: bytes) -> None:
        """Take the next *chunk*; a sink that fails is released, and the rest goes nowhere."""
        self.left -= len(chunk)
        if self._sink is None:
            return
        try:
            self._sink.write(chunk)
        except OSError:
            self.discard()

    def literal(self) -> Literal:
        """The literal, complete."""
        size, _, binary = self._announced
        return Literal(size, binary, None, self._sink, failed=self._sink is None)

    def discard(self) -> None:
        """Release the sink, if there is one."""
        if self._sink is not None:
            self._sink.discard()
            self._sink = None
