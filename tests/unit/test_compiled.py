from importlib import import_module
from importlib.machinery import ExtensionFileLoader
from pathlib import Path

import pytest

from restante import compiled


@pytest.mark.parametrize("name", compiled.MODULES)
def test_what_is_tested_is_what_the_run_is_for(name: str, pytestconfig: pytest.Config) -> None:
    module = import_module(f"restante.{name}")
    is_compiled = isinstance(module.__spec__ and module.__spec__.loader, ExtensionFileLoader)
    assert is_compiled == pytestconfig.getoption("--compiled")


def test_every_listed_module_has_its_source() -> None:
    package = Path(compiled.__file__).parent
    assert [name for name in compiled.MODULES if not (package / f"{name.replace('.', '/')}.py").exists()] == []
    assert list(compiled.MODULES) == sorted(set(compiled.MODULES))


def test_what_is_compiled_is_told_by_the_files_beside_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "_PACKAGE", tmp_path)
    assert compiled.in_use() == ()
    assert compiled.described() == "not compiled"
    first, *others = compiled.MODULES
    _made(tmp_path, first)
    assert compiled.in_use() == (first,)
    assert compiled.described() == f"1 of {len(compiled.MODULES)} modules compiled"
    for name in others:
        _made(tmp_path, name)
    assert compiled.described() == "compiled"


def _made(directory: Path, name: str) -> None:
    path = directory.joinpath(*name.split(".")).with_suffix(".abi3.so")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
