import shutil
import subprocess
from pathlib import Path

import pytest

from restante import called

SCRIPT = Path(__file__).parents[2] / "restante"


@pytest.mark.parametrize(
    ("typed", "told"), [("", "restante"), ("./restante", "./restante"), ("my mail/restante", "'my mail/restante'")]
)
def test_people_are_told_to_type_what_they_typed(monkeypatch: pytest.MonkeyPatch, typed: str, told: str) -> None:
    monkeypatch.setenv(called.VARIABLE, typed)
    assert called.command() == told


def test_a_clones_script_says_how_it_was_called(tmp_path: Path) -> None:
    # A clone with nothing in it but the script, so that no test sets one up.
    for name, text in (("scripts/setup", ""), (".venv/bin/restante", f'echo "${called.VARIABLE} $1"')):
        script = tmp_path / name
        script.parent.mkdir(parents=True)
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o700)
    shutil.copy(SCRIPT, tmp_path)
    done = subprocess.run(["./restante", "serve"], cwd=tmp_path, capture_output=True, check=True, text=True)
    assert done.stdout == "./restante serve\n"
