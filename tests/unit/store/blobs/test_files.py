"""Staged uploads and blobs: what is where on disk, and what is left behind (nothing)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from restante.store.blobs.files import AccountBlobs, FileBlobs
from restante.store.blobs.staging import FileUpload, Staging
from restante.store.errors import Unavailable
from restante.store.memory_upload import MemoryUpload


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    (tmp_path / "staging").mkdir()
    return Staging(tmp_path / "staging", inline=10)


@pytest.fixture
def blobs(tmp_path: Path) -> AccountBlobs:
    (tmp_path / "accounts" / "alice").mkdir(parents=True)
    return AccountBlobs(tmp_path / "accounts" / "alice" / "blobs")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def put(staging: Staging, blobs: AccountBlobs, octets: bytes) -> str:
    upload = staging.file()
    upload.write(octets)
    name = blobs.put(upload)
    upload.discard()
    return name


def test_small_in_memory_large_in_a_file(staging: Staging) -> None:
    small, large = staging.upload(10), staging.upload(11)
    assert isinstance(small, MemoryUpload)
    assert isinstance(large, FileUpload)
    for upload in (small, large):
        upload.write(b"12345")
        upload.write(b"67890")
        assert upload.size == 10
    assert small.octets() == large.path.read_bytes() == b"1234567890"
    for upload in (small, large):
        upload.discard()
        upload.discard()
    assert small.octets() == b""
    assert list(staging.directory.iterdir()) == []


def test_an_upload_forgotten_is_removed(staging: Staging) -> None:
    staging.upload(1000).write(b"x")
    assert list(staging.directory.iterdir()) == []


def test_no_room_to_stage(staging: Staging) -> None:
    staging.directory.rmdir()
    with pytest.raises(OSError, match="No such file"):
        staging.upload(1000)


def test_put_and_delete(staging: Staging, blobs: AccountBlobs) -> None:
    name = put(staging, blobs, b"x" * 100)
    assert blobs.path(name).read_bytes() == b"x" * 100
    assert blobs.path(name).parent.name == name[:2]
    assert list(staging.directory.iterdir()) == []
    blobs.delete([name])
    blobs.delete([name])
    assert not blobs.path(name).exists()


def test_old_blobs(staging: Staging, blobs: AccountBlobs) -> None:
    assert blobs.old() == []
    young, old = put(staging, blobs, b"young"), put(staging, blobs, b"old")
    os.utime(blobs.path(old), (1, 1))
    (blobs.directory / old[:2] / "no blob").write_bytes(b"")
    os.utime(blobs.directory / old[:2] / "no blob", (1, 1))
    assert blobs.old() == [old]
    assert young != old


@pytest.mark.parametrize("name", ["", "..", "../x", "0" * 31, "0" * 33, "G" * 32, "0" * 32 + "\n"])
def test_names_lead_nowhere_else(blobs: AccountBlobs, name: str) -> None:
    with pytest.raises(ValueError, match="name of a blob"):
        blobs.path(name)


async def test_reading_in_pieces(
    tmp_path: Path, staging: Staging, blobs: AccountBlobs, pool: ThreadPoolExecutor
) -> None:
    octets = os.urandom(700_000)
    name = f"alice/{put(staging, blobs, octets)}"
    store = FileBlobs(tmp_path / "accounts", pool)
    pieces = [piece async for piece in store.open(name)]
    assert b"".join(pieces) == octets
    assert max(map(len, pieces)) < 300_000
    for start, length in ((0, 0), (5, 10), (300_000, 300_000), (699_990, 100), (700_000, 5), (900_000, None)):
        end = None if length is None else start + length
        assert b"".join([piece async for piece in store.open(name, start, length)]) == octets[start:end]
    with pytest.raises(Unavailable):
        [piece async for piece in store.open(name[:-1])]
