"""Attachments searched by a whole server, as the configuration asks for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.support.command_line import CommandLine
from tests.support.documents import docx, message, pdf
from tests.support.running import configuration
from tests.support.store import ALICE

from restante import app, attachments
from restante.config.search import Search
from restante.documents import libraries
from restante.documents.kind import Kind
from restante.extraction import pool
from restante.extraction.pool import DocumentReader, ExtractionLimits
from restante.model.dates import MailDate
from restante.model.mailbox_name import INBOX
from restante.store import query as q
from restante.store.api import Store
from restante.store.model import NewMessage

RAW = message(("application/pdf", "a.pdf", pdf("magpie")), ("application/x", "b", docx("jackdaw")))


async def found(store: Store, word: str) -> list[int]:
    inbox = await (await store.account(ALICE)).mailbox(INBOX)
    return [int(uid) for uid in await inbox.search(q.Body(word))]


@pytest.mark.parametrize(("on", "uids"), [(False, []), (True, [1])])
async def test_the_setting(on: bool, uids: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[DocumentReader] = []

    class Noted(DocumentReader):
        def __init__(self, limits: ExtractionLimits, failed: Callable[[Kind, str], None]) -> None:
            super().__init__(limits, failed)
            readers.append(self)

    monkeypatch.setattr(pool, "DocumentReader", Noted)
    config = msgspec.structs.replace(configuration(tmp_path), search=Search(attachments=on))
    async with app.open_mail(config) as mail:
        inbox = await (await mail.store.create_account(ALICE)).mailbox(INBOX)
        assert [reader.processes for reader in readers] == [[]] * on
        await inbox.append([NewMessage(RAW, MailDate(1))])
        assert await found(mail.store, "magpie") == uids
        assert await found(mail.store, "jackdaw") == uids
        pids = [pid for reader in readers for pid in reader.processes]
        assert len(pids) == on
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_off_nothing_is_loaded(tmp_path: Path) -> None:
    assert attachments.searched(Search()) is None


def test_limits_are_the_settings() -> None:
    few, many = (
        attachments.searched(Search(attachments=True, attachment_characters=characters)) for characters in (1000, 2000)
    )
    assert few is not None
    assert many is not None
    assert few.edition != many.edition


def test_a_library_that_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(libraries.LIBRARIES, Kind.PDF, "no_such_library")
    with capture_logs() as logs:
        attachments.searched(Search(attachments=True))
    assert [(entry["kind"], entry["missing"]) for entry in logs] == [("pdf", "no_such_library")]
    restante = CommandLine(tmp_path)
    assert restante("config", "check").exit_code == 0
    checked = restante("config", "check", "--set", "search.attachments=true")
    assert checked.exit_code == 78
    assert "PDF cannot be read: the package no_such_library is not installed" in checked.stderr


def test_documents_that_cannot_be_read_are_logged_without_what_is_in_them(tmp_path: Path) -> None:
    with capture_logs() as logs:
        attachments._failed(Kind.PDF, "damaged")
    assert [{key: entry[key] for key in ("event", "kind", "why")} for entry in logs] == [
        {"event": "attachment not read", "kind": "pdf", "why": "damaged"}
    ]
