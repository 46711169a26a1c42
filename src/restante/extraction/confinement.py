"""What the process that reads documents may do: compute, within bounds, and nothing else.

Strategy: limits of the operating system, set by the process on itself once all it needs is loaded, and never to be raised again:
no file or socket can be opened, no process begun, nothing written but the answer. Time is limited anew for each document.

The rule it protects: whatever a document makes a library do, it reaches no file, no network and no other process, and takes no
more memory and CPU than it was given.
"""

from __future__ import annotations

import codecs
import encodings
import os
import pkgutil
import resource
from contextlib import suppress
from pathlib import Path
from typing import Final

_NICE: Final = 10
_PAGE: Final = resource.getpagesize()


def preload() -> None:
    """Load every character set there is: later no file can be opened to find one."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(LookupError):
            codecs.lookup(module.name)


def confine(memory: int) -> None:
    """Give up, for good, all but computing, with *memory* octets beyond what is in use now."""
    os.nice(_NICE)
    os.chdir("/")
    in_use = _in_use()
    for name, most in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_AS", in_use + memory),
        ("RLIMIT_NOFILE", 0),
    ):
        limit(name, most)


def limit(name: str, most: int) -> None:
    """Set both of a resource's limits. A system that does not know it, or refuses, goes without."""
    with suppress(AttributeError, ValueError, OSError):
        resource.setrlimit(getattr(resource, name), (most, most))


def limit_time(used: float, seconds: float) -> None:
    """Let the system end this process when it has used so many *seconds* of CPU beyond those *used*."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + 1, hard))


def _in_use() -> int:
    """Octets of address space in use; a guess where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * _PAGE
    return 256 << 20
