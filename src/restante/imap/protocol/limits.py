"""How much of a client's input is kept, and how much is even thrown away."""

from dataclasses import dataclass

from restante.imap.wire.cursor import MAX_ARGUMENTS, MAX_DEPTH


@dataclass(frozen=True, slots=True)
class WireLimits:
    """Limits of one connection's input. Sizes are octets.

    Attributes:
        line: the longest line, without its end. RFC 7162 §4 asks for 8192; long message sets and tokens for more.
        tag: the longest tag.
        name: the longest name of a command.
        literal_in_memory: the largest literal kept in memory; larger ones go into a sink.
        command: the most that one command may hold in memory, lines, literals and what it costs to keep them.
        literals: the most literals of one command.
        discard: the most that is read and thrown away to stay in step with a client whose literals are refused.
        arguments: the most members of a list or message set.
        nesting: the most levels of parentheses.
    """

    line: int = 65_536
    tag: int = 128
    name: int = 64
    literal_in_memory: int = 65_536
    command: int = 1 << 20
    literals: int = 1_000
    discard: int = 128 << 20
    arguments: int = MAX_ARGUMENTS
    nesting: int = MAX_DEPTH
