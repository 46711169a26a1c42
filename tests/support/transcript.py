"""Transcripts: scenarios of what a client says and a server must answer, and the parser of their files.

A file holds one scenario. Its first line says what it shows, ``# RFC 9051 §6.4.8: ...``; then come directives::

    @connections 2                       how many connections are open from the start (default 1)
    @state selected INBOX                authenticated (the default), selected NAME, examined NAME, or none
    @state 2 none                        the same for one connection
    @account anna secret                 who logs in
    @tls offered                         the server offers STARTTLS; "required": and takes no password without
    @enable IMAP4rev2                    ENABLE this on every connection that logs in
    @requires MOVE                       not for servers that do not announce this capability after login
    @limit messages 3                    messages that one command takes; "save": that one COPY or APPEND takes;
                                         "attachments": of a message that searches look into, none by default
    @do CREATE Archive                   a command to prepare the account with
    @mail NAME                           defines a message by the block that follows
    @preload INBOX simple.eml \\Seen "17-Jul-1996 02:44:25 -0700"      put a message, or several (3*simple.eml), in a mailbox

and steps, each for one connection, the number left out meaning the first::

    1: C: a1 SELECT INBOX                the client sends a line
    C: a1 APPEND INBOX {@}               with a literal: the block that follows, sent once the server says "+ "
    C: a1 APPEND INBOX {@simple.eml+}    with a non-synchronizing literal: a named message
    S: a1 OK [READ-WRITE] ...            the server sends a line (see tests/support/expectation.py)
    S~: * 1 FETCH (BODY (...             the same, without regard to case
    S?: * LIST ...                       from here to the tagged reply the server may send this
    S!: \\* \\d+ EXPUNGE                 from here to the tagged reply it must not send what has this regular expression
    S: {                                 lines in any order, up to "}"; "? " before one makes it optional
    await * 4 EXISTS                     as S:, but comes by itself, within two seconds
    S: EOF                               the server closes the connection
    disconnect                           the client closes the connection
    open none                            the client connects (again), to the state named
    encrypt                              both sides use TLS from here on
    deflate                              both sides compress from here on

A block is ``<<<``, lines, ``>>>`` with the rest of the command or response after it. Lines end in CRLF; ``<<<-`` leaves out the
last one. The rule it protects: a file that cannot be understood fails with its name and line, and never runs half.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.expectation import Expected
from tests.support.imap_server import Tls

_STEP: Final = re.compile(
    r"(?:(?P<connection>\d+): )?(?P<verb>C:|S:|S~:|S\?:|S!:|await|disconnect|open|encrypt|deflate)(?: (?P<rest>.*))?"
)
_TITLE: Final = re.compile(r"# (RFC \d+ §[\w.]+(?:, (?:RFC \d+ )?§[\w.]+)*): \S.*")
_BLOCK_LITERAL: Final = re.compile(r"\{@\+?\}$")
_OCTET: Final = re.compile(rb"<0x([0-9A-Fa-f]{2})>")


class TranscriptError(ValueError):
    """A file does not follow the notation; the text names the file and the line."""


@dataclass(frozen=True, slots=True)
class Say:
    """The client sends a command line, its literals in between."""

    text: str
    blocks: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Expect:
    """The server sends a line; *unsolicited* when no command asks for it. *line* is what a failure prints."""

    expected: Expected
    unsolicited: bool = False


@dataclass(frozen=True, slots=True)
class ExpectGroup:
    """The server sends lines in any order; the *optional* ones at any time up to the tagged reply."""

    required: tuple[Expected, ...]
    optional: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Allow:
    """Up to the tagged reply the server may send this."""

    expected: Expected


@dataclass(frozen=True, slots=True)
class Forbid:
    """Up to the tagged reply the server must not send what has this regular expression."""

    pattern: str


@dataclass(frozen=True, slots=True)
class ExpectEnd:
    """The server closes the connection."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The client closes the connection."""


@dataclass(frozen=True, slots=True)
class Open:
    """The client connects, to *state*."""

    state: str


@dataclass(frozen=True, slots=True)
class Encrypt:
    """TLS is negotiated here (RFC 9051 §6.2.1)."""


@dataclass(frozen=True, slots=True)
class Deflate:
    """Both sides compress from here on (RFC 4978)."""


Action = Say | Expect | ExpectGroup | Allow | Forbid | ExpectEnd | Disconnect | Open | Encrypt | Deflate


@dataclass(frozen=True, slots=True)
class Step:
    """What one connection does, and the line of the file that says so."""

    line: int
    connection: int
    action: Action


@dataclass(frozen=True, slots=True)
class Preload:
    """*count* copies of the named message, put in a mailbox before the scenario begins."""

    mailbox: str
    message: str
    count: int
    flags: tuple[str, ...]
    date: str | None


@dataclass(slots=True)
class Scenario:
    """One file, understood."""

    path: Path
    title: str = ""
    user: str = "anna"
    password: str = "secret"
    connections: int = 1
    tls: Tls = "none"
    states: dict[int, str] = field(default_factory=dict)
    enable: list[str] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    prepare: list[str] = field(default_factory=list)
    preloads: list[Preload] = field(default_factory=list)
    messages: dict[str, bytes] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def require(self, names: str) -> None:
        """Add the capabilities in *names*, each once."""
        self.requires += [name for name in names.split() if name not in self.requires]

    def state(self, connection: int) -> str:
        """The state that *connection* is in when the steps begin."""
        return self.states.get(connection, self.states.get(0, "authenticated"))


def parse(path: Path, samples: Mapping[str, bytes]) -> Scenario:
    """The scenario in the file at *path*; *samples* are messages that every file knows. Raises :class:`TranscriptError`."""
    scenario = Scenario(path, messages=dict(samples))
    lines = _Lines(path)
    first = next(lines, "")
    if not _TITLE.fullmatch(first):
        raise lines.error("the first line must be '# RFC nnnn §n.n: what is shown'")
    scenario.title = first[2:]
    for line in lines:
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            _directive(scenario, line, lines)
        else:
            scenario.steps.append(_step(line, lines))
    if not scenario.steps:
        raise lines.error("the file has no steps")
    return scenario


class _Lines(Iterator[str]):
    """A file's lines, and the number of the one read last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self._lines = path.read_text(encoding="utf-8").split("\n")

    def __next__(self) -> str:
        if self.number >= len(self._lines):
            raise StopIteration
        self.number += 1
        return self._lines[self.number - 1]

    def error(self, why: str) -> TranscriptError:
        return TranscriptError(f"{self.path}:{self.number}: {why}")

    def block(self) -> tuple[bytes, str]:
        """The block that begins at the next line: its octets, and what follows its end."""
        opening = next(self, "")
        if opening not in ("<<<", "<<<-"):
            raise self.error("a block must begin with '<<<' or '<<<-'")
        content: list[str] = []
        for line in self:
            if line.startswith(">>>"):
                text = "".join(f"{each}\r\n" for each in content)
                octets = text.removesuffix("\r\n" if opening == "<<<-" else "").encode()
                return _OCTET.sub(lambda found: bytes.fromhex(found[1].decode()), octets), line[3:]
            content.append(line)
        raise self.error("a block is not closed by '>>>'")

    def with_blocks(self, text: str) -> tuple[str, tuple[bytes, ...]]:
        """A line's whole *text* and its blocks, as long as what has been read ends in ``{@}`` or ``{@+}``."""
        blocks: list[bytes] = []
        while _BLOCK_LITERAL.search(text):
            block, rest = self.block()
            blocks.append(block)
            if not rest:
                break
            text += rest
        return text, tuple(blocks)


def _directive(scenario: Scenario, line: str, lines: _Lines) -> None:
    name, _, value = line[1:].partition(" ")
    match name:
        case "connections":
            scenario.connections = int(value)
        case "state":
            connection, _, state = value.partition(" ")
            scenario.states.update({int(connection): state} if connection.isdecimal() else {0: value})
        case "account":
            scenario.user, _, password = value.partition(" ")
            scenario.password = password or scenario.password
        case "tls":
            if value not in ("offered", "required"):
                raise lines.error("@tls is offered or required")
            scenario.tls = "offered" if value == "offered" else "required"
        case "enable":
            scenario.enable.append(value)
            scenario.require(value)
        case "requires":
            scenario.require(value)
        case "limit":
            scenario.limits.update(_limit(value, lines))
        case "do":
            scenario.prepare.append(value)
        case "mail":
            scenario.messages[value], _ = lines.block()
        case "preload":
            scenario.preloads.append(_preload(value, scenario, lines))
        case _:
            raise lines.error(f"there is no directive @{name}")


def _limit(value: str, lines: _Lines) -> dict[str, int]:
    limit, _, number = value.partition(" ")
    if limit not in ("messages", "save", "attachments"):
        raise lines.error("@limit is of messages, save or attachments")
    return {limit: int(number)}


def _preload(value: str, scenario: Scenario, lines: _Lines) -> Preload:
    mailbox, message, *flags = shlex.split(value.replace("\\", "\\\\"))
    count, star, name = message.partition("*")
    date = flags.pop() if flags and ":" in flags[-1] else None
    name = name if star else message
    if name not in scenario.messages:
        raise lines.error(f"no message is called {name!r}")
    return Preload(mailbox, name, int(count) if star else 1, tuple(flags), date)


def _step(line: str, lines: _Lines) -> Step:
    number = lines.number
    found = _STEP.fullmatch(line)
    if not found:
        raise lines.error(f"this is no step: {line}")
    return Step(number, int(found["connection"] or 1), _action(found["verb"], found["rest"] or "", lines))


def _action(verb: str, rest: str, lines: _Lines) -> Action:
    match verb:
        case "C:":
            return Say(*lines.with_blocks(rest))
        case "S!:":
            return Forbid(rest)
        case "S?:":
            return Allow(Expected(*lines.with_blocks(rest)))
        case "S~:":
            return Expect(Expected(*lines.with_blocks(rest), fold=True))
        case "await":
            return Expect(Expected(*lines.with_blocks(rest)), unsolicited=True)
        case "disconnect":
            return Disconnect()
        case "open":
            return Open(rest or "authenticated")
        case "encrypt":
            return Encrypt()
        case "deflate":
            return Deflate()
    if rest == "EOF":
        return ExpectEnd()
    return _group(lines) if rest == "{" else Expect(Expected(*lines.with_blocks(rest)))


def _group(lines: _Lines) -> ExpectGroup:
    required: list[Expected] = []
    optional: list[Expected] = []
    for line in lines:
        text = line.strip()
        if text == "}":
            return ExpectGroup(tuple(required), tuple(optional))
        if text.startswith("? "):
            optional.append(Expected(*lines.with_blocks(text[2:])))
        elif text:
            required.append(Expected(*lines.with_blocks(text)))
    raise lines.error("a group is not closed by '}'")
