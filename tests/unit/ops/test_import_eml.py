"""Messages in files, and what every import has in common."""

import os
from pathlib import Path

import pytest
from tests.support.transfer import ANN, Kept, export_from, holdings, import_into, new_store

from restante.model.dates import MailDate
from restante.model.mailbox_name import INBOX
from restante.ops.importing.batch import Limits
from restante.ops.importing.detect import Form, find_source
from restante.ops.importing.known import ContentHash
from restante.store.arrival import email_id
from restante.store.errors import Unavailable
from restante.store.memory import MemoryStore
from restante.store.model import NewMessage, StoreLimits

NONE = frozenset[str]()


async def test_a_directory(tmp_path: Path) -> None:
    (tmp_path / "Work" / "deep").mkdir(parents=True)
    (tmp_path / "a.eml").write_bytes(b"Date: Thu, 1 Jan 1970 00:00:07 +0000\nSubject: a\n\nx\n")
    (tmp_path / "Work" / "deep" / "B.EML").write_bytes(b"From x@y Sat Jan  3 01:05:34 2026\nSubject: b\r\n\r\nx\r\n")
    os.utime(tmp_path / "Work" / "deep" / "B.EML", (9, 9))
    (tmp_path / "readme.txt").write_text("no mail")
    store = await new_store()
    assert find_source(tmp_path).kind == "messages in files"
    await import_into(store, tmp_path)
    held = await holdings(store)
    assert held["INBOX"] == [Kept(b"Date: Thu, 1 Jan 1970 00:00:07 +0000\r\nSubject: a\r\n\r\nx\r\n", 7, NONE)]
    assert held["Work/deep"] == [Kept(b"From x@y Sat Jan  3 01:05:34 2026\r\nSubject: b\r\n\r\nx\r\n", 9, NONE)]


async def test_one_message(tmp_path: Path) -> None:
    file = tmp_path / "letter"
    file.write_bytes(b"Subject: a\n\nx\n")
    store = await new_store()
    assert (await import_into(store, file, into="Letters")).messages == 1
    assert len((await holdings(store))["Letters"]) == 1
    assert (await import_into(store, file, form=Form.EML, into="Letters")).here == 1


async def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"Subject: a\n\nx\n")
    store = await new_store()
    before = await holdings(store)
    done = await import_into(store, tmp_path, into="New", dry_run=True)
    assert (done.messages, done.mailboxes) == (1, 1)
    assert await holdings(store) == before


async def test_too_large_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    for name, size in (("a", 10), ("b", 5000), ("c", 50_000), ("d", 20)):
        (tmp_path / f"{name}.eml").write_bytes(b"Subject: x\n\n" + b"y" * size)
    store = MemoryStore(StoreLimits(message=1000))
    await store.create_account(ANN)
    done = await import_into(store, tmp_path, limits=Limits(largest=10_000))
    assert done.messages == 2
    assert [(Path(each.place).name, each.reason) for each in done.refused] == [
        ("b.eml", "the message is larger than the 1000 octets allowed"),
        ("c.eml", "larger than the 10000 octets allowed"),
    ]


class FullStaging(MemoryStore):
    def upload(self, size: int) -> None:  # type: ignore[override]  # never returns
        raise OSError(28, "No space left on device")


async def test_a_full_disk_stops_the_import(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"Subject: a\n\nx\n")
    (tmp_path / "b.eml").write_bytes(b"Subject: b\n\n" + b"y" * 2_000_000)
    store = FullStaging()
    await store.create_account(ANN)
    with pytest.raises(Unavailable):
        await import_into(store, tmp_path)  # type: ignore[arg-type]  # a store but for its upload


async def test_large_messages_are_streamed_and_known_again(tmp_path: Path) -> None:
    raw = b"Subject: large\n\n" + b"line\n" * 500_000
    (tmp_path / "a.eml").write_bytes(raw)
    store = await new_store()
    assert (await import_into(store, tmp_path)).messages == 1
    assert [kept.raw for kept in (await holdings(store))["INBOX"]] == [raw.replace(b"\n", b"\r\n")]
    assert (await import_into(store, tmp_path)).here == 1


def test_content_hash_is_the_stores() -> None:
    assert ContentHash([b"Subject: x\r\n", b"\r\n"]).email_id() == email_id(b"Subject: x\r\n\r\n")


async def test_export_leaves_out_what_was_not_asked_for(tmp_path: Path) -> None:
    store = await new_store()
    account = await store.account(ANN)
    await (await account.mailbox(INBOX)).append([NewMessage(b"A: b\r\n\r\n", MailDate(1))])
    done = await export_from(store, tmp_path / "out", "eml", ANN, "INBOX")
    assert (done.messages, done.mailboxes) == (1, 1)
    (file,) = (tmp_path / "out" / "INBOX").glob("*.eml")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_mtime == 1
    assert file.read_bytes() == b"A: b\r\n\r\n"
