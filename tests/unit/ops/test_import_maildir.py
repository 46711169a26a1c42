"""Maildirs as servers and clients leave them."""

import os
from pathlib import Path

import pytest
from tests.support.transfer import ANN, Kept, export_from, holdings, import_into, new_store

from restante.model.ids import Uid
from restante.model.mailbox_name import mailbox_name
from restante.ops.importing.detect import Form, find_source
from restante.ops.importing.model import NoMail

RAW = b"Subject: x\n\nbody\n"
STORED = b"Subject: x\r\n\r\nbody\r\n"
NONE = frozenset[str]()


def put(folder: Path, name: str, raw: bytes = RAW, epoch: int = 1000, part: str = "cur") -> Path:
    for each in ("cur", "new", "tmp"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    file = folder / part / name
    file.write_bytes(raw)
    os.utime(file, (epoch, epoch))
    return file


async def test_flags_dates_and_keywords(tmp_path: Path) -> None:
    put(tmp_path, "1.a.host:2,DFPRST", epoch=5)
    put(tmp_path, "2.b.host:2,Sac", epoch=6)
    put(tmp_path, "3.c.host,S=18,W=20:2,S", epoch=7)
    put(tmp_path, "4.d.host", epoch=8, part="new")
    put(tmp_path, "5.e.host;2,F", epoch=9)
    put(tmp_path, "6.f.host", epoch=10, part="tmp")
    (tmp_path / "dovecot-keywords").write_text("0 $label1\n1 not (a) keyword\n2 receipts\n99 far\nx y\n")
    store = await new_store()
    done = await import_into(store, tmp_path)
    assert (done.messages, done.octets, done.refused) == (5, 5 * len(STORED), [])
    assert (await holdings(store))["INBOX"] == [
        Kept(STORED, 5, frozenset({"\\draft", "\\flagged", "$forwarded", "\\answered", "\\seen", "\\deleted"})),
        Kept(STORED, 6, frozenset({"\\seen", "$label1", "receipts"})),
        Kept(STORED, 7, frozenset({"\\seen"})),
        Kept(STORED, 8, NONE),
        Kept(STORED, 9, frozenset({"\\flagged"})),
    ]


async def test_maildirpp_names_in_utf7_and_utf8(tmp_path: Path) -> None:
    put(tmp_path, "1.a")
    for name in (".Sent", ".Entw&APw-rfe.2026", ".Grüße", ".R&D", ".INBOX.below"):
        put(tmp_path / name, "1.a")
    (tmp_path / ".stray").mkdir()
    store = await new_store()
    assert find_source(tmp_path).kind == "Maildir++"
    done = await import_into(store, tmp_path)
    assert (done.messages, done.notes) == (6, [])
    names = {"INBOX", "Sent", "Entwürfe", "Entwürfe/2026", "Grüße", "R&D", "INBOX/below"}
    assert set(await holdings(store)) == names


async def test_nested_directories(tmp_path: Path) -> None:
    for name in ("INBOX", "Work/Reports/2026", "Work"):
        put(tmp_path / name, "1.a")
    store = await new_store()
    assert find_source(tmp_path).kind == "Maildir"
    await import_into(store, tmp_path)
    assert {name: len(kept) for name, kept in (await holdings(store)).items()} == {
        "INBOX": 1,
        "Work": 1,
        "Work/Reports": 0,
        "Work/Reports/2026": 1,
    }


async def test_into(tmp_path: Path) -> None:
    for name in ("INBOX", "Work"):
        put(tmp_path / name, "1.a")
    store = await new_store()
    await import_into(store, tmp_path, into="Old/Home")
    assert {name for name, kept in (await holdings(store)).items() if kept} == {"Old/Home", "Old/Home/Work"}


@pytest.mark.parametrize(
    ("file", "text", "names"),
    [
        ("subscriptions", "Sent\nEntw&APw-rfe.2026\n", ["Entwürfe/2026", "Sent"]),
        ("subscriptions", "V\t2\n\nSent\nEntw&APw-rfe\t2026\nGone\n", ["Entwürfe/2026", "Gone", "Sent"]),
        ("courierimapsubscribed", "INBOX\nINBOX.Sent\n", ["Sent"]),
        (None, "", ["Entwürfe/2026", "Sent"]),
    ],
)
async def test_subscriptions(file: str | None, text: str, names: list[str], tmp_path: Path) -> None:
    put(tmp_path, "1.a")
    for name in (".Sent", ".Entw&APw-rfe.2026"):
        put(tmp_path / name, "1.a")
    if file:
        (tmp_path / file).write_text(text)
    store = await new_store()
    await import_into(store, tmp_path)
    assert await (await store.account(ANN)).subscriptions() == ["INBOX", *names]


async def test_subscriptions_come_back(tmp_path: Path) -> None:
    store = await new_store()
    account = await store.account(ANN)
    for name in ("A/B", "C"):
        await account.create(mailbox_name(name))
    await account.subscribe(mailbox_name("A/B"))
    for form in ("maildir", "maildir++"):
        await export_from(store, tmp_path / form, form)
        other = await new_store()
        await import_into(other, tmp_path / form)
        assert await (await other.account(ANN)).subscriptions() == ["INBOX", "A/B"]


async def test_names_that_no_mailbox_can_have_are_mended(tmp_path: Path) -> None:
    put(tmp_path / "50% * off", "1.a")
    put(tmp_path / os.fsdecode(b"latin\xe9"), "1.a")
    store = await new_store()
    done = await import_into(store, tmp_path)
    assert {name for name, kept in (await holdings(store)).items() if kept} == {"50_ _ off", "latin\ufffd"}
    assert len(done.notes) == 1
    assert "50_ _ off" in done.notes[0]


async def test_what_cannot_be_read_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    put(tmp_path, "1.a")
    (tmp_path / "cur" / "2.b:2,S").symlink_to(tmp_path / "nowhere")
    (tmp_path / "linked").symlink_to(tmp_path / "cur")
    store = await new_store()
    done = await import_into(store, tmp_path)
    assert done.messages == 1
    assert {Path(each.place).name for each in done.refused} == {"2.b:2,S", "linked"}


async def test_a_name_too_deep_is_refused(tmp_path: Path) -> None:
    put(tmp_path / ("." + ".".join("a" * 40)), "1.a")
    put(tmp_path, "1.a")
    store = await new_store()
    done = await import_into(store, tmp_path)
    assert (done.messages, [each.reason for each in done.refused]) == (1, ["a mailbox name has at most 32 levels"])


async def test_forms_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing\n")
    for form in Form:
        with pytest.raises(NoMail):
            find_source(tmp_path, form)
    with pytest.raises(NoMail):
        find_source(tmp_path / "notes.txt", Form.MAILDIR)
    with pytest.raises(FileNotFoundError):
        find_source(tmp_path / "missing")


async def test_merging_adds_what_is_new_and_nothing_twice(tmp_path: Path) -> None:
    put(tmp_path / "in", "1.a:2,a")
    (tmp_path / "in" / "dovecot-keywords").write_text("0 first\n")
    store = await new_store()
    await import_into(store, tmp_path / "in")
    for form in ("maildir", "maildir++", "eml"):
        await export_from(store, tmp_path / form, form)
    put(tmp_path / "in", "2.b:2,ab", epoch=2000)
    (tmp_path / "in" / "dovecot-keywords").write_text("0 second\n1 first\n")
    assert (await import_into(store, tmp_path / "in")).messages == 1
    for form in ("maildir", "maildir++", "eml"):
        again = await export_from(store, tmp_path / form, form)
        assert (again.messages, again.octets, again.here) == (1, len(STORED), 1)
        other = await new_store()
        await import_into(other, tmp_path / form)
        assert await holdings(other) == await holdings(store)


async def test_more_keywords_than_letters(tmp_path: Path) -> None:
    put(tmp_path / "in", "1.a:2," + "abcdefghijklmnopqrstuvwxyz")
    put(tmp_path / "in" / "More", "1.a:2,a")
    (tmp_path / "in" / "dovecot-keywords").write_text("".join(f"{n} k{n}\n" for n in range(26)))
    (tmp_path / "in" / "More" / "dovecot-keywords").write_text("0 z\n")
    store = await new_store()
    await import_into(store, tmp_path / "in", into="INBOX")
    account = await store.account(ANN)
    inbox, more = await account.mailbox(mailbox_name("INBOX")), await account.mailbox(mailbox_name("INBOX/More"))
    await more.move([Uid(1)], inbox.id)
    done = await export_from(store, tmp_path / "out", "maildir", ANN, "INBOX")
    assert done.notes == ["INBOX has more keywords than Maildir has letters; left out: z"]
