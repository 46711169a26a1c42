"""Which event loop the server runs on."""

import asyncio
import sys

import pytest
import uvloop

from restante.server.event_loop import NoSuchLoop, factory, run


async def _kind() -> str:
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


@pytest.fixture
def without_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)


def test_uvloop_is_taken_where_it_is() -> None:
    assert factory("auto") is uvloop.new_event_loop
    assert run("auto", _kind) == run("uvloop", _kind) == "uvloop"


def test_asyncio_is_taken_where_that_is_asked_for() -> None:
    assert run("asyncio", _kind) == "asyncio"


@pytest.mark.usefixtures("without_uvloop")
def test_without_uvloop_auto_is_asyncio() -> None:
    assert run("auto", _kind) == "asyncio"


@pytest.mark.usefixtures("without_uvloop")
def test_without_uvloop_asking_for_it_is_refused() -> None:
    with pytest.raises(NoSuchLoop, match="not installed"):
        run("uvloop", _kind)
