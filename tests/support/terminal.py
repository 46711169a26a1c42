"""A program that wants a terminal, given one: a pty of 24 rows, read until the program ends.

Rule: the program ends by its own doing within the limit, or is killed by its id and the test fails with its last screen.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Mapping, Sequence


def run(command: Sequence[str], environment: Mapping[str, str], limit: float) -> str:
    """Run *command* on a terminal; everything it drew. Fails at a status other than 0 or after *limit* seconds."""
    primary, tty = pty.openpty()
    full = {**environment, "TERM": "vt100"}
    process = subprocess.Popen(command, env=full, start_new_session=True, stdin=tty, stdout=tty, stderr=tty)
    os.close(tty)
    try:
        drawn = _read_to_end(primary, time.monotonic() + limit).decode("utf-8", errors="replace")
        status = process.wait(5) if process.poll() is None else process.returncode
    finally:
        process.kill()
        process.wait()
        os.close(primary)
    assert status == 0, f"{command[0]} ended with status {status}; it drew:\n{drawn[-4000:]}"
    return drawn


def _read_to_end(terminal: int, deadline: float) -> bytes:
    drawn = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([terminal], [], [], left)[0]:
            break
        try:
            drawn += os.read(terminal, 65536)
        except OSError:  # Linux says EIO once the program has let go of the terminal.
            return bytes(drawn)
    raise AssertionError(f"the program did not end; it drew:\n{drawn[-4000:].decode('utf-8', errors='replace')}")
