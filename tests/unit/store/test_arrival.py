"""What is worked out at arrival: right for well-formed mail, harmless for all other."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.sample_mail import mails
from tests.support.store import mail

from restante.mime.encode import load
from restante.mime.scan import DEFAULT_LIMITS
from restante.model.ids import EmailId
from restante.store import arrival
from restante.store.arrival import Summary, email_id, summarise, thread_id

OBJECT_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\x00",
        b"Subject: ",
        b"From: ",
        b"a@b",
        b'"',
        b"<",
        b"(",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: message/rfc822",
        b"--b",
        b"--b--",
        b"=?utf-8?b?",
        b"?=",
        b"Date: ",
        b"99 Foo 99999 99:99:99 +9999",
        b"References: <",
        b">",
        b"Content-Transfer-Encoding: base64",
        b"\xff\xfe",
        b" ",
        b"Content-Type: text/html; charset=utf-7",
        b"+2AA-",
        b"&#xD800;",
    ]
)


def check(raw: bytes, summary: Summary) -> None:
    """What holds of any summary."""
    assert summary.size == len(raw)
    assert 0 <= summary.header_size <= summary.size
    part = load(summary.parts)
    assert (part.body_start, part.end) == (summary.header_size, summary.size)
    for wire in (summary.envelope, summary.body, summary.bodystructure):
        assert wire.startswith(b"(")
        assert wire.endswith(b")")
    assert len(summary.preview) <= 200
    # Engines keep these as UTF-8, which has no lone surrogates.
    repr((summary.preview, summary.sort_keys)).encode()
    for text in (summary.preview, *summary.sort_keys):
        assert not isinstance(text, str) or text.encode() is not None
    assert OBJECT_ID.fullmatch(email_id(raw))
    assert OBJECT_ID.fullmatch(thread_id(summary.sort_keys, email_id(raw)))


def test_a_letter() -> None:
    raw = mail(
        "Re: [list] =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
        "Dear Bob,\r\n\r\n  all is well.",
        date="Thu, 01 Jan 2026 23:30:00 -0500",
        from_='=?utf-8?q?J=C3=B6rg?= <joerg@example.org>, "Second" <x@y>',
        to="bob@example.net",
        cc="friends: carol@example.com;",
        message_id="<three@x>",
        references="<one@x> <two@x>",
    )
    summary = summarise(raw)
    check(raw, summary)
    keys = summary.sort_keys
    assert (keys.sent, keys.sent_zone) == (1_767_328_200, -300)
    assert (keys.subject, keys.is_reply) == ("Grüße", True)
    assert (keys.from_mailbox, keys.to_mailbox, keys.cc_mailbox) == ("joerg", "bob", "friends")
    assert (keys.from_display, keys.to_display) == ("Jörg", "bob@example.net")
    assert (keys.message_id, keys.references) == ("three@x", ("one@x", "two@x"))
    assert summary.preview == "Dear Bob, all is well."
    assert summary.header_size == raw.index(b"\r\n\r\n") + 4
    assert b'"three@x"' not in summary.envelope
    assert b'"<three@x>"' in summary.envelope
    assert summary.body == b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 29 3)'
    assert not summary.eight_bit_header


def test_a_message_without_anything() -> None:
    for raw in (b"", b"\r\n", b"\r\n\r\n", b"x", b":", b"\x00"):
        summary = summarise(raw)
        check(raw, summary)
        assert summary.sort_keys.sent is None
        assert summary.sort_keys[2:] == ("", False, "", "", "", "", "", "", ())


def test_eight_bit_header() -> None:
    assert summarise("Subject: Grüße\r\n\r\nplain".encode()).eight_bit_header
    assert not summarise("Subject: plain\r\n\r\nGrüße".encode()).eight_bit_header


@pytest.mark.parametrize("one", mails(), ids=lambda one: one.name)
def test_sample_mails(one: object) -> None:
    raw = one.raw  # type: ignore[attr-defined]  # parametrised values have no static type here
    check(raw, summarise(raw))


def test_a_mapped_file_gives_the_same(tmp_path: Path) -> None:
    raw = mail("Mapped", "x" * 100_000)
    path = tmp_path / "mail"
    path.write_bytes(raw)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert summarise(mapped) == summarise(raw)
        assert email_id(mapped) == email_id(raw)


@given(st.binary(max_size=300))
def test_any_octets(raw: bytes) -> None:
    # Past the fallback: reading itself must not fail.
    check(raw, arrival._read(raw, DEFAULT_LIMITS))


@given(st.lists(PIECES, max_size=25).map(b"".join))
def test_any_mixture_of_mail(raw: bytes) -> None:
    check(raw, arrival._read(raw, DEFAULT_LIMITS))


def test_what_cannot_be_read_is_served_as_text_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(raw: object, limits: object) -> None:
        raise LookupError("no such charset")

    monkeypatch.setattr(arrival, "scan", refuse)
    for raw in (mail("Hello"), b"", b"no header end", b"\x00\xff"):
        summary = summarise(raw)
        check(raw, summary)
        assert summary.bodystructure.startswith(b'("TEXT" "PLAIN"')
    assert summarise(mail("Hello")).header_size == mail("Hello").index(b"\r\n\r\n") + 4
    assert {record.getMessage() for record in caplog.records} == {
        "a message was not understood and is served as text (LookupError)"
    }


def test_ids_are_of_the_octets() -> None:
    assert email_id(b"a") == email_id(b"a")
    assert email_id(b"a") != email_id(b"b")
    assert email_id(b"").startswith("M")


@pytest.mark.parametrize(
    "header",
    [
        {"references": "<root@x>"},
        {"references": "<root@x> <other@x>", "in_reply_to": "<other@x>"},
        {"in_reply_to": "<root@x>"},
        {"message_id": "<root@x>"},
        {"message_id": "<leaf@x>", "references": "\r\n <root@x>\r\n <leaf2@x>"},
    ],
)
def test_threads_meet_at_their_root(header: dict[str, str]) -> None:
    keys = summarise(mail("Lunch", **header)).sort_keys
    root = summarise(mail("Lunch", message_id="<root@x>")).sort_keys
    assert thread_id(keys, EmailId("Ma")) == thread_id(root, EmailId("Mb"))


def test_messages_without_ids_stand_alone() -> None:
    keys = summarise(mail("Lunch")).sort_keys
    assert thread_id(keys, EmailId("Ma")) != thread_id(keys, EmailId("Mb"))
    assert thread_id(keys, EmailId("Ma")) == thread_id(keys, EmailId("Ma"))
