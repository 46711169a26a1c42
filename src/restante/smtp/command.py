"""Commands: one line to one value (RFC 5321 §4.1, RFC 2033 §4.1, RFC 3030 §2).

Strategy: a table from verb to the function that reads what follows it. Whether a command may come now, and what it
does, is said elsewhere (:mod:`restante.smtp.transaction`).

The rule it protects: any line gives a command or a refusal, in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from restante.smtp.errors import BadCommand
from restante.smtp.path import Path, read_path
from restante.smtp.reply import NOT_IMPLEMENTED, UNKNOWN_COMMAND, Reply, bad_arguments

Parameters = tuple[tuple[str, str | None], ...]
"""ESMTP parameters: keyword in upper case, value as written or None (RFC 5321 §4.1.2: Esmtp-param)."""


@dataclass(frozen=True, slots=True)
class Hello:
    """``LHLO``, ``EHLO`` or ``HELO``: *verb* says which, *name* who."""

    verb: str
    name: str


@dataclass(frozen=True, slots=True)
class Mail:
    """``MAIL FROM:<sender>``; *sender* is empty for the null reverse-path."""

    sender: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True)
class Rcpt:
    """``RCPT TO:<recipient>``"""

    recipient: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True)
class Data:
    """``DATA``"""


@dataclass(frozen=True, slots=True)
class Bdat:
    """``BDAT size [LAST]``: *size* octets follow the line (RFC 3030 §2)."""

    size: int
    last: bool


@dataclass(frozen=True, slots=True)
class Rset:
    """``RSET``"""


@dataclass(frozen=True, slots=True)
class Noop:
    """``NOOP``"""


@dataclass(frozen=True, slots=True)
class Vrfy:
    """``VRFY``"""


@dataclass(frozen=True, slots=True)
class Help:
    """``HELP``"""


@dataclass(frozen=True, slots=True)
class Quit:
    """``QUIT``"""


Command = Hello | Mail | Rcpt | Data | Bdat | Rset | Noop | Vrfy | Help | Quit

_LINE: Final = re.compile(r"[ \t]*([A-Za-z0-9]{1,12})(?:[ \t]+(.*))?", re.DOTALL)
_NAME: Final = re.compile(r"[^\s\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff()<>\\\"]{1,255}")
_FROM: Final = re.compile(r"FROM[ \t]*:", re.IGNORECASE)
_TO: Final = re.compile(r"TO[ \t]*:", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*+)(?:=([!-<>-~\u00a1-\ud7ff\ue000-\U0010ffff]++))?")
_BDAT: Final = re.compile(r"([0-9]{1,19})(?:[ \t]+(LAST))?", re.IGNORECASE)

_MAIL_USAGE: Final = Reply(501, "5.1.7", "Syntax: MAIL FROM:<address>")
_RCPT_USAGE: Final = Reply(501, "5.1.3", "Syntax: RCPT TO:<address>")


def read_command(line: bytes) -> Command:
    """The command of *line*, which comes without its end. Raises BadCommand."""
    match = _LINE.fullmatch(line.decode("utf-8", "surrogateescape").rstrip(" \t"))
    if match is None:
        raise BadCommand(UNKNOWN_COMMAND)
    verb, rest = match[1].upper(), match[2] or ""
    read = _VERBS.get(verb)
    if read is None:
        raise BadCommand(NOT_IMPLEMENTED if verb in _KNOWN_ELSEWHERE else UNKNOWN_COMMAND)
    return read(verb, rest)


def _hello(verb: str, rest: str) -> Hello:
    # RFC 5321 §4.1.4 forbids refusing mail for a name that does not verify; it must only be fit for a header.
    name = _NAME.match(rest)
    if name is None:
        raise BadCommand(bad_arguments(f"{verb} name"))
    return Hello(verb, name[0])


def _mail(_: str, rest: str) -> Mail:
    path = _path_after(_FROM, rest)
    if path is None:
        raise BadCommand(_MAIL_USAGE)
    return Mail(path.address, _parameters(rest[path.end :]))


def _rcpt(_: str, rest: str) -> Rcpt:
    path = _path_after(_TO, rest)
    if path is None or not path.address:
        raise BadCommand(_RCPT_USAGE)
    return Rcpt(path.address, _parameters(rest[path.end :]))


def _path_after(word: re.Pattern[str], rest: str) -> Path | None:
    start = word.match(rest)
    return None if start is None else read_path(rest, start.end())


def _parameters(text: str) -> Parameters:
    found = []
    for word in text.split():
        match = _PARAMETER.fullmatch(word)
        if match is None:
            raise BadCommand(bad_arguments("parameters are KEYWORD or KEYWORD=value"))
        found.append((match[1].upper(), match[2]))
    return tuple(found)


def _bdat(_: str, rest: str) -> Bdat:
    match = _BDAT.fullmatch(rest)
    if match is None:
        # How many octets follow is unknown; to read them as commands would let content speak for the client.
        raise BadCommand(bad_arguments("BDAT size [LAST]"), fatal=True)
    return Bdat(int(match[1]), match[2] is not None)


def _alone(make: Callable[[], Command]) -> Callable[[str, str], Command]:
    def read(verb: str, rest: str) -> Command:
        if rest:
            raise BadCommand(bad_arguments(verb))
        return make()

    return read


_VERBS: Final[dict[str, Callable[[str, str], Command]]] = {
    "LHLO": _hello,
    "EHLO": _hello,
    "HELO": _hello,
    "MAIL": _mail,
    "RCPT": _rcpt,
    "DATA": _alone(Data),
    "BDAT": _bdat,
    "RSET": _alone(Rset),
    "NOOP": lambda _verb, _rest: Noop(),
    "VRFY": lambda _verb, _rest: Vrfy(),
    "HELP": lambda _verb, _rest: Help(),
    "QUIT": _alone(Quit),
}
_KNOWN_ELSEWHERE: Final = frozenset(
    ("EXPN", "STARTTLS", "AUTH", "TURN", "ETRN", "SEND", "SOML", "SAML", "BURL", "XCLIENT")
)
