"""The parts of a message: where each begins and ends, and what its header says of it (RFC 2045, RFC 9051 §6.4.5.1).

Strategy: offsets into the raw message, never copies of it; a part is immutable and knows its children.

The rule it protects: every part a structure names can be fetched by its number, and lies within the message.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from restante.mime.content import Params, parameter
from restante.mime.envelope import Envelope

MAX_DEPTH: Final = 200
"""Parts within one another. A tree is walked by recursion, and Python's own limit is near 1000 calls."""


class Part(NamedTuple):
    """A message or body part.

    Attributes:
        start: offset of its header in the message, octets.
        body_start: offset of its body, after the blank line.
        end: offset after its body; a line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
        type: media type, upper-case, for example ``TEXT``.
        subtype: media subtype, upper-case.
        params: parameters of the type: upper-case name, value.
        encoding: content transfer encoding, upper-case, ``7BIT`` if not said.
        lines: text lines of the body, of text and encapsulated messages; an unended last line counts.
        content_id: Content-ID, or None.
        description: Content-Description, or None.
        md5: Content-MD5, or None.
        disposition: Content-Disposition's type, upper-case, and parameters; or None.
        language: Content-Language's tags.
        location: Content-Location, or None.
        children: parts of a multipart, at least one there; empty otherwise.
        message: the encapsulated message of message/rfc822 and message/global, None otherwise.
        envelope: of a message, the outermost or an encapsulated one; None of other parts.
    """

    start: int
    body_start: int
    end: int
    type: bytes = b"TEXT"
    subtype: bytes = b"PLAIN"
    params: Params = ()
    encoding: bytes = b"7BIT"
    lines: int = 0
    content_id: bytes | None = None
    description: bytes | None = None
    md5: bytes | None = None
    disposition: tuple[bytes, Params] | None = None
    language: tuple[bytes, ...] = ()
    location: bytes | None = None
    children: tuple[Part, ...] = ()
    message: Part | None = None
    envelope: Envelope | None = None

    @property
    def size(self) -> int:
        """Octets of the body as stored, before any decoding."""
        return self.end - self.body_start

    @property
    def charset(self) -> bytes | None:
        """The charset label as written, or None."""
        return parameter(self.params, b"CHARSET")

    @property
    def is_attachment(self) -> bool:
        """Whether the sender meant it to be kept apart from the text (RFC 2183 §2.2)."""
        return self.disposition is not None and self.disposition[0] == b"ATTACHMENT"

    def find(self, path: tuple[int, ...]) -> Part | None:
        """The part that *path* numbers within this message, or None (RFC 9051 §6.4.5.1).

        The empty path is the message itself. Part 1 of a message that is no multipart is that message's own body. For HEADER and
        TEXT of a numbered part take its :attr:`message`.
        """
        part, holder = self, self
        for depth, number in enumerate(path):
            if depth:
                if part.message is None and not part.children:
                    return None
                holder = part.message or part
            numbered = holder._numbered(number)
            if numbered is None:
                return None
            part = numbered
        return part

    def _numbered(self, number: int) -> Part | None:
        if not self.children:
            return self if number == 1 else None
        return self.children[number - 1] if 1 <= number <= len(self.children) else None

    def walk(self) -> Iterator[Part]:
        """This part and all below it, encapsulated messages too, in the message's order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            if part.message is not None:
                waiting.append(part.message)
            waiting.extend(reversed(part.children))
