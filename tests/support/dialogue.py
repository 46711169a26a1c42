"""Dialogues: plays a transcript's steps against a server, over one wire per connection.

Strategy: responses are cut from the stream with their literals in place, then each must meet what the scenario expects next.
What it does not expect must be allowed by it, or be one of the few :data:`NOISE` lines that any server may send at any time.

The rule it protects: a scenario is strict, and it is bounded: no step waits longer than :data:`PATIENCE` seconds. A failure
shows the file, the line, and all that was said on every connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.support.expectation import Bindings, Expected
from tests.support.imap_server import ImapServer
from tests.support.transcript import (
    Action,
    Allow,
    Deflate,
    Disconnect,
    Encrypt,
    Expect,
    ExpectEnd,
    ExpectGroup,
    Forbid,
    Open,
    Preload,
    Say,
    Scenario,
    Step,
)
from tests.support.wire import DeflateWire, Wire

PATIENCE: Final = 5.0
"""Seconds to wait for an answer."""
PUSH_PATIENCE: Final = 2.0
"""Seconds to wait for what the server sends by itself."""

NOISE: Final = re.compile(
    rb"\* \d+ RECENT"
    rb"|\* OK \[(?:UNSEEN|HIGHESTMODSEQ|UIDNEXT|MAILBOXID|NOMODSEQ)\b[^\]]*\].*"
    rb"|\* OK Still here",
    re.IGNORECASE,
)
"""Lines that no scenario needs to expect: those RFC 3501 has and RFC 9051 has not, or that extensions add to SELECT."""

_LITERAL_END: Final = re.compile(rb"~?\{(\d+)\+?\}\r\n$")
_CLIENT_LITERAL: Final = re.compile(r"\{@([\w.-]*)(\+?)\}")
_LONGEST_SHOWN: Final = 2000


class Failed(AssertionError):
    """The server did not do what the scenario says; the text shows the dialogue so far."""


class Unmet(Exception):
    """The server does not announce what the scenario requires; the text says what."""


class Silent(Exception):
    """Nothing came in time."""


@dataclass(slots=True)
class Record:
    """Everything said on all connections, in the order it was said."""

    lines: list[str] = field(default_factory=list)

    def add(self, connection: str, who: str, octets: bytes) -> None:
        """Note what *who* (C or S) said on *connection*."""
        shown = octets.decode("utf-8", "backslashreplace").replace("\r\n", "\n      ").rstrip()
        self.lines.append(f"  {connection}: {who}: {shown[:_LONGEST_SHOWN]}")


class Dialogue:
    """One connection: its wire, and what is allowed and forbidden until the tagged reply."""

    def __init__(self, name: str, wire: Wire, record: Record) -> None:
        self.name = name
        self.wire = wire
        self.allowed: list[Expected] = []
        self.forbidden: list[re.Pattern[bytes]] = []
        self._record = record
        self._buffer = bytearray()

    async def send(self, octets: bytes) -> None:
        """Send *octets* as they are; that the server has gone shows when its answer is awaited."""
        self._record.add(self.name, "C", octets)
        with contextlib.suppress(ConnectionError):
            await self.wire.send(octets)

    async def response(self, patience: float = PATIENCE) -> bytes | None:
        """The next whole response without its last CRLF, or None at the end of the stream; raises :class:`Silent`."""
        try:
            async with asyncio.timeout(patience):
                received = await self._receive()
        except TimeoutError as error:
            raise Silent(f"nothing came within {patience:g} seconds") from error
        self._record.add(self.name, "S", b"(end of stream)" if received is None else received)
        return received

    async def _receive(self) -> bytes | None:
        end = 0
        while True:
            end = await self._through_crlf(end)
            if not end:
                return None
            literal = _LITERAL_END.search(self._buffer[max(0, end - 20) : end])
            if not literal:
                break
            end += int(literal[1])
            await self._fill(end)
        received = bytes(self._buffer[: end - 2])
        del self._buffer[:end]
        return received

    async def _through_crlf(self, start: int) -> int:
        """Where the line that begins at *start* ends, its CRLF included; 0 at the end of the stream."""
        while (at := self._buffer.find(b"\r\n", start)) < 0:
            if not await self._more():
                return 0
        return at + 2

    async def _fill(self, size: int) -> None:
        while len(self._buffer) < size and await self._more():
            pass

    async def _more(self) -> bool:
        data = await self.wire.receive()
        self._buffer += data
        return bool(data)

    def deflate(self) -> None:
        """Compress from here on; what was received too early is lost, as it must not exist."""
        self.wire = DeflateWire(self.wire)


async def play(scenario: Scenario, server: ImapServer) -> None:
    """Play *scenario*. Raises :class:`Failed`, and :class:`Unmet` before anything was tried."""
    player = _Player(scenario, server)
    try:
        await player.prepare()
        for step in scenario.steps:
            await player.step(step)
    finally:
        await player.close()


class _Player:
    def __init__(self, scenario: Scenario, server: ImapServer) -> None:
        self._scenario = scenario
        self._server = server
        self._record = Record()
        self._known = Bindings(messages=scenario.messages)
        self._dialogues: dict[int, Dialogue] = {}
        self._opened: list[Dialogue] = []

    async def close(self) -> None:
        """Close every connection that was ever opened."""
        for dialogue in self._opened:
            await dialogue.wire.close()

    async def prepare(self) -> None:
        """Put the account in the state that the directives describe, and open the connections."""
        scenario = self._scenario
        if scenario.prepare or scenario.preloads or scenario.requires:
            steward = await self._connect("setup", "authenticated", enable=False)
            await self._check_required(steward)
            for line in scenario.prepare:
                await self._command(steward, line.encode())
            for preload in scenario.preloads:
                await self._append(steward, preload)
            await self._command(steward, b"LOGOUT")
        for number in range(1, scenario.connections + 1):
            self._dialogues[number] = await self._connect(str(number), scenario.state(number))
        self._record.lines.clear()

    async def _check_required(self, steward: Dialogue) -> None:
        sent = b" ".join(await self._command(steward, b"CAPABILITY")).upper().split()
        missing = [name for name in self._scenario.requires if name.upper().encode() not in sent]
        if missing:
            raise Unmet(f"the server does not announce {' '.join(missing)}")

    async def _append(self, steward: Dialogue, preload: Preload) -> None:
        message = self._known.message(preload.message)
        date = f'"{preload.date}" '.encode() if preload.date else b""
        flags = " ".join(preload.flags).encode()
        for _ in range(preload.count):
            await steward.send(b'x APPEND "%b" (%b) %b{%d}\r\n' % (preload.mailbox.encode(), flags, date, len(message)))
            if not (await self._answer(steward)).startswith(b"+"):
                raise self._failed(0, "APPEND was refused while preparing")
            await self._command(steward, message, tag=b"")

    async def _connect(self, name: str, state: str, *, enable: bool = True) -> Dialogue:
        dialogue = Dialogue(name, await self._server.connect(), self._record)
        self._opened.append(dialogue)
        if state == "none":
            return dialogue
        await self._answer(dialogue)
        user, password = self._scenario.user.encode(), self._scenario.password.encode()
        await self._command(dialogue, b'LOGIN "%b" "%b"' % (user, password))
        if enable and self._scenario.enable:
            await self._command(dialogue, b"ENABLE " + " ".join(self._scenario.enable).encode())
        verb, _, mailbox = state.partition(" ")
        if mailbox:
            await self._command(dialogue, f'{"SELECT" if verb == "selected" else "EXAMINE"} "{mailbox}"'.encode())
        return dialogue

    async def _command(self, dialogue: Dialogue, line: bytes, tag: bytes = b"x ") -> list[bytes]:
        """Send one command of the preparation, which must succeed; gives back the untagged responses."""
        await dialogue.send(tag + line + b"\r\n")
        untagged: list[bytes] = []
        while not (answer := await self._answer(dialogue)).startswith(b"x "):
            untagged.append(answer)
        if not answer.startswith(b"x OK"):
            raise self._failed(0, "a command failed while preparing")
        return untagged

    async def _answer(self, dialogue: Dialogue) -> bytes:
        try:
            answer = await dialogue.response()
        except Silent as silence:
            raise self._failed(0, f"while preparing, {silence}") from silence
        if answer is None:
            raise self._failed(0, "the server closed the connection while preparing")
        return answer

    async def step(self, step: Step) -> None:
        """Play one step."""
        try:
            await self._play(step)
        except Silent as silence:
            raise self._failed(step.line, f"{silence}, expected: {_shown(step.action)}") from silence

    async def _play(self, step: Step) -> None:
        if isinstance(step.action, Open):
            self._dialogues[step.connection] = await self._connect(str(step.connection), step.action.state)
            return
        if step.connection not in self._dialogues:
            raise self._failed(step.line, f"connection {step.connection} is not open")
        dialogue = self._dialogues[step.connection]
        match step.action:
            case Say():
                await self._say(dialogue, step.action)
            case Expect():
                await self._expect(dialogue, step)
            case ExpectGroup():
                await self._expect_group(dialogue, step, step.action)
            case Allow():
                dialogue.allowed.append(step.action.expected)
            case Forbid():
                dialogue.forbidden.append(re.compile(self._known.expand(step.action.pattern)))
            case ExpectEnd():
                await self._expect_end(dialogue, step)
            case Disconnect():
                await dialogue.wire.close()
            case Encrypt():
                await dialogue.wire.start_tls()
            case Deflate():
                dialogue.deflate()

    async def _say(self, dialogue: Dialogue, said: Say) -> None:
        """Send a command, waiting for "+ " before each synchronizing literal."""
        blocks = iter(said.blocks)
        end = 0
        for found in _CLIENT_LITERAL.finditer(said.text):
            content = self._known.message(found[1]) if found[1] else next(blocks)
            before = self._known.expand(said.text[end : found.start()])
            await dialogue.send(before + b"{%d%b}\r\n" % (len(content), found[2].encode()))
            if not found[2]:
                await self._continuation(dialogue)
            await dialogue.send(content)
            end = found.end()
        await dialogue.send(self._known.expand(said.text[end:]) + b"\r\n")

    async def _continuation(self, dialogue: Dialogue) -> None:
        answer = await self._answer(dialogue)
        if not answer.startswith(b"+ "):
            raise self._failed(0, 'expected a continuation, "+ " with the space')

    async def _expect(self, dialogue: Dialogue, step: Step) -> None:
        assert isinstance(step.action, Expect)
        patience = PUSH_PATIENCE if step.action.unsolicited else PATIENCE
        while not step.action.expected.matches(received := await self._next(dialogue, step, patience), self._known):
            self._tolerate(dialogue, received, step)
        if not received.startswith((b"* ", b"+ ")):
            dialogue.allowed.clear()
            dialogue.forbidden.clear()

    async def _expect_group(self, dialogue: Dialogue, step: Step, group: ExpectGroup) -> None:
        missing = list(group.required)
        dialogue.allowed.extend(group.optional)
        while missing:
            received = await self._next(dialogue, step)
            met = next((each for each in missing if each.matches(received, self._known)), None)
            if met:
                missing.remove(met)
            else:
                self._tolerate(dialogue, received, step, missing)

    async def _expect_end(self, dialogue: Dialogue, step: Step) -> None:
        while (received := await dialogue.response()) is not None:
            self._tolerate(dialogue, received, step)

    async def _next(self, dialogue: Dialogue, step: Step, patience: float = PATIENCE) -> bytes:
        received = await dialogue.response(patience)
        if received is None:
            raise self._failed(step.line, f"the server closed the connection, expected: {_shown(step.action)}")
        for pattern in dialogue.forbidden:
            if pattern.search(received):
                raise self._failed(step.line, f"the last line is forbidden here: {pattern.pattern.decode()}")
        return received

    def _tolerate(self, dialogue: Dialogue, received: bytes, step: Step, missing: Sequence[Expected] = ()) -> None:
        if NOISE.fullmatch(received) or any(each.matches(received, self._known) for each in dialogue.allowed):
            return
        wanted = "\n            ".join(each.text for each in missing) or _shown(step.action)
        raise self._failed(step.line, f"the last line is not what was expected:\n            {wanted}")

    def _failed(self, line: int, why: str) -> Failed:
        where = f"{self._scenario.path}:{line}" if line else str(self._scenario.path)
        return Failed("\n".join([f"{where}: {why}", f"  # {self._scenario.title}", *self._record.lines]))


def _shown(action: Action) -> str:
    match action:
        case Expect():
            return "".join([action.expected.text, *(f"\n{block!r}" for block in action.expected.blocks)])
        case ExpectGroup():
            return "any of " + "; ".join(each.text for each in action.required)
        case ExpectEnd():
            return "the end of the stream"
        case _:
            return str(action)
