"""Connections rest between two long reads, few of them, and never to a file that is no longer there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from restante.store.sqlite.database import connect, create
from restante.store.sqlite.idle import MOST, IdleConnections


@pytest.fixture
def idle() -> Iterator[IdleConnections]:
    idle = IdleConnections()
    yield idle
    idle.close()


def used(idle: IdleConnections, path: Path) -> apsw.Connection:
    with idle.borrowed(path, lambda: connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM mailbox").get is not None
    return connection


def is_open(connection: apsw.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except apsw.ConnectionClosedError:
        return False
    return True


def made(directory: Path, *names: str) -> list[Path]:
    for name in names:
        create(directory / name)
    return [directory / name for name in names]


def test_the_next_reader_takes_what_rests(idle: IdleConnections, tmp_path: Path) -> None:
    one, other = made(tmp_path, "one", "other")
    first = used(idle, one)
    assert used(idle, other) is not first
    assert used(idle, one) is first
    with idle.borrowed(one, lambda: connect(one)) as taken, idle.borrowed(one, lambda: connect(one)) as second:
        assert taken is first
        assert second is not first


def test_few_rest(idle: IdleConnections, tmp_path: Path) -> None:
    connections = [used(idle, each) for each in made(tmp_path, *map(str, range(MOST + 2)))]
    assert [is_open(each) for each in connections] == [False] * 2 + [True] * MOST


def test_what_met_a_fault_does_not_rest(idle: IdleConnections, tmp_path: Path) -> None:
    (path,) = made(tmp_path, "one")
    with pytest.raises(apsw.SQLError), idle.borrowed(path, lambda: connect(path)) as connection:
        connection.execute("SELECT nothing FROM nowhere")
    assert not is_open(connection)


def test_a_file_in_the_place_of_another_is_opened(idle: IdleConnections, tmp_path: Path) -> None:
    one, other = made(tmp_path, "one", "other")
    first = used(idle, one)
    os.replace(other, one)
    assert used(idle, one) is not first
    one.unlink()
    with pytest.raises(FileNotFoundError):
        used(idle, one)


def test_what_is_dropped_is_for_the_caller_to_close(idle: IdleConnections, tmp_path: Path) -> None:
    one, other = made(tmp_path, "one", "other")
    first, second = used(idle, one), used(idle, other)
    assert idle.drop(one) == [first]
    assert is_open(first)
    assert used(idle, one) is not first
    assert used(idle, other) is second
    first.close()


def test_none_rests_after_the_end(idle: IdleConnections, tmp_path: Path) -> None:
    (path,) = made(tmp_path, "one")
    first = used(idle, path)
    idle.close()
    assert not is_open(first)
    assert not is_open(used(idle, path))
