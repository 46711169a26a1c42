"""What an answer says, so that two servers' answers can be compared.

RFC 9051 §7, as far as the measured commands need it. Strategy: literals are taken out first, by their lengths, so that no
octets of a message are ever read as a response. Rule: parsing is never inside what is timed.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LITERAL: Final = re.compile(rb"\{(\d+)\}$")
_FETCH: Final = re.compile(rb"\* (\d+) FETCH \(")
_UID: Final = re.compile(rb"[ (]UID (\d+)")
_TAGGED_OK: Final = re.compile(rb"^[A-Za-z]\w* OK", re.MULTILINE)
_NAMED: Final = {name: re.compile(rb"\* " + name + rb"((?: \d+)*)") for name in (b"SEARCH", b"SORT")}
_CODE: Final = {
    name: re.compile(rb"\[" + name + rb" (\d+)\]") for name in (b"HIGHESTMODSEQ", b"UIDVALIDITY", b"UIDNEXT")
}
_COPYUID: Final = re.compile(rb"\[COPYUID \d+ ([\d:,]+) ([\d:,]+)\]")
_VANISHED: Final = re.compile(rb"\* VANISHED \(EARLIER\) ([\d:,]+)")
_EXISTS: Final = re.compile(rb"\* (\d+) EXISTS")
_STATUS_ITEM: Final = re.compile(rb"([A-Z]+) (\d+)")


@dataclass(frozen=True, slots=True)
class Response:
    """One response: its line with each literal's octets taken out, and those."""

    line: bytes
    literals: tuple[bytes, ...] = ()


def responses(answer: bytes) -> Iterator[Response]:
    """The responses of *answer* in turn. Raises ValueError if the last is not whole."""
    at = 0
    while at < len(answer):
        response, at = _response(answer, at)
        yield response


def _response(answer: bytes, at: int) -> tuple[Response, int]:
    parts: list[bytes] = []
    literals: list[bytes] = []
    while True:
        end = answer.find(b"\r\n", at)
        if end < 0:
            raise ValueError("a response without an end")
        line = answer[at:end]
        parts.append(line)
        at = end + 2
        found = _LITERAL.search(line)
        if found is None:
            return Response(b"".join(parts), tuple(literals)), at
        literals.append(answer[at : at + int(found[1])])
        at += int(found[1])


def all_ok(answer: bytes) -> int:
    """How many tagged OKs there are. Raises ValueError at a tagged NO or BAD."""
    if refused := re.search(rb"^[A-Za-z]\w* (?:NO|BAD)[^\r]*", answer, re.MULTILINE):
        raise ValueError(refused[0].decode(errors="replace"))
    return len(_TAGGED_OK.findall(answer))


def fetched(answer: bytes) -> list[tuple[int, int]]:
    """Of each FETCH response its message number, and the octets of its literals together."""
    pairs = ((_FETCH.match(response.line), response.literals) for response in responses(answer))
    return [(int(match[1]), sum(map(len, literals))) for match, literals in pairs if match]


def bodies(answer: bytes) -> list[tuple[int, int, int]]:
    """Of each FETCH response its message number, the octets of its literals together, and their checksum."""
    pairs = ((_FETCH.match(response.line), b"".join(response.literals)) for response in responses(answer))
    return [(int(match[1]), len(literals), zlib.crc32(literals)) for match, literals in pairs if match]


def fetch_lines(answer: bytes) -> list[bytes]:
    """Each FETCH response's line, in order of message numbers."""
    lines = [(int(m[1]), r.line) for r in responses(answer) if (m := _FETCH.match(r.line))]
    return [line for _, line in sorted(lines)]


def uids(answer: bytes) -> frozenset[int]:
    """The UIDs that FETCH responses name."""
    lines = (response.line for response in responses(answer))
    return frozenset(int(match[1]) for line in lines if _FETCH.match(line) and (match := _UID.search(line)))


def numbers(answer: bytes, name: bytes) -> tuple[int, ...]:
    """The numbers of ``* SEARCH`` or ``* SORT`` responses, in the order given."""
    matches = (_NAMED[name].fullmatch(response.line) for response in responses(answer))
    return tuple(int(number) for match in matches if match for number in match[1].split())


def code(answer: bytes, name: bytes) -> int:
    """The number in a response code such as HIGHESTMODSEQ. Raises ValueError if there is none."""
    if match := _CODE[name].search(answer):
        return int(match[1])
    raise ValueError(f"no {name.decode()} in the answer")


def exists(answer: bytes) -> int:
    """How many messages the last EXISTS tells of. Raises ValueError if there is none."""
    if found := _EXISTS.findall(answer):
        return int(found[-1])
    raise ValueError("no EXISTS in the answer")


def expanded(numbers: bytes) -> tuple[int, ...]:
    """The members of a set such as ``1:3,7``, in the order written (RFC 9051 §9, sequence-set without ``*``)."""
    members: list[int] = []
    for part in numbers.split(b","):
        first, _, last = part.partition(b":")
        low, high = sorted((int(first), int(last or first)))
        members.extend(range(low, high + 1))
    return tuple(members)


def copied(answer: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The UIDs of COPYUID, before and after (RFC 4315 §3). Raises ValueError if there is none."""
    if match := _COPYUID.search(answer):
        return expanded(match[1]), expanded(match[2])
    raise ValueError("no COPYUID in the answer")


def vanished(answer: bytes) -> frozenset[int]:
    """The UIDs of VANISHED (EARLIER) (RFC 7162 §3.2.10.1)."""
    return frozenset(uid for match in _VANISHED.findall(answer) for uid in expanded(match))


def status(answer: bytes) -> list[dict[bytes, int]]:
    """The items of each STATUS response."""
    lines = (response.line for response in responses(answer))
    return [dict(_items(line)) for line in lines if line.startswith(b"* STATUS ")]


def _items(line: bytes) -> Iterator[tuple[bytes, int]]:
    for name, value in _STATUS_ITEM.findall(line[line.rindex(b"(") :]):
        yield name, int(value)


def count(answer: bytes, name: bytes) -> int:
    """How many untagged responses are of this *name*, such as LIST, or such as EXPUNGE behind a number."""
    start = re.compile(rb"\* (?:\d+ )?" + name + rb"(?= |$)")
    return sum(1 for response in responses(answer) if start.match(response.line))
