"""The pages that are made from the code are as the code would make them now."""

from collections.abc import Callable
from pathlib import Path

import pytest

from restante.cli import reference as commands
from restante.config import reference as settings

PAGES = Path(__file__).parent.parent / "docs" / "reference"


@pytest.mark.parametrize(("name", "make"), [("settings", settings.markdown), ("commands", commands.markdown)])
def test_page_is_up_to_date(name: str, make: Callable[[], str]) -> None:
    path = PAGES / f"{name}.md"
    found = path.read_text() if path.exists() else ""
    assert found == make(), f"run: restante config reference {name} > docs/reference/{name}.md"
