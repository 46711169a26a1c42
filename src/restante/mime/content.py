"""Content-Type, Content-Disposition and their parameters (RFC 2045 §5, RFC 2183, RFC 2231).

Strategy: one regular expression finds the parameters. Types and parameter names are upper-cased, values stay as written.
Continuations are joined; an encoded value stays encoded, under its name with the asterisk (RFC 9051 §7.5.2), and so is
ASCII on the wire.

The rule it protects: any octets at all give a type and parameters that IMAP's grammar can carry.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from restante.mime.comments import unquote, without_comments

Params = tuple[tuple[bytes, bytes], ...]
"""Parameters in their order: upper-case name, value."""

_PARAM: Final = re.compile(rb';\s*+([^\s=;"]++)\s*+=\s*+(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)("?)|([^;]*+))', re.DOTALL)
_TYPE: Final = re.compile(rb"\s*+([^\s/;=\"]++)\s*+(?:/\s*+([^\s/;=\"]++))?")
_SEGMENT: Final = re.compile(rb"([^*]+)\*(\d{1,4})(\*?)")
_NOT_ATTRIBUTE: Final = re.compile(rb"[^!#$&+\-.^_`{|}~0-9A-Za-z]")
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


class ContentType(NamedTuple):
    """A media type: upper-case ``type`` and ``subtype``, and ``params``."""

    type: bytes
    subtype: bytes
    params: Params


TEXT_PLAIN: Final = ContentType(b"TEXT", b"PLAIN", ((b"CHARSET", b"US-ASCII"),))
"""The type of what names none (RFC 2045 §5.2)."""

MESSAGE_RFC822: Final = ContentType(b"MESSAGE", b"RFC822", ())
"""The type of a digest's parts that name none (RFC 2046 §5.1.5)."""

_BARE: Final = {b"TEXT": b"PLAIN", b"MULTIPART": b"MIXED", b"MESSAGE": b"RFC822"}


def content_type(value: bytes) -> ContentType:
    """The media type in an unfolded Content-Type *value*; text/plain in US-ASCII if it names none."""
    return _remembered(value) if len(value) <= _MAX_REMEMBERED else _content_type(value)


def _content_type(value: bytes) -> ContentType:
    value = without_comments(value)
    found = _TYPE.match(value)
    if found is None:
        return TEXT_PLAIN
    kind, subtype = found[1].upper(), found[2]
    if subtype is None:
        if kind not in _BARE:
            return ContentType(b"APPLICATION", b"OCTET-STREAM", parameters(value))
        return ContentType(kind, _BARE[kind], parameters(value))
    return ContentType(kind, subtype.upper(), parameters(value))


_remembered = lru_cache(maxsize=1024)(_content_type)
_MAX_REMEMBERED: Final = 120
"""Octets. Most mail says one of a few dozen short things here; long ones are rare and would only fill memory."""


def disposition(value: bytes) -> tuple[bytes, Params] | None:
    """The upper-case type and parameters of an unfolded Content-Disposition *value*; None if it names no type."""
    value = without_comments(value)
    kind = value.partition(b";")[0].strip()
    return (kind.upper(), parameters(value)) if kind else None


def languages(value: bytes) -> tuple[bytes, ...]:
    """The language tags of an unfolded Content-Language *value* (RFC 3282 §2)."""
    return tuple(tag for part in without_comments(value).split(b",") if (tag := part.strip()))


def parameters(value: bytes) -> Params:
    """The parameters after the first semicolon of *value*, which holds no comments."""
    if b";" not in value:
        return ()
    found = tuple(
        (name.upper(), unquote(quoted) if quoted or closed else plain.rstrip())
        for name, quoted, closed, plain in _PARAM.findall(value)
    )
    return _joined(found) if any(b"*" in name for name, _ in found) else found


def parameter(params: Params, name: bytes) -> bytes | None:
    """The octets of the first parameter called *name*, upper-case, its RFC 2231 form decoded; or None."""
    for key, value in params:
        if key == name:
            return value
        if key[-1:] == b"*" and key[:-1] == name:
            return extended_value(value)[1]
    return None


def _joined(params: Params) -> Params:
    """*params* with RFC 2231 §3 continuations put together, each where its first segment stood."""
    segments: dict[bytes, dict[int, tuple[bytes, bool]]] = {}
    order: list[tuple[bytes, bytes | None]] = []
    for name, value in params:
        found = _SEGMENT.fullmatch(name)
        if found is None:
            order.append((name, value))
            continue
        base = found[1]
        if base not in segments:
            segments[base] = {}
            order.append((base, None))
        segments[base].setdefault(int(found[2]), (value, bool(found[3])))
    return tuple(_join(name, segments[name]) if value is None else (name, value) for name, value in order)


def _join(name: bytes, segments: dict[int, tuple[bytes, bool]]) -> tuple[bytes, bytes]:
    ordered = [segments[number] for number in sorted(segments)]
    if not any(extended for _, extended in ordered):
        return name, b"".join(value for value, _ in ordered)
    prefix = b"" if ordered[0][1] and ordered[0][0].count(b"'") >= 2 else b"''"
    return name + b"*", prefix + b"".join(value if extended else _percent(value) for value, extended in ordered)


def _percent(value: bytes) -> bytes:
    return _NOT_ATTRIBUTE.sub(lambda found: b"%%%02X" % found[0][0], value)


def extended_value(value: bytes) -> tuple[bytes, bytes]:
    """(charset label, octets) of an RFC 2231 §4 value ``charset'language'%XX``; empty label if it has none."""
    parts = value.split(b"'", 2)
    label, text = (parts[0], parts[2]) if len(parts) == 3 else (b"", value)
    return label, _PERCENT.sub(lambda found: bytes.fromhex(found[1].decode()), text)
