"""Delivery from the command line; exit codes are what mail systems go by."""

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.lmtp import account_of
from tests.support.store import contents

from restante import app
from restante.cli.deliver_command import deliver
from restante.config import Config, Flag, load
from restante.model.mailbox_name import MailboxName
from restante.store.errors import Corrupt, OverQuota, Unavailable
from restante.store.model import NewMessage
from restante.store.sqlite.directory import SqliteDirectory
from restante.store.sqlite.mailbox import SqliteMailbox

MAIL = b"Subject: Lunch\n\nAt noon?\n"


class Place:
    """A data directory with the accounts anna and ben."""

    def __init__(self, path: Path) -> None:
        self.path = path / "mail"
        self.settings = [
            f"data.dir={self.path}",
            "auth.argon2_time=1",
            "auth.argon2_memory=1M",
            "auth.scram_iterations=0",
        ]

    def config(self) -> Config:
        pairs = [each.partition("=") for each in self.settings]
        return load(None, flags=[Flag(path, text, "test") for path, _, text in pairs]).config

    async def add(self) -> None:
        async with app.open_accounts(self.config()) as accounts:
            for name in ("anna", "ben"):
                await accounts.add(name, "sesame")

    async def _read(self, name: str, mailbox: str) -> list[bytes]:
        async with app.open_mail(self.config()) as mail:
            account = await account_of(mail.store, mail.directory, name)
            return [each.raw for each in await contents(mail.store, await account.mailbox(MailboxName(mailbox)))]

    def read(self, name: str, mailbox: str = "INBOX") -> list[bytes]:
        return asyncio.run(self._read(name, mailbox))

    def __call__(self, *words: str, stdin: bytes = MAIL) -> tuple[int, str]:
        env = {name: None for name in os.environ if name.startswith(("RESTANTE_", "XDG_"))}
        given = [word for each in self.settings for word in ("--set", each)]
        result = CliRunner(env={**env, "HOME": str(self.path.parent), "XDG_CONFIG_HOME": str(self.path.parent)}).invoke(
            deliver, [*given, *words], input=stdin, prog_name="restante"
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.stdout == ""
        return result.exit_code, result.stderr


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    asyncio.run(place.add())
    return place


def test_delivered(place: Place) -> None:
    assert place("--from", "ben@example.com", "anna@example.org", "ben") == (0, "")
    (raw,) = place.read("anna")
    head, _, rest = raw.partition(b"Subject:")
    assert rest == b" Lunch\r\n\r\nAt noon?\r\n"
    assert re.fullmatch(
        rb"Return-Path: <ben@example.com>\r\nDelivered-To: anna@example.org\r\n"
        rb"Received: by \S+ id [0-9a-f]{8}\r\n\tfor <anna@example.org>; .*\+0000\r\n",
        head,
    )
    assert len(place.read("ben")) == 1


@pytest.mark.parametrize(
    ("words", "line", "sender"),
    [
        ((), b"From cleo@example.com Mon Sep 21 14:13:20 2026\n", b"cleo@example.com"),
        ((), b"From nobody at all\r\n", b"nobody"),
        ((), b"From \n", b""),
        ((), b"", b""),
        (("--from", ""), b"From cleo@example.com Mon\n", b""),
        (("--from", "<>"), b"", b""),
        (("--from", "<a@b>"), b"", b"a@b"),
    ],
)
def test_sender(place: Place, words: Sequence[str], line: bytes, sender: bytes) -> None:
    assert place(*words, "anna", stdin=line + MAIL) == (0, "")
    (raw,) = place.read("anna")
    assert raw.startswith(b"Return-Path: <" + sender + b">\r\n")
    assert raw.endswith(b"\r\nSubject: Lunch\r\n\r\nAt noon?\r\n")
    assert b"From " not in raw


def test_mailbox(place: Place) -> None:
    for words in (("--mailbox", "Junk", "anna"), ("anna+junk",), ("--mailbox", "Missing", "anna+junk")):
        assert place(*words) == (0, "")
    assert (len(place.read("anna", "Junk")), len(place.read("anna"))) == (2, 1)
    place.settings.append("delivery.create_mailboxes=true")
    assert place("--mailbox", "Missing", "anna+junk") == (0, "")
    assert len(place.read("anna", "Missing")) == 1


def test_large(place: Place) -> None:
    body = b"Subject: x\n\n" + b"0123456789\n" * 100_000
    assert place("anna", "ben", stdin=body) == (0, "")
    for name in ("anna", "ben"):
        (raw,) = place.read(name)
        assert raw.endswith(b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 100_000)
    assert list(place.path.rglob("draft-*")) == []


def test_unknown_users_stop_everything(place: Place) -> None:
    code, err = place("anna", "nobody", "a b", "")
    assert (code, err.splitlines()) == (
        67, ["restante: nobody: no such user here", "restante: a b: no such user here", "restante: : no such user here"],
    )  # fmt: skip
    assert place.read("anna") == []


def test_too_large(place: Place) -> None:
    place.settings.append("delivery.message_size=64K")
    assert place("anna", stdin=b"x" * 70_000) == (1, "restante: anna: Message too large for this system\n")


@pytest.mark.parametrize(
    ("error", "text"),
    [(OverQuota("full"), "Mailbox is full"), (Unavailable("disk"), "Cannot do this just now; try again later")],
)
def test_temporary_failure(place: Place, monkeypatch: pytest.MonkeyPatch, error: Exception, text: str) -> None:
    async def fail(self: SqliteMailbox, messages: Sequence[NewMessage]) -> None:
        raise error

    monkeypatch.setattr(SqliteMailbox, "append", fail)
    code, err = place("anna")
    assert (code, err.splitlines()[-1]) == (75, f"restante: anna: {text}")


@pytest.mark.parametrize("error", [Corrupt("the data is damaged"), OSError(5, "Input/output error")])
def test_a_damaged_directory_is_temporary(place: Place, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(path: Path) -> None:
        raise error

    monkeypatch.setattr(SqliteDirectory, "open", fail)
    assert place("anna") == (75, f"restante: {error}\n")


def test_no_data_directory_is_temporary(tmp_path: Path) -> None:
    code, err = Place(tmp_path)("anna")
    assert (code, err) == (75, f"restante: {tmp_path / 'mail'} holds no accounts\n")


@pytest.mark.parametrize(
    "words", [(), ("--from", "a b", "anna"), ("--from", "a\rb", "anna"), ("--mailbox", "a//b", "anna")]
)
def test_usage(place: Place, words: Sequence[str]) -> None:
    assert place(*words)[0] == 2
