"""Python's own imaplib, which leaves the protocol to its caller."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence

import pytest
from tests.support.probe import Probe
from tests.support.sample_mail import forwarded, mails, plain
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("imaplib")

ENTWUERFE = "Entw&APw-rfe"
"""``Entwürfe`` in modified UTF-7 (RFC 3501 §5.1.3)."""


@pytest.fixture
def client(server: Server, account: Account, tls: ssl.SSLContext) -> Iterator[imaplib.IMAP4_SSL]:
    with imaplib.IMAP4_SSL(server.host, server.ports.imaps, ssl_context=tls, timeout=20) as connected:
        connected.login(account.name, account.password)
        yield connected


def ok(answer: tuple[str, Sequence[object]]) -> list[object]:
    """The data of an OK; anything else fails the test."""
    assert answer[0] == "OK", answer
    return list(answer[1])


def fetched(answer: tuple[str, Sequence[object]]) -> bytes:
    """The one literal in the answer to a FETCH."""
    literals = [part[1] for part in ok(answer) if isinstance(part, tuple)]
    assert len(literals) == 1
    assert isinstance(literals[0], bytes)
    return literals[0]


def test_what_is_appended_comes_back_octet_for_octet(client: imaplib.IMAP4_SSL, probe: Probe) -> None:
    for mail in mails():
        ok(client.append("INBOX", r"(\Seen)", '"02-Apr-2026 09:30:00 +0200"', mail.raw))
    assert ok(client.select("INBOX", readonly=True)) == [b"%d" % len(mails())]
    for number, mail in enumerate(mails(), 1):
        assert fetched(client.fetch(str(number), "(BODY.PEEK[])")) == mail.raw
        assert fetched(client.fetch(str(number), "(RFC822)")) == mail.raw
    dates = ok(client.fetch("1:*", "(INTERNALDATE)"))
    assert {b'"02-Apr-2026' in date for date in dates if isinstance(date, bytes)} == {True}
    assert [message.raw for message in probe.messages()] == [mail.raw for mail in mails()]
    assert {message.flags for message in probe.messages()} == {frozenset({r"\Seen"})}


def test_parts_and_partial_fetch(client: imaplib.IMAP4_SSL, probe: Probe) -> None:
    probe.append(forwarded().raw)
    ok(client.select("INBOX"))
    inner = fetched(client.fetch("1", "(BODY.PEEK[2])"))
    assert inner in forwarded().raw
    assert inner.startswith(b"Received: ")
    assert fetched(client.fetch("1", "(BODY.PEEK[2.1.1])")) == b"Meet me at the *caf=C3=A9*.\r\n"
    assert (
        fetched(client.fetch("1", "(BODY.PEEK[2.HEADER.FIELDS (Subject)])")) == b"Subject: The bill is enclosed\r\n\r\n"
    )
    assert fetched(client.fetch("1", "(BODY.PEEK[]<10.20>)")) == forwarded().raw[10:30]
    assert probe.messages()[0].flags == frozenset()


def test_store_search_copy_and_expunge(client: imaplib.IMAP4_SSL, probe: Probe) -> None:
    for mail in mails():
        probe.append(mail.raw)
    ok(client.create("Archive/2026"))
    ok(client.select("INBOX"))
    ok(client.store("1,3", "+FLAGS", r"(\Flagged $Forwarded)"))
    assert ok(client.search(None, "FLAGGED", "KEYWORD", "$Forwarded")) == [b"1 3"]
    assert ok(client.search(None, "SUBJECT", '"the bill"')) == [b"4 6"]
    client.literal = "手紙".encode()  # type: ignore[assignment]  # typed as str, sent as octets
    assert ok(client.uid("SEARCH", "CHARSET", "UTF-8", "SUBJECT")) == [str(probe.messages()[1].uid).encode()]
    assert ok(client.search(None, "LARGER", "200000")) == [b"7"]
    assert ok(client.search(None, "BODY", '"no such words"')) == [b""]
    ok(client.copy("1:2", "Archive/2026"))
    ok(client.store("1:2", "+FLAGS.SILENT", r"(\Deleted)"))
    assert ok(client.expunge()) in ([b"1", b"1"], [b"2", b"1"])
    ok(client.close())
    assert [message.raw for message in probe.messages()] == [mail.raw for mail in mails()[2:]]
    copies = probe.messages("Archive/2026")
    assert [message.raw for message in copies] == [mail.raw for mail in mails()[:2]]
    assert copies[0].flags == {r"\Flagged", "$Forwarded"}


def test_mailbox_names_in_modified_utf7(client: imaplib.IMAP4_SSL, probe: Probe) -> None:
    ok(client.create(ENTWUERFE))
    ok(client.create(f"{ENTWUERFE}/&ZeVnLIqe-"))
    ok(client.subscribe(ENTWUERFE))
    assert any(isinstance(line, bytes) and ENTWUERFE.encode() in line for line in ok(client.lsub()))
    ok(client.append(ENTWUERFE, None, None, plain().raw))
    ok(client.rename(f"{ENTWUERFE}/&ZeVnLIqe-", f"{ENTWUERFE}/A &- B".replace(" ", "_")))
    ok(client.status(ENTWUERFE, "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"))
    assert {ENTWUERFE, f"{ENTWUERFE}/A_&-_B"} <= probe.mailboxes()
    assert [message.raw for message in probe.messages(ENTWUERFE)] == [plain().raw]
    ok(client.delete(f"{ENTWUERFE}/A_&-_B"))
    assert f"{ENTWUERFE}/A_&-_B" not in probe.mailboxes()


def test_wrong_password_and_wrong_mailbox_are_refused(
    server: Server, account: Account, tls: ssl.SSLContext, client: imaplib.IMAP4_SSL
) -> None:
    stranger = imaplib.IMAP4_SSL(server.host, server.ports.imaps, ssl_context=tls, timeout=20)
    with stranger, pytest.raises(imaplib.IMAP4.error, match=r"AUTHENTICATIONFAILED"):
        stranger.login(account.name, "guess")
    status, text = client.select("Nowhere")
    assert status == "NO"
    assert re.search(rb"NONEXISTENT|exist", text[0] or b"")


def test_starttls(server: Server, account: Account, tls: ssl.SSLContext, probe: Probe) -> None:
    probe.append(plain().raw)
    client = imaplib.IMAP4(server.host, server.ports.imap, timeout=20)
    try:
        ok(client.starttls(tls))
        ok(client.login(account.name, account.password))
        assert ok(client.select("INBOX")) == [b"1"]
    finally:
        client.socket().close()


def test_noop_tells_of_another_connections_changes(client: imaplib.IMAP4_SSL, probe: Probe) -> None:
    probe.append(plain("first").raw)
    probe.append(plain("second").raw)
    assert ok(client.select("INBOX")) == [b"2"]
    probe.append(plain("third").raw)
    probe.delete("INBOX", probe.by_id()[plain("first").message_id].uid)
    ok(client.noop())
    seen = client.response("EXPUNGE"), client.response("EXISTS")
    assert seen[0][1] in ([b"1"], [None])
    assert ok(client.search(None, "ALL")) == [b"1 2"]


@pytest.mark.skipif(not hasattr(imaplib.IMAP4, "idle"), reason="imaplib has IDLE since Python 3.14")
def test_idle(client: imaplib.IMAP4_SSL, server: Server, account: Account) -> None:
    ok(client.select("INBOX"))
    with client.idle(duration=20) as responses:
        server.deliver(account, plain().raw)
        kind, data = next(response for response in responses if response[0] == "EXISTS")
    assert (kind, data) == ("EXISTS", [b"1"])
