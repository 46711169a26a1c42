"""What a line from the client can be refused with before anybody looks at what it means."""

from __future__ import annotations

from restante.smtp.reply import Reply


class BadCommand(Exception):
    """The line is no command, or one with wrong arguments.

    Attributes:
        reply: what to answer.
        fatal: whether it is unknown where the next command begins, so that the connection must end.
    """

    def __init__(self, reply: Reply, *, fatal: bool = False) -> None:
        super().__init__(reply.text)
        self.reply = reply
        self.fatal = fatal
