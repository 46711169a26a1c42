"""A part tree as a few octets, to be stored beside a message: enough for section addressing and BINARY, and no more.

Strategy: one line of ASCII words, parts in the message's order. What most parts have in common is one
hyphen. Envelopes, names and dispositions are left out: BODYSTRUCTURE and ENVELOPE are stored ready to send.

The rule it protects: what was dumped loads to the same offsets, types, encodings and charsets; anything else raises ValueError.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from restante.mime.content import Params
from restante.mime.part import MAX_DEPTH, Part

_VERSION: Final = b"1"
_COMMON: Final = b"-"
_MESSAGE: Final = b"m"
_PLAIN_TEXT: Final = (b"TEXT", b"PLAIN", b"7BIT", None)


def dump(part: Part) -> bytes:
    """*part* and all below it as ASCII words between spaces, without line ends."""
    words = [_VERSION]
    waiting = [part]
    while waiting:
        one = waiting.pop()
        words.append(b"%d %d %d" % (one.start, one.body_start - one.start, one.size))
        words.append(_kind(one))
        words.append(_MESSAGE if one.message is not None else b"%d" % len(one.children))
        if one.message is not None:
            waiting.append(one.message)
        waiting.extend(reversed(one.children))
    return b" ".join(words)


def _kind(part: Part) -> bytes:
    charset = part.charset if part.type == b"TEXT" else None
    if charset is not None and charset.upper() == b"US-ASCII":
        charset = None
    if (part.type, part.subtype, part.encoding, charset) == _PLAIN_TEXT:
        return _COMMON
    # Types and encodings are tokens without spaces or slashes; a charset is whatever a sender wrote.
    kind = b"%b/%b/%b" % (part.type, part.subtype, part.encoding.replace(b"/", b"_"))
    return kind if charset is None else b"%b/%b" % (kind, charset.hex().encode())


def load(data: bytes) -> Part:
    """The part tree that :func:`dump` wrote, without what it leaves out. Raises ValueError for anything else."""
    words = iter(data.split(b" "))
    if next(words, b"") != _VERSION:
        raise ValueError("a part tree of an unknown version")
    part = _load(words, MAX_DEPTH)
    if next(words, None) is not None:
        raise ValueError("a part tree with octets after its end")
    return part


def _load(words: Iterator[bytes], depth: int) -> Part:
    try:
        start, header, body, kind, below = next(words), next(words), next(words), next(words), next(words)
    except StopIteration:
        raise ValueError("a part tree that ends too early") from None
    if depth < 0:
        raise ValueError("a part tree that is too deep")
    begin = int(start)
    body_start = begin + int(header)
    main, sub, encoding, params = _load_kind(kind)
    children: tuple[Part, ...] = ()
    message = None
    if below == _MESSAGE:
        message = _load(words, depth - 1)
    elif below != b"0":
        children = tuple([_load(words, depth - 1) for _ in range(int(below))])
    return Part(
        begin, body_start, body_start + int(body), main, sub, params, encoding, children=children, message=message
    )


@lru_cache(maxsize=256)
def _load_kind(kind: bytes) -> tuple[bytes, bytes, bytes, Params]:
    if kind == _COMMON:
        return b"TEXT", b"PLAIN", b"7BIT", ()
    parts = kind.split(b"/")
    if len(parts) == 3:
        return parts[0], parts[1], parts[2], ()
    if len(parts) == 4:
        return parts[0], parts[1], parts[2], ((b"CHARSET", bytes.fromhex(parts[3].decode("ascii"))),)
    raise ValueError("a part of no kind")
