"""One server for a data directory."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from restante.server.lock import FILE_NAME, sole_server


def test_second_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with (
        sole_server(tmp_path),
        pytest.raises(OSError, match=f"process {os.getpid()}") as refused,
        sole_server(tmp_path),
    ):
        pass
    assert refused.value.errno == errno.EBUSY
    assert refused.value.filename == str(tmp_path)


def test_free_again_when_the_first_is_done(tmp_path: Path) -> None:
    with sole_server(tmp_path):
        pass
    with sole_server(tmp_path):
        pass


def test_what_a_dead_server_left_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("1\n")
    with sole_server(tmp_path):
        assert (tmp_path / FILE_NAME).read_text() == f"{os.getpid()}\n"


def test_makes_the_directory_for_its_owner_alone(tmp_path: Path) -> None:
    with sole_server(tmp_path / "new"):
        pass
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / FILE_NAME).stat().st_mode) == 0o600
