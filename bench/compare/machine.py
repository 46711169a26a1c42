"""Where and when a run took place, so that its figures can be judged."""

from __future__ import annotations

import os
import platform
import resource
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH = 4096
FILES = 65_536


def command(module: str, line: Sequence[str] | None) -> str:
    """What was typed to run *module*; *line* is its arguments, by default those of this process."""
    return shlex.join(["python", "-m", module, *(sys.argv[1:] if line is None else line)])


def describe() -> dict[str, str]:
    """The machine, the system, the time, and how busy it is."""
    one, five, _ = os.getloadavg()
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.cpu_count()} × {_processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load": f"{one:.1f} over 1 minute, {five:.1f} over 5 minutes, at the end of the run",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def revision(source: Path) -> str:
    """The commit of the working tree, with a plus if something in it differs; empty where there is none."""
    try:
        found = subprocess.run(
            ["git", "-C", str(source), "describe", "--always", "--dirty=+", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


def enough_files() -> None:
    """Let this process, and the servers it starts, have as many files open as may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, FILES)), hard))


def enough_watches() -> str:
    """Let processes watch mailboxes by the hundred, where that may be set; what it was set to before, or nothing."""
    try:
        before = INSTANCES.read_text()
        if int(before) >= ENOUGH:
            return ""
        INSTANCES.write_text(str(ENOUGH))
    except OSError:
        return ""
    return before


def restore_watches(before: str) -> None:
    """Set back what :func:`enough_watches` changed."""
    if before:
        INSTANCES.write_text(before)
