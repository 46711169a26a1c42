"""The configuration for people: the reference page in Markdown, and the effective values as TOML with their origins."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final

from restante.config.load import Loaded
from restante.config.model import SECTIONS
from restante.config.setting import settings_of
from restante.config.source import SETTINGS
from restante.config.value import expects, toml

_OPENING: Final = """\
# Settings

Every setting Restante has. `restante config show` prints the effective values and where each came from;
`restante config check` says what is wrong, with file and line.

A setting is taken from, each above the ones before it:

1. its default;
2. the configuration file: `--config FILE`, else `RESTANTE_CONFIG`, else `$XDG_CONFIG_HOME/restante/restante.toml`
   (that is `~/.config/restante/restante.toml`; for root `/etc/restante/restante.toml`) if it exists;
3. its environment variable;
4. its flag, or `--set section.name=value`.

The file is TOML. Octets may be written with a unit (`"64 MiB"`; `KiB`, `MiB`, `GiB` or `K`, `M`, `G` count in 1024s,
`kB`, `MB`, `GB` in 1000s), and so may seconds (`"30 min"`; `ms`, `s`, `min`, `h`, `days`). In the environment and in
flags, lists are separated by commas. A relative path in the file starts at the file's directory. An unknown setting,
a value of the wrong type or out of range, and a file that cannot be read are errors: Restante says where and does not
start.

```toml
[listen]
imap = "*:143"
imaps = ["0.0.0.0:993", "[::]:993"]

[tls]
certificate = "/etc/ssl/mail.pem"
key = "/etc/ssl/mail.key"

[limits]
append = "100 MiB"
```
"""


def markdown() -> str:
    """The reference page of all settings."""
    return "\n".join([_OPENING, *(line for name in SECTIONS for line in _section(name))])


def effective(loaded: Loaded, *, changed: bool = False) -> str:
    """The effective values as a TOML document; behind each, its origin. With *changed*, only those not by default."""
    lines: list[str] = [f"# file: {loaded.file or 'none'}"]
    for name in SECTIONS:
        rows = [
            (f"{setting.name} = {toml(loaded.value(path), setting)}", str(loaded.origins[path]))
            for path, setting in SETTINGS.items()
            if setting.section == name and not (changed and loaded.origins[path].kind == "default")
        ]
        if rows:
            width = max(len(left) for left, _ in rows)
            lines += ["", f"[{name}]", *(f"{left:<{width}}  # {origin}" for left, origin in rows)]
    return "\n".join(lines) + "\n"


def _section(name: str) -> Iterator[str]:
    table = SECTIONS[name]
    yield f"## {name}\n"
    yield f"{inspect.cleandoc(table.__doc__ or '')}\n"
    for setting in settings_of(name, table):
        yield f"### {setting.path}\n"
        yield f"{setting.description.meaning}\n"
        yield f"- Value: {expects(setting)}"
        yield f"- Default: {setting.description.default or f'`{toml(setting.default, setting)}`'}"
        yield f"- Environment: `{setting.environment}`\n"
