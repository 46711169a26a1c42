"""Quantities with their units: ``64 MiB`` of octets, ``30 min`` of seconds.

Strategy: one table for each unit; a number without a name counts in octets or seconds. What is written reads back as
the same number.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Unit = Literal["octets", "seconds"]
"""What a number counts."""

_K, _M, _G = 1 << 10, 1 << 20, 1 << 30
_NAMES: Final[dict[Unit, dict[str, float]]] = {
    "octets": {
        **dict.fromkeys(("", "b", "octet", "octets", "byte", "bytes"), 1),
        **dict.fromkeys(("k", "kib"), _K),
        **dict.fromkeys(("m", "mib"), _M),
        **dict.fromkeys(("g", "gib"), _G),
        "kb": 1e3,
        "mb": 1e6,
        "gb": 1e9,
    },
    "seconds": {
        "ms": 0.001,
        **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1),
        **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
        **dict.fromkeys(("h", "hour", "hours"), 3600),
        **dict.fromkeys(("d", "day", "days"), 86_400),
    },
}
_WRITTEN: Final[dict[Unit, tuple[tuple[int, str], ...]]] = {
    "octets": ((_G, "GiB"), (_M, "MiB"), (_K, "KiB")),
    "seconds": ((86_400, "days"), (3600, "h"), (60, "min"), (1, "s")),
}
_NUMBER: Final = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([A-Za-z]{0,10})\s*", re.ASCII)

EXAMPLES: Final[dict[Unit, str]] = {"octets": '"64 MiB"', "seconds": '"30 min"'}
"""How a person would write one, in TOML."""


def parse(text: str, unit: Unit) -> float:
    """The number of *unit* that *text* writes. Raises ValueError when it writes none."""
    match = _NUMBER.fullmatch(text)
    factor = _NAMES[unit].get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise ValueError(f"{text!r} is not a number of {unit} such as {EXAMPLES[unit]}")
    return float(match[1]) * factor


def written(number: float, unit: Unit) -> str:
    """*number* in the largest unit that divides it: ``64 MiB``, ``30 min``; without one, the plain number."""
    for factor, name in _WRITTEN[unit]:
        if number and number % factor == 0:
            count = int(number // factor)
            return f"{count} {name.removesuffix('s') if count == 1 and len(name) > 1 else name}"
    return f"{number:g}" if number != int(number) else str(int(number))
