"""What is wrong with a configuration, said so that a person finds the place and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong.

    Attributes:
        where: ``restante.toml:12``, ``RESTANTE_LOG_LEVEL``, ``--imap`` or the file's name.
        text: what is wrong there.
    """

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


class ConfigError(ValueError):
    """The configuration cannot be used.

    Attributes:
        problems: all that was found, in the order of their sources; at least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` with the closest of *known*, or nothing."""
    # Imported late: few configurations err.
    from difflib import get_close_matches

    close = get_close_matches(word, tuple(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
