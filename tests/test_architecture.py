"""The floors of the house: imports go down only, floor 0 is pure, and files are small and named for what is in them.

Read from the sources' syntax trees, so that what a function imports counts as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

SOURCE: Final = Path(__file__).parent.parent / "src" / "restante"

FLOORS: Final = {
    # 0: values and syntax
    "model": 0, "mime": 0, "documents": 0, "sasl": 0, "smtp": 0, "imap.wire": 0, "imap.protocol": 0, "__init__": 0,
    # 1: the contract
    "store": 1,
    # 2: the engines
    "store.memory": 2, "store.memory_directory": 2, "store.sqlite": 2, "store.blobs": 2, "extraction": 2,
    # 3: semantics
    "imap": 3, "delivery": 3, "auth": 3, "ops": 3, "logs": 3,
    # 4: the I/O shell
    "server": 4,
    # 5: composition
    "app": 5, "attachments": 5, "called": 5, "compiled": 5, "life": 5, "workers": 5, "cli": 5, "config": 5, "__main__": 5,
}  # fmt: skip
"""Modules to floors; the longest name that fits counts."""

UPWARD: Final = {
    ("server", "config.address"): "an address is a value, and the listener is given one",
}
"""Imports upward that are meant, and why; by the beginning of both names."""

PURE: Final = (
    "asyncio",
    "socket",
    "ssl",
    "threading",
    "selectors",
    "sqlite3",
    "apsw",
    "time",
    "structlog",
    "subprocess",
)
"""What floor 0 does without."""

ENGINES: Final = ("store.memory", "store.memory_directory", "store.sqlite", "store.blobs")
COMPOSERS: Final = ("app",)

LIMIT: Final = 400
CATCHING: Final = {"imap.session", "delivery.session", "delivery.deliverer", "server.lmtp", "extraction.worker"}
"""Where a bug becomes an answer: to a command, to a recipient, to an LMTP client; or to whoever has a document read."""
VAGUE: Final = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base"}


@dataclass(frozen=True)
class Module:
    """A source file: its name below ``restante``, and the modules it imports when it runs."""

    name: str
    path: Path
    imports: tuple[str, ...]

    @property
    def floor(self) -> int:
        return floor_of(self.name)


def floor_of(name: str) -> int:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        found = FLOORS.get(".".join(parts[:length]))
        if found is not None:
            return found
    raise AssertionError(f"{name} has no floor: say in FLOORS where it belongs")


@cache
def modules() -> tuple[Module, ...]:
    return tuple(_module(path) for path in sorted(SOURCE.rglob("*.py")))


def _module(path: Path) -> Module:
    name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    name = name.removesuffix(".__init__") or name
    return Module(name, path, tuple(_imports(ast.parse(path.read_bytes()))))


def _imports(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute here"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from _imports(child)


def inside(module: Module) -> Iterator[str]:
    """What it imports of this project, by module, without ``restante.``."""
    names = {each.name for each in modules()}
    for imported in module.imports:
        if imported.partition(".")[0] == "restante":
            below = imported.partition(".")[2]
            yield below if below in names else below.rpartition(".")[0] or "__init__"


def outside(module: Module) -> set[str]:
    """The packages of others that it imports."""
    return {imported.partition(".")[0] for imported in module.imports}


def is_meant(module: str, imported: str) -> bool:
    return any(module.startswith(one) and imported.startswith(other) for one, other in UPWARD)


def ids(module: Module) -> str:
    return module.name


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_imports_go_down(module: Module) -> None:
    upward = [each for each in inside(module) if floor_of(each) > module.floor and not is_meant(module.name, each)]
    assert not upward, f"{module.name} is on floor {module.floor}"


@pytest.mark.parametrize("module", [each for each in modules() if each.floor == 0], ids=ids)
def test_floor_0_is_pure(module: Module) -> None:
    assert not outside(module) & set(PURE)
    assert not any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(ast.parse(module.path.read_bytes())))


@pytest.mark.parametrize("module", [each for each in modules() if each.floor in (1, 3)], ids=ids)
def test_semantics_know_no_event_loop(module: Module) -> None:
    assert not outside(module) & {"asyncio", "socket", "ssl", "selectors", "apsw"}


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_only_the_composition_names_engines(module: Module) -> None:
    named = [each for each in inside(module) if each.startswith(ENGINES)]
    allowed = module.name.startswith((*COMPOSERS, *ENGINES))
    assert allowed or not named


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_files_are_small(module: Module) -> None:
    assert len(module.path.read_bytes().splitlines()) < LIMIT


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_names_say_something(module: Module) -> None:
    assert not set(module.name.split(".")) & VAGUE


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_every_module_says_what_it_is(module: Module) -> None:
    assert ast.get_docstring(ast.parse(module.path.read_bytes()))


def test_bugs_are_caught_in_one_place_per_protocol() -> None:
    """``except Exception`` hides mistakes; it stands where a bug becomes an answer and nowhere else."""
    found = {module.name for module in modules() if any(_catches_all(ast.parse(module.path.read_bytes())))}
    assert found <= CATCHING


def _catches_all(tree: ast.AST) -> Iterator[bool]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "Exception"):
            yield True


def test_exceptions_are_still_needed() -> None:
    used = {
        pair
        for module in modules()
        for each in inside(module)
        for pair in UPWARD
        if floor_of(each) > module.floor and module.name.startswith(pair[0]) and each.startswith(pair[1])
    }
    assert used == set(UPWARD)
