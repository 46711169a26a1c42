"""Where things are when nobody says: after the XDG base directory specification for people, in the system for root."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Where mail is kept: the system's place for root, else the person's own state directory."""
    if os.geteuid() == 0:
        return Path("/var/lib/restante")
    return _base(environ, "XDG_STATE_HOME", ".local/state") / "restante"


def default_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the configuration is looked for; it need not exist."""
    if os.geteuid() == 0:
        return Path("/etc/restante/restante.toml")
    return _base(environ, "XDG_CONFIG_HOME", ".config") / "restante" / "restante.toml"


def _base(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    # The specification has relative paths ignored.
    named = Path(environ.get(variable, ""))
    return named if named.is_absolute() else _home(environ) / below_home


def _home(environ: Mapping[str, str]) -> Path:
    """The home directory; the root directory for a user whom the system does not know, as containers have them."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    return home if home.is_absolute() else Path("/")
