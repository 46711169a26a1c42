"""mbox files as programs have written them through the years."""

import gzip
from pathlib import Path

import pytest
from tests.support.transfer import Kept, export_from, holdings, import_into, new_store

from restante.model.dates import MailDate
from restante.ops.importing.detect import find_source
from restante.ops.importing.model import NoMail
from restante.ops.mailfile import mbox

NONE = frozenset[str]()
FROM = b"From ann@example.org Sat Jan  3 01:05:34 2026\n"
THEN = 1_767_402_334


async def imported(path: Path) -> list[Kept]:
    store = await new_store()
    done = await import_into(store, path, into="INBOX")
    assert done.refused == []
    return sorted((await holdings(store))["INBOX"], key=lambda kept: kept.raw)


def bodies(found: list[Kept]) -> list[bytes]:
    return [kept.raw for kept in found]


async def test_messages_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "box"
    file.write_bytes(
        b"\n" + FROM + b"Subject: 1\n\nFrom here on, no date\n>From quoted\n>>From twice\n\nFrom what I saw at noon\n\n"
        + FROM + b"Subject: 2\n\nno empty line behind\n"
        + FROM + b"Subject: 3\n\n\n\n"
        + b"From - Sat Jan 03 01:05:34 2026\nSubject: 4\n\nlast line has no end"
    )  # fmt: skip
    assert bodies(await imported(file)) == [
        b"Subject: 1\r\n\r\nFrom here on, no date\r\nFrom quoted\r\n>From twice\r\n\r\nFrom what I saw at noon\r\n",
        b"Subject: 2\r\n\r\nno empty line behind\r\n",
        b"Subject: 3\r\n\r\n\r\n",
        b"Subject: 4\r\n\r\nlast line has no end",
    ]


async def test_crlf(tmp_path: Path) -> None:
    file = tmp_path / "box"
    one = FROM + b"Subject: 1\n\n>From x\n\n"
    file.write_bytes((one + one.replace(b"1\n", b"2\n", 1)).replace(b"\n", b"\r\n"))
    assert bodies(await imported(file)) == [b"Subject: %d\r\n\r\nFrom x\r\n" % n for n in (1, 2)]


@pytest.mark.parametrize("filler", [0, 1_048_500, 1_048_576, 2_097_100])
async def test_separators_at_the_edge_of_a_window(filler: int, tmp_path: Path) -> None:
    file = tmp_path / "box"
    for shift in range(0, 90, 9):
        first = b"Subject: 1\n\n" + b"x" * (filler + shift) + b"\n"
        file.write_bytes(FROM + first + b"\n" + FROM + b"Subject: 2\n\nb\n\n")
        assert [len(raw) for raw in bodies(await imported(file))] == [len(first) + 3, 17]


async def test_content_length_guards_lines_that_are_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "box"
    body = b"before\n\n" + FROM + b"inside\n>From stays\n"
    one = FROM + b"Subject: %d\nContent-Length: " + str(len(body)).encode() + b"\n\n" + body + b"\n"
    file.write_bytes(one % 1 + one % 2)
    found = bodies(await imported(file))
    assert [raw.partition(b"\r\n\r\n")[2] for raw in found] == [body.replace(b"\n", b"\r\n")] * 2


async def test_a_content_length_that_leads_nowhere_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "box"
    one = FROM + b"Subject: %d\nContent-Length: 3\n\nlonger than that\n\n"
    file.write_bytes(one % 1 + one % 2)
    assert len(await imported(file)) == 2


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        (b"", NONE),
        (b"Status: O\n", NONE),
        (b"Status: RO\nX-Status: AF\n", {"\\seen", "\\answered", "\\flagged"}),
        (b"X-Status: TD\nX-Keywords: $label1 (bad) receipts\n", {"\\draft", "\\deleted", "$label1", "receipts"}),
        (
            b"X-Mozilla-Status: 1007\nX-Mozilla-Keys: $label2   \n",
            {"\\seen", "\\answered", "\\flagged", "$forwarded", "$label2"},
        ),
        (b"X-Evolution: 00000015-0018\n", {"\\seen", "\\flagged"}),
        (b"X-Mozilla-Status: zz\nX-Evolution: 1-zz\n", NONE),
    ],
)
async def test_flags_are_read_and_their_fields_stay(fields: bytes, flags: set[str], tmp_path: Path) -> None:
    file = tmp_path / "box"
    file.write_bytes(FROM + b"Subject: x\n" + fields + b"\nbody\n\n")
    (kept,) = await imported(file)
    assert kept == Kept((b"Subject: x\n" + fields + b"\nbody\n").replace(b"\n", b"\r\n"), THEN, frozenset(flags))


async def test_what_is_no_mail_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "box"
    internal = b"From MAILER-DAEMON Sat Jan  3 01:05:34 2026\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\nx\n\n"
    file.write_bytes(
        internal + FROM + b"X-Mozilla-Status: 0009\nSubject: gone\n\nx\n\n" + FROM + b"Subject: y\n\nz\n\n"
    )
    store = await new_store()
    done = await import_into(store, file)
    assert (done.messages, done.left_out) == (1, 2)


@pytest.mark.parametrize(
    ("line", "epoch"),
    [
        (b"From a@b Sat Jan  3 01:05:34 2026", THEN),
        (b"From - Sat Jan 03 01:05:34 2026", THEN),
        (b"From a@b Sat Jan  3 01:05:34 2026 +0100", THEN - 3600),
        (b"From a@b Sat Jan  3 01:05:34 GMT 2026", THEN),
        (b"From a@b Sat, 3 Jan 2026 01:05:34 +0000", THEN),
        (b"From a@b Sat Jan 3 01:05 2026", THEN - 34),
    ],
)
async def test_dates(line: bytes, epoch: int, tmp_path: Path) -> None:
    file = tmp_path / "box"
    file.write_bytes(line + b"\nSubject: x\n\nbody\n\n")
    assert [kept.epoch for kept in await imported(file)] == [epoch]


async def test_the_header_dates_where_the_from_line_does_not(tmp_path: Path) -> None:
    file = tmp_path / "box"
    file.write_bytes(
        b"From ???@??? 99:99 0000\nDate: Sat, 3 Jan 2026 01:05:34 +0000\n\nx\n\nFrom ?@? 9:99 0000\nA: b\n\n"
    )
    assert sorted(kept.epoch for kept in await imported(file)) == [0, THEN]


def test_from_lines_read_back_whatever_the_date() -> None:
    for epoch in (-1, 0, THEN, 253_402_300_799):
        assert mbox.from_line_date(mbox.from_line(MailDate(epoch))) == MailDate(epoch)
    assert mbox.from_line(MailDate(1 << 60)) == mbox.from_line(MailDate(0))


async def test_a_tree_as_desktop_programs_keep_it(tmp_path: Path) -> None:
    box = FROM + b"Subject: x\n\nbody\n\n"
    for name in ("Inbox", "Archives.sbd/2025", "Archives.sbd/2026.sbd/May.mbox", "plain/old.gz"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(box) if name.endswith(".gz") else box)
    for name in ("Archives", "Inbox.msf", "filterlog.html", "Archives.sbd/2026"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "msgFilterRules.dat").write_bytes(b'version="9"\n')
    store = await new_store()
    assert find_source(tmp_path).kind == "mbox files"
    done = await import_into(store, tmp_path)
    assert (done.messages, done.refused) == (4, [])
    counted = {name: len(kept) for name, kept in (await holdings(store)).items()}
    assert counted == {
        "INBOX": 1, "Archives": 0, "Archives/2025": 1, "Archives/2026": 0, "Archives/2026/May": 1, "plain": 0, "plain/old": 1,
    }  # fmt: skip


async def test_a_damaged_archive_gives_what_is_whole(tmp_path: Path) -> None:
    one = FROM + b"Subject: %d\n\n" + b"".join(b"line %d\n" % (n * n) for n in range(3000)) + b"\n"
    packed = gzip.compress(b"".join(one % n for n in range(20)))
    file = tmp_path / "old.mbox.gz"
    file.write_bytes(packed[: len(packed) // 2])
    store = await new_store()
    done = await import_into(store, file)
    assert 1 <= done.messages < 20
    assert [each.reason[:31] for each in done.refused] == ["the compressed file is damaged "]
    assert all(kept.raw.endswith(b"line 8994001\r\n") for kept in (await holdings(store))["old"])


async def test_without_fields_for_flags(tmp_path: Path) -> None:
    file = tmp_path / "box"
    raw = FROM.replace(b"ann@example.org", b"MAILER-DAEMON") + b"Subject: x\n\n>From y\n\n"
    file.write_bytes(raw)
    store = await new_store()
    await import_into(store, file, into="INBOX")
    await export_from(store, tmp_path / "with", "mbox")
    assert (tmp_path / "with" / "INBOX").read_bytes() == raw.replace(
        b"Subject", b"Status: O\nX-Status: \nX-Keywords: \nSubject", 1
    )


def test_what_is_no_mbox(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_bytes(b"From the beginning, there were notes\n")
    with pytest.raises(NoMail, match="neither an mbox"):
        find_source(file)
