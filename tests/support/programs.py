"""The client programs that tests drive, and how to know that one is here.

Strategy: a table from a program's name (the argument of ``pytest.mark.client``) to what must be present for it.
Rule: a missing program is a skip with its reason on a person's machine, a failure under ``CI=true``.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

NODE_DIR: Final = Path(__file__).resolve().parents[1] / "clients" / "node"
"""Where the Node.js clients and their lock file live."""

NODE_OLDEST: Final = 20
"""The first Node.js whose language the Node.js clients speak."""

INSTALL: Final = "run scripts/install-clients"


@dataclass(frozen=True, slots=True)
class Program:
    """What one client needs: executables on the PATH, a Python module, a Node.js package."""

    executables: tuple[str, ...] = ()
    module: str | None = None
    node_package: str | None = None

    def missing(self) -> str | None:
        """Why the client cannot run, or ``None`` where it can."""
        for name in self.executables:
            if shutil.which(name) is None:
                return f"the program {name} is not installed ({INSTALL})"
        if self.module and importlib.util.find_spec(self.module) is None:
            return f"the Python package {self.module} is not installed (install the dev requirements)"
        if self.node_package and (version := node_major()) < NODE_OLDEST:
            return f"Node.js {version} is too old for {self.node_package}, which needs {NODE_OLDEST}"
        if self.node_package and not (NODE_DIR / "node_modules" / self.node_package).is_dir():
            return f"the Node.js package {self.node_package} is not installed ({INSTALL})"
        return None


PROGRAMS: Final = {
    "mbsync": Program(executables=("mbsync",)),
    "offlineimap": Program(executables=("offlineimap",)),
    "mutt": Program(executables=("mutt",)),
    "fetchmail": Program(executables=("fetchmail",)),
    "curl": Program(executables=("curl",)),
    "imaplib": Program(module="imaplib"),
    "imapclient": Program(module="imapclient"),
    "aioimaplib": Program(module="aioimaplib"),
    "imap-tools": Program(module="imap_tools"),
    "imapflow": Program(executables=("node",), node_package="imapflow"),
}


def node_major() -> int:
    """The first number of the installed Node.js's version."""
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    return int(said.removeprefix("v").partition(".")[0])


def require(name: str) -> None:
    """Go on if the client *name* can run; otherwise skip the test or, under ``CI=true``, fail it."""
    reason = PROGRAMS[name].missing()
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
