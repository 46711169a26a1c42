import os
import socket
import stat
from pathlib import Path

import pytest

from restante.server.unix_socket import bind_unix, unlink_unix


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
def test_permissions_from_the_start(tmp_path: Path, mode: int) -> None:
    path, before = tmp_path / "s", os.umask(0o022)
    os.umask(before)
    with bind_unix(path, mode):
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert os.umask(before) == before


def test_what_a_killed_server_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    bind_unix(path, 0o600).close()
    assert path.exists()
    with bind_unix(path, 0o600):
        pass
    unlink_unix(path)
    unlink_unix(path)
    assert not path.exists()


def test_a_living_server_keeps_its_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with bind_unix(path, 0o600) as living:
        living.listen()
        with pytest.raises(OSError, match="another server listens here"):
            bind_unix(path, 0o600)
        unlink_unix(path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_no_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        bind_unix(path, 0o600)
    unlink_unix(path)
    assert path.read_text() == "mine"


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        bind_unix(tmp_path / "missing" / "s", 0o600)
