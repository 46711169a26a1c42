"""Compiles the modules that :data:`restante.compiled.MODULES` lists: ``python scripts/compiling.py DIRECTORY``.

Strategy: DIRECTORY becomes a copy of the whole package with the compiled modules beside their sources, to be put before
``src`` in the module search path. What runs from there is one state of the sources, so a compiled module can never stand in for
a source that was edited since. ``hatch_build.py`` takes the compiled files from there into a wheel.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from itertools import chain
from pathlib import Path

from setuptools import Distribution
from setuptools.command.build_ext import build_ext

SOURCE = Path(__file__).resolve().parent.parent / "src"
GROUP = "restante"
"""The shared library that holds all of them is ``restante__mypyc``."""

MENDED = (
    # b"abc"[2:1] is an error there, and empty in Python.
    ("bytes_ops.c", "slice_len = endn - startn;", "slice_len = endn > startn ? endn - startn : 0;"),
)
"""Files of mypyc's runtime library, what is wrong in them, and what is to stand there."""


def modules() -> tuple[str, ...]:
    """The modules to compile, without ``restante.``."""
    spec = spec_from_file_location("compiled", SOURCE / "restante" / "compiled.py")
    assert spec is not None
    assert spec.loader is not None
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return tuple(found.MODULES)


def compile_into(target: Path) -> list[Path]:
    """Make *target* a copy of the package with compiled modules; the compiled files.

    Raises SystemExit when mypy refuses a module, and what setuptools raises when the compiler does.
    """
    target = target.resolve()
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SOURCE / "restante", target / "restante", ignore=shutil.ignore_patterns("__pycache__"))
    with _directory(target):
        _build(target)
    shutil.rmtree(target / "c")
    return sorted(target.rglob("*.so"))


def _build(target: Path) -> None:
    # Imported late: it takes a while, and decides between setuptools and distutils by what is imported already.
    from mypyc.build import mypycify

    options = [
        "--config-file=",
        "--strict",
        "--explicit-package-bases",
        "--namespace-packages",
        "--no-warn-unused-ignores",
    ]
    files = [f"restante/{name.replace('.', '/')}.py" for name in modules()]
    extensions = mypycify(
        [*options, *files], opt_level="2", debug_level="0", multi_file=True, group_name=GROUP, target_dir="c"
    )
    _mend(target / "c")
    command = _Build(Distribution({"name": GROUP, "ext_modules": extensions}))
    command.build_lib = str(target)
    command.build_temp = str(target / "c" / "objects")
    command.ensure_finalized()
    command.run()


def _mend(directory: Path) -> None:
    """Correct the copy of mypyc's runtime library that is compiled in: see *docs/design/compiling.md*."""
    for name, wrong, right in MENDED:
        path = directory / name
        text = path.read_text()
        if text.count(wrong) != 1:
            raise SystemExit(f"{name} of mypyc's runtime library has changed: does it still need mending?")
        path.write_text(text.replace(wrong, right))


class _Build(build_ext):
    """Compiles as many files at once as there are processors, where setuptools takes one after the other."""

    def build_extensions(self) -> None:
        one_by_one = self.compiler.compile

        def compile_all(sources: list[str], **how: object) -> list[str]:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                return [*chain.from_iterable(pool.map(lambda source: one_by_one([source], **how), sources))]

        self.compiler.compile = compile_all
        super().build_extensions()


@contextmanager
def _directory(path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


if __name__ == "__main__":
    found = compile_into(Path(sys.argv[1]))
    print(f"{len(found) - 1} modules compiled")
