"""Expectations: what a transcript says the server sends, matched against what it sent.

Strategy: an expected line becomes one regular expression over the whole response, literals included, once the values
captured so far are known. The lists whose order means nothing (flags, LIST attributes) are taken out and compared as sets.

The rule it protects: text is exact unless the scenario says otherwise, so a stray blank or a wrong case fails.

The language, inside an expected line::

    ...          anything, also nothing (in a flag list: any further flags)
    <<regex>>    a regular expression
    $name        the first time, captures a word; later, must be equal to it (lower-case names only: $Forwarded is a keyword)
    <0x80>       one octet
    {@name}      a literal (or, where it can be one, a quoted string) that holds the named message
    {@}          the same, with the contents of the block that follows the line
    {*}          a literal with any contents
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r"(?P<flags>(?:(?<=FLAGS )|(?<=\* LIST )|(?<=\* LSUB ))\((?!<<)[^()]*\))"
    r"|(?P<any>\.\.\.)|<<(?P<regex>.*?)>>|<0x(?P<octet>[0-9A-Fa-f]{2})>|\$(?P<name>[a-z][a-z0-9_]*)"
    r"|\{@(?P<message>[\w.-]*)\}|(?P<literal>\{\*\})"
)
_CLIENT_TOKEN: Final = re.compile(
    r"<(?P<text>[^<>]+?)\*(?P<times>\d+)>|<0x(?P<octet>[0-9A-Fa-f]{2})>|\$(?P<name>[a-z][a-z0-9_]*)"
)
_WORD: Final = rb'[^\s()\[\]"]+'
_RECENT: Final = b"\\recent"


class Unknown(ValueError):
    """A line names a message or a value that the scenario has not defined."""


@dataclass(slots=True)
class Bindings:
    """What a scenario knows by name.

    Attributes:
        values: words captured so far.
        messages: sample messages, with CRLF line ends.
    """

    values: dict[str, bytes] = field(default_factory=dict)
    messages: Mapping[str, bytes] = field(default_factory=dict)

    def message(self, name: str) -> bytes:
        """The message called *name*; raises :class:`Unknown`."""
        if name not in self.messages:
            raise Unknown(f"no message is called {name!r}")
        return self.messages[name]

    def expand(self, line: str) -> bytes:
        """A client's *line* as octets: ``$name``, ``<0x80>`` and ``<text*count>`` filled in; raises :class:`Unknown`."""
        octets: list[bytes] = []
        end = 0
        for token in _CLIENT_TOKEN.finditer(line):
            octets.append(line[end : token.start()].encode())
            octets.append(self._client_token(token))
            end = token.end()
        return b"".join([*octets, line[end:].encode()])

    def _client_token(self, token: re.Match[str]) -> bytes:
        if token["text"]:
            return token["text"].encode() * int(token["times"])
        if token["octet"]:
            return bytes.fromhex(token["octet"])
        if token["name"] in self.values:
            return self.values[token["name"]]
        return token[0].encode()


@dataclass(frozen=True, slots=True)
class Expected:
    """A line the server is to send.

    Attributes:
        text: the line in the language above.
        blocks: the contents of its ``{@}`` literals, in order.
        fold: whether to compare without regard to case.
    """

    text: str
    blocks: tuple[bytes, ...] = ()
    fold: bool = False

    def matches(self, response: bytes, known: Bindings) -> bool:
        """Whether *response* is as expected; if so, what it captured is added to *known*. Raises :class:`Unknown`."""
        pattern, lists = self._compile(known)
        found = re.compile(pattern, re.DOTALL | (re.IGNORECASE if self.fold else 0)).fullmatch(response)
        if found is None or not all(_same_flags(text, found[f"flags_{at}"]) for at, text in enumerate(lists)):
            return False
        captured = {name: value for name, value in found.groupdict().items() if not name.startswith("flags_")}
        known.values.update(captured)
        return True

    def _compile(self, known: Bindings) -> tuple[bytes, list[str]]:
        parts: list[bytes] = []
        lists: list[str] = []
        blocks = iter(self.blocks)
        end = 0
        for token in _TOKEN.finditer(self.text):
            parts.append(re.escape(self.text[end : token.start()].encode()))
            end = token.end()
            if token["flags"]:
                parts.append(rb"\((?P<flags_%d>[^()]*)\)" % len(lists))
                lists.append(token["flags"][1:-1])
            elif token["message"] is not None:
                parts.append(_literal(known.message(token["message"]) if token["message"] else next(blocks, b"")))
            else:
                parts.append(_pattern(token, known, b"".join(parts)))
        return b"".join([*parts, re.escape(self.text[end:].encode())]), lists


def _pattern(token: re.Match[str], known: Bindings, before: bytes) -> bytes:
    if token["any"]:
        return b".*"
    if token["literal"]:
        return rb"~?\{\d+\}\r\n.*"
    if token["regex"] is not None:
        return b"(?:%b)" % token["regex"].encode()
    if token["octet"]:
        return re.escape(bytes.fromhex(token["octet"]))
    name = token["name"]
    if name in known.values:
        return re.escape(known.values[name])
    group = b"(?P<%b>" % name.encode()
    return b"(?P=%b)" % name.encode() if group in before else group + _WORD + b")"


def _literal(content: bytes) -> bytes:
    literal = rb"~?\{%d\}\r\n%b" % (len(content), re.escape(content))
    if re.search(rb"[\x00\r\n\x80-\xff]", content):
        return b"(?:%b)" % literal
    quoted = re.sub(rb'(["\\])', rb"\\\1", content)
    return b'(?:%b|"%b")' % (literal, re.escape(quoted))


def _same_flags(wanted: str, sent: bytes) -> bool:
    """Compare as sets, without regard to case; ``\\Recent`` is nobody's concern unless it is wanted."""
    names = {name.lower().encode() for name in wanted.split()}
    found = set(sent.lower().split())
    if len(found) != len(sent.split()):
        return False
    if _RECENT not in names:
        found.discard(_RECENT)
    return names - {b"..."} <= found if b"..." in names else names == found
