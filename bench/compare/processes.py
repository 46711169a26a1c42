"""What a server costs its machine: CPU seconds and memory of all its processes, from ``/proc``.

Strategy: the clock of each living process counts all its threads, those that ended included, to the nanosecond; what dead
children took is in their parent's ``cutime`` and ``cstime`` once they are reaped, to the clock tick.
Rule: children's children count.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
_QUIET: Final = 0.02
PAUSE: Final = 0.025
"""A server is quiet when it takes less than this share of a processor for so many seconds."""

PATIENCE: Final = 1.0
"""Seconds of work after the answer that are waited for, at most."""


@dataclass(frozen=True, slots=True)
class Stat:
    """Of ``/proc/PID/stat``: the parent, and the CPU seconds of children that ended."""

    parent: int
    reaped: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Octets of several processes together; shared pages count in each for *rss*, once in all for *pss*."""

    rss: int
    pss: int


def read_stat(text: str) -> Stat:
    """Reads the line; the command's name may hold anything, so fields count from its last parenthesis."""
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(int(fields[1]), (int(fields[13]) + int(fields[14])) * TICK)


def read_rollup(text: str) -> Memory:
    """Reads ``/proc/PID/smaps_rollup``."""
    found = {"Rss:": 0, "Pss:": 0}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name in found:
            found[name] = int(value.split()[0]) * 1024
    return Memory(found["Rss:"], found["Pss:"])


def tree(root: int) -> dict[int, Stat]:
    """The process *root* and all below it; none if it is gone."""
    stats: dict[int, Stat] = {}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (text := _text(entry / "stat")):
            stats[int(entry.name)] = stat = read_stat(text)
            children[stat.parent].append(int(entry.name))
    found: dict[int, Stat] = {}
    ahead = [root] if root in stats else []
    while ahead:
        pid = ahead.pop()
        found[pid] = stats[pid]
        ahead += children[pid]
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return ""


def cpu_seconds(root: int) -> float:
    """CPU seconds that *root*, all below it, and all that ended below it have taken."""
    return sum(_own_seconds(pid) + stat.reaped for pid, stat in tree(root).items())


def _own_seconds(pid: int) -> float:
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def settle(root: int, patience: float = PATIENCE, pause: float = PAUSE) -> bool:
    """Wait until the server has done what it does after its answers, *patience* seconds at most; whether it has.

    It has when it was quiet for *pause* seconds. On a busy machine it may merely not have had its turn for so long.
    """
    end = time.monotonic() + patience
    before = cpu_seconds(root)
    while time.monotonic() < end:
        time.sleep(pause)
        now = cpu_seconds(root)
        if now - before < _QUIET * pause:
            return True
        before = now
    return False


def memory(root: int) -> Memory:
    """What *root* and all below it hold."""
    each = [read_rollup(_text(Path(f"/proc/{pid}/smaps_rollup"))) for pid in tree(root)]
    return Memory(sum(m.rss for m in each), sum(m.pss for m in each))
