"""The server's tests run on every event loop it may be given."""

from collections.abc import Mapping

from restante.server.event_loop import Factory, factory


def pytest_asyncio_loop_factories() -> Mapping[str, Factory]:
    return {"asyncio": factory("asyncio"), "uvloop": factory("uvloop")}
