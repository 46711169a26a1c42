"""Replies: a code, an enhanced status code, text (RFC 5321 §4.2, RFC 2034 §4, RFC 3463 §2).

The rule it protects: a reply is one line end per line, whatever text went into it, and its two codes are of one class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers.

    Attributes:
        code: three digits (RFC 5321 §4.2.1).
        status: enhanced status code such as ``2.1.5``; empty for the greeting, the answer to a hello and 3xx (RFC 2034 §4).
        text: for people; several lines make a multiline reply.
    """

    code: int
    status: str
    text: str

    @property
    def positive(self) -> bool:
        """Whether it says that it was done (RFC 2033 §4: Positive Completion)."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Whether trying again later may help."""
        return 400 <= self.code < 500

    def wire(self) -> bytes:
        """The octets, each line with its CRLF; the same status begins each (RFC 2034 §4)."""
        lines = self.text.split("\n")
        status = f"{self.status} " if self.status else ""
        last = len(lines) - 1
        return "".join(
            f"{self.code}{' ' if at == last else '-'}{status}{_CONTROL.sub('?', line)}\r\n"
            for at, line in enumerate(lines)
        ).encode("utf-8", "replace")


OK: Final = Reply(250, "2.0.0", "OK")
SENDER_OK: Final = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK: Final = Reply(250, "2.1.5", "Recipient OK")
GOODBYE: Final = Reply(221, "2.0.0", "Goodbye")
SEND_CONTENT: Final = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
CANNOT_VERIFY: Final = Reply(252, "2.5.0", "Not verified here; send mail and see")

LINE_TOO_LONG: Final = Reply(500, "5.5.2", "Line too long")
UNKNOWN_COMMAND: Final = Reply(500, "5.5.1", "Command not recognized")
NOT_IMPLEMENTED: Final = Reply(502, "5.5.1", "Command not implemented")
TOO_LARGE: Final = Reply(552, "5.3.4", "Message too large for this system")
TOO_MANY_RECIPIENTS: Final = Reply(452, "4.5.3", "Too many recipients; send the rest in another transaction")
UNAVAILABLE: Final = Reply(451, "4.3.0", "Cannot do this just now; try again later")

SHUTTING_DOWN: Final = Reply(421, "4.3.2", "Shutting down; try again later")
TOO_MANY_CONNECTIONS: Final = Reply(421, "4.3.2", "Too many connections; try again later")
TOO_MANY_ERRORS: Final = Reply(421, "4.7.0", "Too many errors")
TIMED_OUT: Final = Reply(421, "4.4.2", "Too long without a word")


def bad_arguments(usage: str) -> Reply:
    """The arguments are not those of *usage* (RFC 5321 §4.2.2: 501)."""
    return Reply(501, "5.5.4", f"Syntax: {usage}")


def bad_sequence(text: str) -> Reply:
    """The command cannot come here (RFC 5321 §4.2.2: 503)."""
    return Reply(503, "5.5.1", text)
