import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.lmtp import offload

from restante.delivery.draft import LOOP, Draft, DraftLimits, Spool
from restante.smtp.reply import TOO_LARGE, UNAVAILABLE
from restante.store.blobs.staging import FileUpload
from restante.store.memory_upload import MemoryUpload
from restante.store.model import Upload

LIMITS = DraftLimits(message=1_000, memory=100, hops=3)


class Stage:
    """Makes uploads and spools, and remembers the uploads."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.uploads: list[FileUpload] = []

    def upload(self, size: int) -> Upload:
        self.uploads.append(FileUpload(self.directory / f"upload{len(self.uploads)}"))
        return self.uploads[-1]

    def sole(self) -> Upload:
        upload = MemoryUpload()
        upload.write(b"Sole: x\r\n")
        return upload

    def spool(self) -> Spool:
        return Spool(self.directory)

    def full(self) -> Spool:
        raise OSError(28, "No space left on device")

    def read(self, upload: object) -> bytes:
        if isinstance(upload, MemoryUpload):
            return upload.octets()
        assert isinstance(upload, FileUpload)
        return upload.path.read_bytes()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    for upload in stage.uploads:
        upload.discard()
    assert os.listdir(tmp_path) == []


async def test_small_stays_in_memory(stage: Stage) -> None:
    draft = Draft(LIMITS, stage.full)
    draft.write(b"Return-Path: <a@b>\r\nSubject: x\r\n")
    draft.write(b"\r\nbody\r\n")
    assert draft.finish() is None
    assert draft.header == b"Subject: x\r\n\r\n"
    for prefix in (b"A: b\r\n", b""):
        assert await draft.copy(prefix, stage, offload) == prefix + b"Subject: x\r\n\r\nbody\r\n"
    assert stage.uploads == []


@pytest.mark.parametrize("piece", [1, 7, 99, 100, 101, 900])
async def test_large_goes_to_a_file(stage: Stage, piece: int) -> None:
    message = b"Return-Path: <a@b>\r\nSubject: x\r\n\r\n" + b"0123456789" * 80
    stored = message.partition(b"\r\n")[2]
    for many in (False, True):
        draft = Draft(LIMITS, stage.spool if many else stage.sole)
        for at in range(0, len(message), piece):
            draft.write(message[at : at + piece])
        assert draft.finish() is None
        assert draft.header == b"Subject: x\r\n\r\n"
        if many:
            for prefix in (b"A: b\r\n", b"C: d\r\n"):
                assert stage.read(await draft.copy(prefix, stage, offload)) == prefix + stored
        else:
            assert stage.read(await draft.copy(b"", stage, offload)) == b"Sole: x\r\n" + stored
        draft.discard()
        draft.discard()


@pytest.mark.parametrize("size", [50, 500])
def test_too_large(stage: Stage, size: int) -> None:
    draft = Draft(LIMITS, stage.sole)
    for _ in range(1_001 // size + 1):
        draft.write(b"x" * size)
    assert draft.finish() is TOO_LARGE
    assert draft.error is None


def test_exactly_the_limit(stage: Stage) -> None:
    draft = Draft(LIMITS, stage.sole)
    draft.write(b"x" * 1_000)
    assert draft.finish() is None
    draft.write(b"x")
    assert draft.finish() is TOO_LARGE


def test_a_loop(stage: Stage) -> None:
    for count, fault in ((2, None), (3, LOOP)):
        draft = Draft(LIMITS, stage.sole)
        draft.write(b"Received: x\r\n" * count + b"\r\nReceived: body\r\n")
        assert draft.finish() is fault


def test_full_disk(stage: Stage) -> None:
    draft = Draft(LIMITS, stage.full)
    draft.write(b"x" * 101)
    draft.write(b"x" * 10)
    assert draft.finish() is UNAVAILABLE
    assert isinstance(draft.error, OSError)


async def test_full_disk_while_copying(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = Draft(LIMITS, stage.spool)
    draft.write(b"x" * 500)
    assert draft.finish() is None

    def fail(self: FileUpload, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileUpload, "write", fail)
    with pytest.raises(OSError, match="No space"):
        await draft.copy(b"", stage, offload)
    draft.discard()


def test_spool_in_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Spool(tmp_path / "missing")
