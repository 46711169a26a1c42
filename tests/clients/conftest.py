"""Fixtures of the client tests: a server for each module, an account and a probe for each test.

Rule: a client is judged by what the probe finds on the server afterwards, never by its own word alone.
"""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Generator, Iterator
from typing import Final

import pytest
from tests.support import programs
from tests.support.probe import Probe
from tests.support.server import Account, Server, running

_LOG_START: Final = pytest.StashKey[int]()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("client"):
        programs.require(marker.args[0])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(server, Server):
        report.sections.append(("restante serve, log", server.log()[item.stash.get(_LOG_START, 0) :]))
    return report


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("restante")) as started:
        yield started


@pytest.fixture(scope="module")
def account_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def account(server: Server, account_numbers: Iterator[int], request: pytest.FixtureRequest) -> Account:
    request.node.stash[_LOG_START] = len(server.log())
    return server.add_account(f"reader{next(account_numbers)}@example.test")


@pytest.fixture
def probe(server: Server, account: Account) -> Iterator[Probe]:
    with server.probe(account) as connected:
        yield connected


@pytest.fixture
def tls(server: Server) -> ssl.SSLContext:
    """A client's context that trusts the server's certificate and nothing else."""
    return ssl.create_default_context(cafile=str(server.cafile))
