"""UNIX sockets to listen on: made with their permissions from the start, and never taken from a server that lives."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path


def bind_unix(path: Path, mode: int) -> socket.socket:
    """A socket bound to *path* with the permissions *mode*, replacing one that nobody listens on.

    The process's umask is changed for a moment: to be called before threads make files. Raises OSError.
    """
    _clear(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~mode)
    try:
        bound.bind(str(path))
    except BaseException:
        bound.close()
        raise
    finally:
        os.umask(before)
    bound.setblocking(False)
    return bound


def unlink_unix(path: Path) -> None:
    """Remove *path*, whose listener was closed, unless another server's socket is there by now. Never raises."""
    with suppress(OSError):
        _clear(path)


def _clear(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise FileExistsError(errno.EEXIST, "is there already and no socket", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
    raise OSError(errno.EADDRINUSE, "another server listens here", str(path))
