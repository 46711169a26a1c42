"""Messages between the session and the transaction: measured, and the large ones put on disk as blobs.

Strategy: small messages are worked out in the writing thread as part of their group; with a large one among them, all are
worked out in a thread of their own first, so that nobody else's fsync waits for its parsing.

The rule it protects: uploads are used up whatever happens, and a blob that no row came to name is removed.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from contextlib import suppress

from restante.mime.scan import ScanLimits
from restante.store.blobs.files import AccountBlobs
from restante.store.blobs.staging import FileUpload, Staging
from restante.store.errors import MessageTooBig
from restante.store.memory_upload import MemoryUpload
from restante.store.model import NewMessage, Upload
from restante.store.sqlite.arriving import Arrival, prepare


def check_sizes(messages: Sequence[NewMessage], limit: int) -> None:
    """Raise MessageTooBig for a message of more than *limit* octets."""
    if any(size_of(message) > limit for message in messages):
        raise MessageTooBig(f"the message is larger than the {limit} octets allowed")


def size_of(message: NewMessage) -> int:
    """A message's octets."""
    return len(message.raw) if isinstance(message.raw, bytes) else message.raw.size


def discard(messages: Sequence[NewMessage]) -> None:
    """Use up the uploads."""
    for message in messages:
        if not isinstance(message.raw, bytes):
            message.raw.discard()


def in_memory(messages: Sequence[NewMessage]) -> list[NewMessage]:
    """*messages*, all small, with their octets at hand."""
    return [
        NewMessage(message.raw.octets(), message.internal_date, message.flags)
        if isinstance(message.raw, MemoryUpload)
        else message
        for message in messages
    ]


class Intake:
    """Takes messages in, for one account. Its methods but :meth:`is_large` block.

    Args:
        blobs: the account's files.
        staging: where files begin.
        scan: what of a message is understood.
    """

    def __init__(self, blobs: AccountBlobs, staging: Staging, scan: ScanLimits) -> None:
        self.blobs = blobs
        self._staging = staging
        self._scan = scan

    def is_large(self, message: NewMessage) -> bool:
        """Whether *message* goes to a blob."""
        return isinstance(message.raw, FileUpload) or size_of(message) > self._staging.inline

    def small(self, messages: Sequence[NewMessage]) -> list[Arrival]:
        """Work out messages whose octets are at hand."""
        return [prepare(_octets(message.raw), message.flags, message.internal_date, self._scan) for message in messages]

    def any(self, messages: Sequence[NewMessage]) -> list[Arrival]:
        """Work out messages, large ones put to blobs; uses up the uploads. Raises OSError."""
        arrivals: list[Arrival] = []
        try:
            for message in messages:
                arrivals.append(self._large(message) if self.is_large(message) else self._small(message))  # noqa: PERF401
        except BaseException:
            self.undo(arrivals)
            raise
        finally:
            discard(messages)
        return arrivals

    def undo(self, arrivals: Sequence[Arrival]) -> None:
        """Remove the blobs of *arrivals* that were not stored."""
        with suppress(OSError):
            self.blobs.delete([arrival.blob for arrival in arrivals if arrival.blob is not None])

    def _small(self, message: NewMessage) -> Arrival:
        return prepare(_octets(message.raw), message.flags, message.internal_date, self._scan)

    def _large(self, message: NewMessage) -> Arrival:
        raw = message.raw
        if isinstance(raw, FileUpload):
            return self._file(raw, message)
        upload = self._staging.file()
        try:
            upload.write(_octets(raw))
            return self._file(upload, message)
        finally:
            upload.discard()

    def _file(self, upload: FileUpload, message: NewMessage) -> Arrival:
        if not upload.size:
            return prepare(b"", message.flags, message.internal_date, self._scan)
        with mmap.mmap(upload.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            arrival = prepare(raw, message.flags, message.internal_date, self._scan, upload.path.name)
        self.blobs.put(upload)
        return arrival


def _octets(raw: bytes | Upload) -> bytes:
    if isinstance(raw, bytes):
        return raw
    if isinstance(raw, MemoryUpload):
        return raw.octets()
    raise TypeError("an upload must come from the store it is given to")
