"""A plain-socket IMAP probe: what the server holds, seen without any client library (RFC 3501, RFC 9051).

Strategy: one tagged command at a time; an untagged response comes back as raw octets with its literals in place.
Rule: the probe shares no code with the server or with a client under test, so that it can contradict either.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

TIMEOUT: Final = 20.0
"""Seconds the probe waits for any octet."""

_LITERAL: Final = re.compile(rb"\{(\d+)\}\r\n\Z")
_BODY: Final = re.compile(rb"BODY\[\] \{(\d+)\}\r\n")
_UID: Final = re.compile(rb"UID (\d+)")
_FLAGS: Final = re.compile(rb"FLAGS \(([^)]*)\)")
_MAILBOX: Final = re.compile(rb'\* LIST \([^)]*\) (?:NIL|"[^"]*") (.*)\r\n', re.IGNORECASE | re.DOTALL)
_UNSELECTABLE: Final = re.compile(rb"\* LIST \([^)]*\\(?:NoSelect|NonExistent)", re.IGNORECASE)


class ProbeError(AssertionError):
    """The server answered NO, BAD or BYE, or something no client could read."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One message as the server holds it; ``\\Recent`` is left out of *flags*."""

    uid: int
    flags: frozenset[str]
    raw: bytes

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets, empty where there is none."""
        found = re.search(rb"^message-id: *(<[^>]*>)", self.raw, re.IGNORECASE | re.MULTILINE)
        return found[1].decode("ascii") if found else ""


class Probe:
    """A connection to an IMAP server in plain text on loopback, logged in."""

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection((host, port), TIMEOUT)
        self._file = self._socket.makefile("rb")
        self._tag = 0
        try:
            self.greeting = self.response()
            self.command(f'LOGIN "{user}" "{password}"')
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection without LOGOUT."""
        self._file.close()
        self._socket.close()

    def command(self, text: str, *literals: bytes) -> list[bytes]:
        """Send ``text`` (and each literal after the ``{n}`` that is added for it); the untagged responses of an OK.

        Raises :class:`ProbeError` at NO, BAD or a closed connection.
        """
        self._tag += 1
        tag = b"P%d" % self._tag
        line, untagged = tag + b" " + text.encode("ascii"), list[bytes]()
        for literal in literals:
            self._socket.sendall(line + b" {%d}\r\n" % len(literal))
            untagged += self._until(b"+", text)
            line = literal
        self._socket.sendall(line + b"\r\n")
        untagged += self._until(tag, text)
        return untagged

    def response(self) -> bytes:
        """The next response: one line and, in their places, its literals."""
        data = self._line()
        while literal := _LITERAL.search(data):
            data += self._file.read(int(literal[1])) + self._line()
        return data

    def messages(self, mailbox: str = "INBOX") -> list[Stored]:
        """Every message of *mailbox* (named as on the wire) by UID, without marking any as read."""
        self.command(f'EXAMINE "{mailbox}"')
        lines = self.command("UID FETCH 1:* (UID FLAGS BODY.PEEK[])")
        return sorted((stored(line) for line in lines if b"BODY[]" in line), key=lambda found: found.uid)

    def by_id(self, mailbox: str = "INBOX") -> dict[str, Stored]:
        """The messages of *mailbox* by Message-ID; two of one Message-ID are an error."""
        found = self.messages(mailbox)
        named = {message.message_id: message for message in found}
        if len(named) != len(found):
            raise ProbeError(f"{mailbox} holds a message twice: {sorted(message.message_id for message in found)}")
        return named

    def mailboxes(self) -> set[str]:
        """The names of all mailboxes that can be selected, as on the wire (modified UTF-7)."""
        # Other news, of the selected mailbox, may come along.
        lines = [line for line in self.command('LIST "" "*"') if line.startswith(b"* LIST ")]
        return {mailbox_of(line) for line in lines if not _UNSELECTABLE.match(line)}

    def contents(self) -> dict[str, list[Stored]]:
        """Every message of every mailbox."""
        return {mailbox: self.messages(mailbox) for mailbox in sorted(self.mailboxes())}

    def create(self, mailbox: str) -> None:
        """Create *mailbox* unless it is there."""
        if mailbox not in self.mailboxes():
            self.command(f'CREATE "{mailbox}"')

    def append(self, raw: bytes, mailbox: str = "INBOX", flags: Sequence[str] = ()) -> None:
        """Add one message."""
        self.command(f'APPEND "{mailbox}" ({" ".join(flags)})', raw)

    def store(self, mailbox: str, uid: int, change: str) -> None:
        """Change flags: *change* is, for example, ``+FLAGS (\\Seen)``."""
        self.command(f'SELECT "{mailbox}"')
        self.command(f"UID STORE {uid} {change}")

    def delete(self, mailbox: str, uid: int) -> None:
        """Remove one message for good."""
        self.store(mailbox, uid, r"+FLAGS (\Deleted)")
        self.command("EXPUNGE")

    def _until(self, tag: bytes, sent: str) -> list[bytes]:
        untagged = list[bytes]()
        while True:
            data = self.response()
            if data.startswith(b"* "):
                untagged.append(data)
            elif data.startswith((tag + b" OK", b"+")) and (tag == b"+") == data.startswith(b"+"):
                return untagged
            else:
                raise ProbeError(f"{sent!r} was answered by {data!r} after {untagged!r}")

    def _line(self) -> bytes:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ProbeError(f"the server closed the connection after {line!r}")
        return line


def stored(line: bytes) -> Stored:
    """Read a ``FETCH (UID FLAGS BODY[])`` response."""
    body = _BODY.search(line)
    if body is None:
        raise ProbeError(f"a body was not sent as a literal: {line!r}")
    end = body.end() + int(body[1])
    rest = line[: body.start()] + line[end:]
    uid, flags = _UID.search(rest), _FLAGS.search(rest)
    if uid is None or flags is None:
        raise ProbeError(f"UID or FLAGS is missing: {rest!r}")
    return Stored(int(uid[1]), frozenset(flags[1].decode("ascii").split()) - {r"\Recent"}, line[body.end() : end])


def mailbox_of(line: bytes) -> str:
    """The mailbox name in a LIST response, without its quotes."""
    found = _MAILBOX.fullmatch(line)
    if found is None:
        raise ProbeError(f"not a LIST response: {line!r}")
    name = found[1]
    if name.startswith(b"{"):
        return name.partition(b"\r\n")[2].decode("ascii")
    if name.startswith(b'"'):
        # An extended LIST may put more after the name (RFC 9051 §6.3.9.6).
        name = name[1 : name.index(b'"', 1)]
    return name.decode("ascii").replace("\\\\", "\\")
