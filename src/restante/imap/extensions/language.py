"""LANGUAGE: RFC 5255 §3. What the server says to people, in their language: English, which is also i-default, or French.

The session says whatever it says in its language; what a language has no text for is said in English.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.errors import No
from restante.imap.hooks import command
from restante.imap.languages.french import FRENCH
from restante.imap.languages.language import ENGLISH, Language, negotiated
from restante.imap.protocol.response import Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import State
from restante.imap.wire.reader import Reader

MAX_RANGES: Final = 100
"""Languages that one command may wish for."""

LANGUAGES: Final = (Language("en"), FRENCH, ENGLISH)


@dataclass(frozen=True, slots=True)
class LanguageCommand:
    """``language-cmd = "LANGUAGE" *(SP lang-range-quoted)`` (§3.5)"""

    ranges: tuple[str, ...]

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the ranges."""
        ranges: list[str] = []
        while r.take(b" "):
            if len(ranges) >= MAX_RANGES:
                raise r.expected(f"at most {MAX_RANGES} languages")
            ranges.append(r.astring().decode("utf-8", "replace"))
        return cls(tuple(ranges))


async def speak(cmd: LanguageCommand, s: State) -> Done:
    """Say which languages there are, or change to the first one wished for; from the LANGUAGE response on (§3.2)."""
    if not cmd.ranges:
        s.send(b"LANGUAGE (%b)" % b" ".join(language.tag.encode() for language in LANGUAGES))
        return Done("These languages are spoken")
    language = negotiated(cmd.ranges, LANGUAGES)
    if language is None:
        raise No("No such language here")
    s.send(b"LANGUAGE (%b)" % language.tag.encode())
    s.session.language = language
    return Done("This language from now on")


extension: Final = Extension(
    name="LANGUAGE",
    rfc=5255,
    summary="Texts for people in their language",
    capabilities=always("LANGUAGE"),
    commands=(command("LANGUAGE", LanguageCommand, speak, state=State),),
)
