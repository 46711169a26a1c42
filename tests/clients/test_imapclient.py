"""IMAPClient, the library behind many Python mail tools: UIDs, extensions, parsed answers."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from imapclient import DELETED, FLAGGED, RECENT, SEEN, IMAPClient
from tests.support.probe import Probe
from tests.support.sample_mail import attachment, forwarded, mails, plain, unicode_text
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("imapclient")

INBOX = "INBOX"
PUSH_LIMIT = 15
"""Seconds within which news must reach an idle client."""


@pytest.fixture
def client(server: Server, account: Account, tls: ssl.SSLContext) -> Iterator[IMAPClient]:
    with IMAPClient(server.host, server.ports.imaps, ssl_context=tls, timeout=20) as connected:
        connected.login(account.name, account.password)
        yield connected


def test_capabilities_id_namespace_and_enable(client: IMAPClient) -> None:
    capabilities = set(client.capabilities())
    assert {b"IMAP4REV1", b"IDLE", b"MOVE", b"UIDPLUS", b"NAMESPACE", b"ENABLE"} <= capabilities
    namespace = client.namespace()
    assert namespace.personal
    assert namespace.personal[0][1] == "/"
    if b"ID" in capabilities:
        assert client.id_({"name": "tests", "version": "1"})
    if b"CONDSTORE" in capabilities:
        assert b"CONDSTORE" in client.enable("CONDSTORE")


def test_append_fetch_envelope_and_bodystructure(client: IMAPClient, probe: Probe) -> None:
    date = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
    for mail in mails():
        client.append(INBOX, mail.raw, [SEEN], date)
    client.select_folder(INBOX, readonly=True)
    uids = client.search("ALL")
    found = client.fetch(uids, ["ENVELOPE", "BODYSTRUCTURE", "RFC822.SIZE", "BODY.PEEK[]", "FLAGS"])
    for uid, mail in zip(uids, mails(), strict=True):
        envelope = found[uid][b"ENVELOPE"]
        assert envelope.message_id == mail.message_id.encode()
        assert [address.mailbox for address in envelope.from_] == [b"renee"]
        assert [address.mailbox for address in envelope.to] == [b"post", b"second"]
        assert found[uid][b"RFC822.SIZE"] == len(mail.raw)
        assert found[uid][b"BODY[]"] == mail.raw
        assert SEEN in found[uid][b"FLAGS"]
    structure = found[uids[3]][b"BODYSTRUCTURE"]
    assert structure.is_multipart
    assert [part.is_multipart for part in structure[0]] == [True, False]
    assert media_type(structure[0][1]) == b"application/octet-stream"
    assert media_type(found[uids[5]][b"BODYSTRUCTURE"][0][1]) == b"message/rfc822"
    assert [message.raw for message in probe.messages()] == [mail.raw for mail in mails()]


def media_type(part: tuple[bytes, ...]) -> bytes:
    """The media type of one part's structure; its case means nothing (RFC 2045 §5.1)."""
    return b"/".join(part[:2]).lower()


def test_flags_search_and_uid_expunge(client: IMAPClient, probe: Probe) -> None:
    for mail in mails():
        probe.append(mail.raw)
    client.select_folder(INBOX)
    uids = client.search(["SUBJECT", "手紙"], charset="UTF-8")
    assert uids == [probe.by_id()[unicode_text().message_id].uid]
    first, second, third = client.search("ALL")[:3]
    assert set(client.set_flags([first], [FLAGGED, b"$Work"])[first]) - {RECENT} == {FLAGGED, b"$Work"}
    client.add_flags([first, second], [DELETED], silent=True)
    client.remove_flags([third], [SEEN])
    client.uid_expunge([second])
    left = probe.messages()
    assert [message.uid for message in left] == list(client.search("ALL"))
    assert second not in [message.uid for message in left]
    assert left[0].flags == {r"\Flagged", "$Work", r"\Deleted"}
    assert client.search(["UNDELETED", "NOT", "FLAGGED"]) == [message.uid for message in left[1:]]


def test_move_and_copy_between_folders_with_unicode_names(client: IMAPClient, probe: Probe) -> None:
    for mail in (plain(), attachment(), forwarded()):
        probe.append(mail.raw, flags=[r"\Answered"])
    client.create_folder("Entwürfe/日本語")
    client.select_folder(INBOX)
    uids = client.search("ALL")
    client.move(uids[:2], "Entwürfe/日本語")
    client.copy(uids[2:], "Entwürfe/日本語")
    assert "Entwürfe/日本語" in [name for _, _, name in client.list_folders()]
    assert client.folder_status("Entwürfe/日本語", ["MESSAGES"])[b"MESSAGES"] == 3
    moved = probe.messages("Entw&APw-rfe/&ZeVnLIqe-")
    assert [message.raw for message in moved] == [plain().raw, attachment().raw, forwarded().raw]
    assert {message.flags for message in moved} == {frozenset({r"\Answered"})}
    assert list(probe.by_id()) == [forwarded().message_id]


def test_folders_are_subscribed_renamed_and_deleted(client: IMAPClient, probe: Probe) -> None:
    client.create_folder("Reisen")
    client.subscribe_folder("Reisen")
    assert "Reisen" in [name for _, _, name in client.list_sub_folders()]
    client.unsubscribe_folder("Reisen")
    assert "Reisen" not in [name for _, _, name in client.list_sub_folders()]
    client.rename_folder("Reisen", "Reisen 2026")
    assert client.folder_exists("Reisen 2026")
    assert "Reisen 2026" in probe.mailboxes()
    client.delete_folder("Reisen 2026")
    assert not {"Reisen", "Reisen 2026"} & probe.mailboxes()


def test_idle_is_told_of_new_mail_flags_and_expunges(
    client: IMAPClient, server: Server, account: Account, probe: Probe
) -> None:
    probe.append(plain("waiting").raw)
    client.select_folder(INBOX)
    client.idle()
    server.deliver(account, plain("arriving").raw)
    assert (2, b"EXISTS") in await_push(client, b"EXISTS")
    uid = probe.by_id()["<waiting@mail.example.test>"].uid
    probe.store(INBOX, uid, r"+FLAGS (\Flagged)")
    told = await_push(client, b"FETCH")
    assert any(response[1] == b"FETCH" and repr(FLAGGED) in repr(response[2]) for response in told)
    probe.delete(INBOX, uid)
    assert (1, b"EXPUNGE") in await_push(client, b"EXPUNGE")
    text, _ = client.idle_done()
    assert text
    assert len(client.search("ALL")) == 1


def await_push(client: IMAPClient, kind: bytes) -> list[tuple[object, ...]]:
    """What the idle client is told up to the first response of *kind*."""
    told = list[tuple[object, ...]]()
    while not any(response[1] == kind for response in told):
        news = client.idle_check(timeout=PUSH_LIMIT)
        assert news, f"no {kind!r} within {PUSH_LIMIT} s, only {told}"
        told += news
    return told
