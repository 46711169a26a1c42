"""How many connections there is room for."""

from __future__ import annotations

import resource
import sys

import pytest

from restante.server.descriptors import RESERVED, raise_limit, room_for_connections


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The limits of this process, imitated; the last is in force."""
    held: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: held[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: held.append(wanted))
    return held


@pytest.mark.parametrize(
    ("soft", "room"), [(1024, 512), (100_000, 100_000 - RESERVED), (resource.RLIM_INFINITY, sys.maxsize)]
)
def test_room(limits: list[tuple[int, int]], soft: int, room: int) -> None:
    limits.append((soft, resource.RLIM_INFINITY))
    assert room_for_connections() == room


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((1024, 4096), (4096, 4096)),
        ((4096, 4096), (4096, 4096)),
        ((1024, resource.RLIM_INFINITY), (1 << 20, resource.RLIM_INFINITY)),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), (resource.RLIM_INFINITY, resource.RLIM_INFINITY)),
    ],
)
def test_raised_to_what_is_allowed(
    limits: list[tuple[int, int]], before: tuple[int, int], after: tuple[int, int]
) -> None:
    limits.append(before)
    raise_limit()
    assert limits[-1] == after
