"""A message while it arrives: in memory while small, else in a file, ready to become each recipient's own copy.

Strategy: with one recipient, a large message streams straight into that account's upload, behind its trace fields; with
several it streams into an unnamed file, from which each copy is made in a thread. Small ones never touch a file.

The rule it protects: memory stays bounded, and a message that cannot be kept is still read to its end, so that the
client hears why.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from restante.auth.ports import Offload
from restante.delivery.trace import header_of, hops, without_return_path
from restante.smtp.reply import TOO_LARGE, UNAVAILABLE, Reply
from restante.store.model import Upload

LOOP: Final = Reply(554, "5.4.6", "Too many hops: this message goes in circles")
_PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class DraftLimits:
    """What one message may take.

    Attributes:
        message: octets of the largest message.
        memory: octets of the largest message kept in memory.
        hops: Received fields that tell a loop (RFC 5321 §6.3 asks for 100 at least).
    """

    message: int = 64 * 1024 * 1024
    memory: int = 256 * 1024
    hops: int = 100


class Staging(Protocol):
    """Where drafts go that are too large for memory."""

    def upload(self, size: int) -> Upload:
        """A recipient's copy. Raises OSError."""
        ...

    def spool(self) -> Spool:
        """A file for all. Raises OSError."""
        ...


class Spool:
    """A file without a name, gone when nobody refers to it any more. Raises OSError."""

    __slots__ = ("_descriptor",)

    def __init__(self, directory: Path | None = None) -> None:
        """In *directory*, or where temporary files go."""
        # Imported late: only what is large and for several goes here.
        from tempfile import mkstemp

        self._descriptor = -1
        self._descriptor, path = mkstemp(prefix="draft-", dir=directory)
        os.unlink(path)

    def write(self, data: bytes) -> None:
        """Add octets."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def copy_to(self, upload: Upload) -> None:
        """Write everything to *upload*; may run in several threads at once."""
        at = 0
        while piece := os.pread(self._descriptor, _PIECE, at):
            upload.write(piece)
            at += len(piece)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


class Draft:
    """One message on its way in.

    Attributes:
        size: octets so far.
        fault: why it cannot be delivered, once that is known.
        error: what the machine said, where the machine is at fault.
    """

    __slots__ = ("_file", "_head", "_limits", "_open", "error", "fault", "header", "size")

    def __init__(self, limits: DraftLimits, open_file: Callable[[], Upload | Spool]) -> None:
        """With *open_file*, which makes where a large message goes: a sole recipient's upload, begun, or a spool."""
        self._limits = limits
        self._open = open_file
        self._head = bytearray()
        self._file: Upload | Spool | None = None
        self.size = 0
        self.header = b""
        self.fault: Reply | None = None
        self.error: OSError | None = None

    def write(self, data: bytes) -> None:
        """Add octets; what is over the limit, or the disk will not take, makes the draft a fault and is let go."""
        if self.fault is not None:
            return
        self.size += len(data)
        if self.size > self._limits.message:
            self.fail(TOO_LARGE)
        elif self._file is None and self.size <= self._limits.memory:
            self._head += data
        else:
            self._write_file(data)

    def finish(self) -> Reply | None:
        """All octets are there: the fault, if there is one."""
        if self.fault is None:
            if self._file is None:
                self._settle_head()
            if hops(self.header) >= self._limits.hops:
                self.fail(LOOP)
        return self.fault

    def fail(self, fault: Reply) -> None:
        """Give up what is staged, because of *fault*."""
        self.fault = fault
        self.discard()

    def discard(self) -> None:
        """Let go of what is staged; harmless more than once."""
        file, self._file = self._file, None
        if file is not None and not isinstance(file, Spool):
            file.discard()
        self._head = bytearray()

    async def copy(self, prefix: bytes, staging: Staging, offload: Offload) -> bytes | Upload:
        """A recipient's copy, beginning with *prefix*, to be appended once. Raises OSError."""
        file = self._file
        if file is None:
            return prefix + self._head
        if not isinstance(file, Spool):
            self._file = None
            return file
        upload = staging.upload(len(prefix) + self.size)
        await offload(_fill, upload, prefix, file)
        return upload

    def _settle_head(self) -> None:
        self._head = bytearray(without_return_path(bytes(self._head)))
        self.header = header_of(bytes(self._head))

    def _write_file(self, data: bytes) -> None:
        try:
            if self._file is None:
                # The beginning is looked at in memory, as much of it as may be there.
                room = self._limits.memory - len(self._head)
                self._head += data[:room]
                data = data[room:]
                self._settle_head()
                self._file = self._open()
                self._file.write(bytes(self._head))
                self._head = bytearray()
            self._file.write(data)
        except OSError as error:
            self.error = error
            self.fail(UNAVAILABLE)


def _fill(upload: Upload, prefix: bytes, spool: Spool) -> None:
    try:
        upload.write(prefix)
        spool.copy_to(upload)
    except OSError:
        upload.discard()
        raise
