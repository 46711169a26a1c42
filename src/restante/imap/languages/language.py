"""A language: texts for people, made out of the English ones (RFC 5255 §3; RFC 4647 §3.4).

Strategy: the code says everything in English, and a language is a table from English to its own. A text with something put in
is found by what stands around it, ``{}`` in the table, and what was put in is itself looked up. So no command knows of
languages, and what a table lacks is said in English.

The rule it protects: codes, names and numbers go through as they are; only words for people change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

_DEPTH: Final = 3
"""Texts within texts: a refusal, its reason, the reason's noun."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    Attributes:
        tag: its name (RFC 5646).
        texts: whole texts, from English.
        patterns: texts with something put in, likewise.
    """

    tag: str
    texts: Mapping[str, str] = field(default_factory=dict)
    patterns: Sequence[tuple[re.Pattern[str], str]] = ()

    @classmethod
    def of(cls, tag: str, table: Mapping[str, str]) -> Self:
        """From a *table* of English texts, ``{}`` in them where something is put in."""
        patterns = tuple((_pattern(english), own) for english, own in table.items() if "{}" in english)
        return cls(tag, {english: own for english, own in table.items() if "{}" not in english}, patterns)

    @property
    def utf8(self) -> bool:
        """Whether its texts may be other than ASCII: those in i-default may not (RFC 5255 §3.5)."""
        return bool(self.texts)

    def say(self, text: str, depth: int = _DEPTH) -> str:
        """*text*, which is English, in this language; as it is where that is not known."""
        known = self.texts.get(text)
        if known is not None or not depth:
            return known or text
        for pattern, own in self.patterns:
            found = pattern.fullmatch(text)
            if found:
                return own.format(*(self.say(part, depth - 1) for part in found.groups()))
        return text


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.*)".join(map(re.escape, english.split("{}"))), re.DOTALL)


ENGLISH: Final = Language("i-default")
"""What is spoken until a client asks for another language (RFC 5255 §3.1)."""


def negotiated(ranges: Sequence[str], languages: Sequence[Language]) -> Language | None:
    """The first of *languages* that one of *ranges* asks for, or None.

    ``fr-CA`` asks for ``fr`` where there is no closer one, ``*`` and ``default`` for the first.
    """
    known = {language.tag.lower(): language for language in languages}
    for wanted in ranges:
        name = wanted.lower()
        if name in ("*", "default"):
            return languages[0]
        while name:
            if name in known:
                return known[name]
            name = name.rpartition("-")[0]
    return None
