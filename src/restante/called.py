"""How the person at the shell calls the program: ``restante``, or ``./restante`` in a clone, whose script says so.

The rule it protects: what the program tells people to type works where they type it.
"""

from __future__ import annotations

import os
import shlex
from typing import Final

VARIABLE: Final = "RESTANTE_COMMAND"
"""Where the script of a clone notes how it was called."""


def command() -> str:
    """The program's name, as to be typed at the shell."""
    return shlex.quote(os.environ.get(VARIABLE) or "restante")
