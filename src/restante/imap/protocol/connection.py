"""A client's side of the dialogue as events: octets in, one event out at a time (RFC 9051 §2.2.1, §4.3).

Strategy: framing by :class:`Fragments`; a command of one line, which nearly all are, becomes its Request at once, others
are assembled. :meth:`Connection.next_event` reads one event only, so that the server may change what comes next:
a raw line (AUTHENTICATE, IDLE), TLS, compression.

The rule it protects: whatever is fed, nothing is raised, memory stays within the limits, and the next command begins where
the client began it. The server's part is to take events until there is none before it feeds more.
"""

from __future__ import annotations

from collections.abc import Callable

from restante.imap.protocol.assembly import Assembly, Incoming, read_head
from restante.imap.protocol.events import ContinuationWanted, Event, Malformed, Overflow, RawLine, Request
from restante.imap.protocol.limits import WireLimits
from restante.imap.wire.errors import BadSyntax
from restante.imap.wire.fragments import Announced, Fragments, Line, Literal, SinkFactory
from restante.imap.wire.reader import Reader

__all__ = ["Connection", "WireLimits"]


class Connection:
    """The input of one connection."""

    __slots__ = (
        "_announced",
        "_assembly",
        "_closed",
        "_fragments",
        "_incoming",
        "_limits",
        "_literal_limit",
        "_raw",
        "_sinks",
    )

    def __init__(self, limits: WireLimits, sinks: SinkFactory, literal_limit: Callable[[str], int]) -> None:
        """With *sinks* for large literals, and *literal_limit*, the octets a literal of the named command may have.

        The limit is asked for with the name as in :class:`Request`, when a literal is announced; a server gives APPEND
        much only once the client is logged in.
        """
        self._limits = limits
        self._sinks = sinks
        self._literal_limit = literal_limit
        self._fragments = Fragments(limits.line)
        self._assembly: Assembly | None = None
        self._announced: Announced | None = None
        self._incoming: Incoming | None = None
        self._raw = False
        self._closed = False

    @property
    def pending(self) -> int:
        """Octets received that no event has consumed.

        Once there is no further event these are less than a line or a literal in memory may have.
        """
        return len(self._fragments)

    @property
    def within_command(self) -> bool:
        """Whether a command has begun of which literals are still to come."""
        return self._assembly is not None

    def receive(self, data: bytes) -> None:
        """Feed what arrived; see :meth:`next_event`."""
        if self._closed:
            return
        if self._incoming is not None and self._incoming.left and not len(self._fragments):
            # A large literal's octets go where they are to stay, without a stop on the way.
            left = self._incoming.left
            self._incoming.write(data[:left])
            data = data[left:]
        if data:
            self._fragments.feed(data)

    def next_event(self) -> Event | None:
        """The next event, or None when more octets are needed."""
        if self._raw:
            return self._raw_line()
        while not self._closed:
            if self._announced is not None:
                if not self._read_literal(self._announced):
                    return None
                self._announced = None
            line = self._fragments.line()
            if line is None:
                return None
            event = self._on_line(line)
            if event is not None:
                return event
        return None

    def expect_line(self) -> None:
        """Let the next event be the next line as it is: a RawLine, or Malformed for one over the limit."""
        self._raw = True

    def unread(self, line: bytes) -> None:
        """Put the *line* of a RawLine back, to be read as a command after all."""
        self._fragments.unread(line)

    def drop_buffered(self) -> None:
        """Forget what is buffered: what came before a TLS handshake counts for nothing after it (RFC 9051 §6.2.1)."""
        self._fragments.clear()

    def take_buffered(self) -> bytes:
        """What is buffered, no longer so: octets behind COMPRESS are to be inflated and fed again (RFC 4978 §3)."""
        return self._fragments.some(len(self._fragments))

    def close(self) -> None:
        """The connection is gone: release what was arriving. No event follows."""
        self._closed = True
        self._fragments.clear()
        if self._incoming is not None:
            self._incoming.discard()
        if self._assembly is not None:
            self._assembly.release()

    def _raw_line(self) -> Event | None:
        line = None if self._closed else self._fragments.raw_line()
        if line is None:
            return None
        self._raw = False
        if line.cut:
            return Malformed(None, BadSyntax(f"a line of at most {self._limits.line} octets"))
        return RawLine(line.text)

    def _on_line(self, line: Line) -> Event | None:
        assembly = self._assembly
        if assembly is None:
            if line.announced is None and not line.cut:
                return self._whole(line.text)
            assembly = self._assembly = Assembly(line, self._limits)
        else:
            assembly.add_line(line)
        if line.announced is not None:
            return self._on_announcement(assembly, line.announced)
        self._assembly = None
        return assembly.finish()

    def _whole(self, text: bytes) -> Event:
        # Some clients end a command with a space; it separates nothing.
        if text[-1:] == b" ":
            text = text.rstrip(b" ")
        head = read_head(text, self._limits)
        if isinstance(head, Malformed):
            return head
        tag, name, uid, end = head
        return Request(
            tag, name, Reader((text,), end, uid=uid, arguments=self._limits.arguments, nesting=self._limits.nesting)
        )

    def _on_announcement(self, assembly: Assembly, announced: Announced) -> Event | None:
        if assembly.fault is None:
            assembly.announce(announced, self._literal_limit(assembly.name))
        if assembly.fault is not None:
            return self._refuse(assembly, announced)
        self._announced = announced
        in_memory = announced.size <= min(self._limits.literal_in_memory, assembly.room)
        self._incoming = None if in_memory else Incoming(announced, self._sinks)
        return ContinuationWanted() if announced.sync else None

    def _refuse(self, assembly: Assembly, announced: Announced) -> Event | None:
        if announced.sync:
            self._assembly = None
            return assembly.fault
        assembly.discarded += announced.size
        if assembly.discarded > self._limits.discard:
            self.close()
            return Overflow("the command is too large")
        self._announced = announced
        self._incoming = Incoming(announced, None)
        return None

    def _read_literal(self, announced: Announced) -> bool:
        assembly, incoming = self._assembly, self._incoming
        if incoming is None:
            data = self._fragments.octets(announced.size)
            if data is None or assembly is None:
                return False
            assembly.add_literal(Literal(announced.size, announced.binary, data))
            return True
        if incoming.left:
            incoming.write(self._fragments.some(incoming.left))
        if incoming.left:
            return False
        self._incoming = None
        if assembly is not None and assembly.fault is None:
            assembly.add_literal(incoming.literal())
        return True
