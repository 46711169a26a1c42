"""What the reader says of input that does not follow the grammar (RFC 9051 §9).

The rule it protects: an error names what was expected and where, so that a person reading a client's log can act on it,
and never repeats what the client sent.
"""


class BadSyntax(Exception):
    """The command does not follow the grammar; ``str(error)`` is fit for a client: ``expected a space at octet 14``.

    Attributes:
        expected: what would have been right here, with its article.
        at: octets of the command before the place, or None where no one place is at fault.
    """

    def __init__(self, expected: str, at: int | None = None) -> None:
        super().__init__(expected, at)
        self.expected = expected
        self.at = at

    def __str__(self) -> str:
        place = "" if self.at is None else f" at octet {self.at}"
        return f"expected {self.expected}{place}"


class TooBig(Exception):
    """A literal too large to hold in memory stands where only a short string makes sense (RFC 9051 §7.1: TOOBIG)."""
