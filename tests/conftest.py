"""What holds for every test: a bug that a server turned into an answer, or that ended one of its tasks, fails the test.

``--compiled`` says that the compiled modules are to be tested (``scripts/test --compiled``); without it, none of them may be.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from restante import compiled
from restante.server.journal import SessionJournal


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--compiled", action="store_true", help="the modules under test are compiled ones")


def pytest_configure(config: pytest.Config) -> None:
    """Ends a run that would test other modules than it says."""
    wanted = compiled.MODULES if config.getoption("--compiled") else ()
    if compiled.in_use() != wanted:
        raise pytest.UsageError(f"{compiled.__file__}: {compiled.described()}; see scripts/test --compiled")


class _Errors(logging.Handler):
    """Keeps what asyncio logs as errors: exceptions that nobody awaited."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.found.append(record.exc_info[1])


@pytest.fixture(autouse=True)
def met_bugs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Exception]]:
    """The bugs that in-process servers met; a test that means to meet one takes it out of here."""
    met: list[Exception] = []
    told = SessionJournal.bug

    def bug(journal: SessionJournal, error: Exception) -> str:
        met.append(error)
        return told(journal, error)

    monkeypatch.setattr(SessionJournal, "bug", bug)
    errors = _Errors()
    logging.getLogger("asyncio").addHandler(errors)
    try:
        yield met
    finally:
        logging.getLogger("asyncio").removeHandler(errors)
    for each in met:
        raise AssertionError("a server met a bug") from each
    assert not errors.found, "an exception ended a task or a callback"
