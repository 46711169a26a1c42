"""Compiles modules into a wheel where ``RESTANTE_COMPILE=1`` asks for it; else the wheel is plain Python.

``scripts/compiling.py`` does it; what it needs beside the build backend is asked for only then.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WANTED = os.environ.get("RESTANTE_COMPILE", "") not in ("", "0")


class CompileHook(BuildHookInterface):
    """Takes part in building a wheel, except the one that only points to a clone."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """The compiler, and the packages whose types the modules name."""
        if not WANTED:
            return []
        tools = self.metadata.core.optional_dependencies["dev"]
        return [*self.metadata.core.dependencies, *(one for one in tools if one.startswith(("mypy==", "setuptools==")))]

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Compile, and have the wheel take in the compiled files."""
        if not WANTED or version == "editable":
            return
        sys.path.insert(0, str(ROOT / "scripts"))
        from compiling import compile_into

        target = ROOT / "build" / "wheel"
        built = compile_into(target)
        build_data["force_include"] = {str(path): str(path.relative_to(target)) for path in built}
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
