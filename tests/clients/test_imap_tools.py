"""imap-tools: mailboxes and mails as Python objects."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
from imap_tools import AND, MailBox, MailMessageFlags
from tests.support.probe import Probe
from tests.support.sample_mail import BINARY, attachment, mails, plain
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("imap-tools")


@pytest.fixture
def mailbox(server: Server, account: Account, tls: ssl.SSLContext) -> Iterator[MailBox]:
    client = MailBox(server.host, server.ports.imaps, timeout=20, ssl_context=tls)
    with client.login(account.name, account.password, "INBOX") as connected:
        yield connected


def test_mails_are_read_as_they_were_written(mailbox: MailBox, probe: Probe) -> None:
    for mail in mails():
        mailbox.append(mail.raw, "INBOX", dt=None, flag_set=[])
    found = list(mailbox.fetch(mark_seen=False))
    assert [message.subject for message in found] == [mail.subject for mail in mails()]
    assert {message.from_ for message in found} == {"renee@example.test"}
    assert [message.size_rfc822 for message in found] == [len(mail.raw) for mail in mails()]
    enclosed = found[3].attachments
    assert [(each.filename, each.payload) for each in enclosed] == [("Rechnung März.bin", BINARY)]
    assert "café" in found[3].html
    assert {message.flags for message in probe.messages()} == {frozenset()}


def test_flags_search_move_and_delete(mailbox: MailBox, probe: Probe) -> None:
    for mail in mails():
        probe.append(mail.raw)
    mailbox.folder.create("Später")
    mailbox.folder.set("INBOX")
    bills = mailbox.uids(AND(subject="the bill", seen=False))
    assert len(bills) == 2
    mailbox.flag(bills, [MailMessageFlags.SEEN, MailMessageFlags.FLAGGED], value=True)
    mailbox.flag(bills[0], MailMessageFlags.FLAGGED, value=False)
    mailbox.move(bills, "Später")
    mailbox.copy(mailbox.uids(AND(subject="A parcel")), "Später")
    mailbox.delete(mailbox.uids(AND(subject="A picture")))
    assert len(list(mailbox.fetch(headers_only=True))) == len(mails()) - 3
    later = probe.messages("Sp&AOQ-ter")
    assert [message.flags for message in later] == [{r"\Seen"}, {r"\Seen", r"\Flagged"}, frozenset()]
    assert later[0].raw == attachment().raw
    left = {"<plain@", "<unicode@", "<alternative@", "<large@"}
    assert {message_id.partition("@")[0] + "@" for message_id in probe.by_id()} == left


def test_folders(mailbox: MailBox, probe: Probe) -> None:
    mailbox.folder.create("Büro/Rechnungen")
    mailbox.folder.rename("Büro/Rechnungen", "Büro/Bezahlt")
    assert mailbox.folder.exists("Büro/Bezahlt")
    assert {"B&APw-ro/Bezahlt"} <= probe.mailboxes()
    mailbox.append(plain().raw, "Büro/Bezahlt", flag_set=[MailMessageFlags.SEEN])
    assert mailbox.folder.status("Büro/Bezahlt")["MESSAGES"] == 1
    mailbox.folder.subscribe("Büro/Bezahlt", True)
    assert "Büro/Bezahlt" in [folder.name for folder in mailbox.folder.list(subscribed_only=True)]
    mailbox.folder.set("Büro/Bezahlt")
    assert [message.subject for message in mailbox.fetch()] == [plain().subject]
    mailbox.folder.set("INBOX")
    mailbox.folder.delete("Büro/Bezahlt")
    assert "B&APw-ro/Bezahlt" not in probe.mailboxes()


def test_idle(mailbox: MailBox, server: Server, account: Account) -> None:
    with mailbox.idle as idle:
        server.deliver(account, plain().raw)
        responses = idle.poll(timeout=15)
    assert b"* 1 EXISTS" in responses
    assert [message.subject for message in mailbox.fetch()] == [plain().subject]
