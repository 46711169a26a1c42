"""What goes in by import comes out by export, and in again: the same octets, dates, flags and folders, in every form."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.corpus import samples
from bench.corpus import write as write_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.mail import corpus, stdlib_messages
from tests.support.transfer import (
    ANN,
    BOB,
    TARGETS,
    Kept,
    export_from,
    holdings,
    import_into,
    new_store,
    total,
)

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import AccountId, Uid
from restante.model.mailbox_name import INBOX, BadMailboxName, MailboxName, mailbox_name
from restante.ops.importing.batch import Limits
from restante.ops.mailfile.line_ends import crlf
from restante.store.api import Store
from restante.store.errors import Unavailable
from restante.store.memory import MemoryStore
from restante.store.memory.mailbox import MemoryMailbox
from restante.store.memory.store import MemoryAccount
from restante.store.model import Appended, NewMessage

ODD = [
    b"",
    b"Subject: no body",
    b"Subject: no final line end\r\n\r\nbody",
    b"Subject: quoted\r\n\r\nFrom here\r\n>From there\r\n>>From beyond\r\n\r\nFrom a@b Sat Jan  3 01:05:34 1996\r\n",
    b"From a@b Sat Jan  3 01:05:34 1996\r\nSubject: with its own From line\r\n\r\nbody\r\n",
    b"Status: RO\r\nX-Status: A\r\nX-Keywords: mine\r\nSubject: fields of its own\r\n\r\nbody\r\n",
    b"Subject: lone CR\rand NUL\0\r\n\r\na\rb\0c\r\r\nd\r\n\r\n\r\n",
    b"Content-Length: 5\r\nSubject: a lie\r\n\r\nbody that is longer\r\n\r\nFrom me\r\n",
    b"\r\n\r\nno header\r\n",
    b"Subject: long line\r\n\r\n" + b"x" * 200_000 + b"\r\nFrom x\r\n",
    b"Subject: large\r\n\r\n" + b"From y\r\n" * 400_000,
]


def real_mail() -> list[bytes]:
    """The corpus's, the standard library's and odd messages; as import stores them."""
    files = [*stdlib_messages(), *corpus()]
    return [crlf(file.read_bytes()) for file in files] + ODD


async def fill(store: Store, account: AccountId, mails: dict[str, list[Kept]]) -> None:
    held = await store.account(account)
    there = {record.name for record in await held.list_mailboxes()}
    for text, messages in mails.items():
        name = mailbox_name(text)
        if name not in there:
            await held.create(name)
            there = {record.name for record in await held.list_mailboxes()}
        mailbox = await held.mailbox(name)
        await mailbox.append([NewMessage(each.raw, MailDate(each.epoch), FlagSet(each.flags)) for each in messages])


def as_mbox(held: dict[str, list[Kept]]) -> dict[str, list[Kept]]:
    """What an mbox can say: a last line has an end."""
    return {
        name: sorted(
            (
                each._replace(raw=each.raw + b"\r\n" if each.raw and not each.raw.endswith(b"\n") else each.raw)
                for each in kept
            ),
            key=lambda each: (each.epoch, each.raw, sorted(each.flags)),
        )
        for name, kept in held.items()
    }


@pytest.mark.parametrize("form", list(TARGETS))
async def test_real_mail_comes_back(form: str, tmp_path: Path) -> None:
    store = await new_store()
    flags = [
        frozenset[str](),
        frozenset({"\\seen"}),
        frozenset({"\\answered", "$forwarded", "\\deleted"}),
        frozenset({"k1", "k2"}),
    ]
    mail = [Kept(raw, 1_700_000_000 + 60 * n, flags[n % len(flags)]) for n, raw in enumerate(real_mail())]
    await fill(store, ANN, {"INBOX": mail[::2], "Archive/2026": mail[1::2], "Empty": []})
    done = await export_from(store, tmp_path / "out", form)
    assert (done.refused, done.notes, done.messages) == ([], [], len(mail))
    back = await import_into(store, tmp_path / "out", BOB)
    assert (back.refused, back.notes, back.messages, back.here) == ([], [], len(mail), 0)
    expected = await holdings(store)
    assert await holdings(store, BOB) == (as_mbox(expected) if form.startswith("mbox") else expected)


@pytest.mark.parametrize("form", list(TARGETS))
async def test_generated_mail_in_out_and_in(form: str, tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 300, form)
    store = await new_store()
    first = await import_into(store, tmp_path / "in")
    assert (first.messages, first.refused) == (300, [])
    await export_from(store, tmp_path / "out", form)
    second = await import_into(store, tmp_path / "out", BOB)
    assert (second.messages, second.refused) == (300, [])
    held = await holdings(store)
    assert await holdings(store, BOB) == held
    found = sorted((name, each.epoch, each.flags, each.raw) for name, kept in held.items() for each in kept)
    assert found == sorted((s.mailbox, s.date.epoch, s.flags.keys, s.raw) for s in samples(300))


def test_longer_corpora_begin_with_shorter_ones() -> None:
    assert list(samples(20)) == list(samples(40))[:20]
    assert next(samples(1, seed=2)).raw != next(samples(1)).raw


LEVELS = st.text(st.sampled_from("aZ9 .&-~%é手😀+,;:=!'\"\\()[]#@_cur"), min_size=1, max_size=12) | st.sampled_from(
    [
        "cur",
        "new",
        "tmp",
        ".hidden",
        "a.sbd",
        "b.mbox",
        "c.gz",
        "R&D",
        "&AMQ-",
        "a.b.c",
        "inbox",
        "x.msf",
        "Sent.mbox.gz",
        "%41",
    ]
)
NAMES = st.lists(LEVELS, min_size=1, max_size=3).map("/".join)
FLAGS = st.frozensets(
    st.sampled_from(
        ["\\seen", "\\answered", "\\flagged", "\\deleted", "\\draft", "$forwarded", "$label1", "a.b", "k[1"]
    ),
    max_size=5,
)


def named(text: str) -> str | None:
    try:
        return mailbox_name(text)
    except BadMailboxName:
        return None


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from(list(TARGETS)),
    boxes=st.dictionaries(
        NAMES.map(named).filter(lambda name: name is not None),
        st.lists(st.tuples(FLAGS, st.integers(-10_000, 4_000_000_000)), max_size=3),
        max_size=4,
    ),
)
def test_any_names_flags_and_dates(form: str, boxes: dict[str, list[tuple[frozenset[str], int]]]) -> None:
    async def there_and_back(path: Path) -> None:
        store = await new_store()
        mail = {
            name: [Kept(b"Subject: %d\r\n\r\n" % n, epoch, flags) for n, (flags, epoch) in enumerate(kept)]
            for name, kept in boxes.items()
        }
        await fill(store, ANN, mail)
        done = await export_from(store, path, form)
        assert done.refused == []
        if total(await holdings(store)):
            back = await import_into(store, path, BOB)
            assert (back.refused, back.notes) == ([], [])
            assert await holdings(store, BOB) == await holdings(store)

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(there_and_back(Path(directory)))


@pytest.mark.parametrize("form", list(TARGETS))
async def test_line_ends_are_all_that_changes(form: str, tmp_path: Path) -> None:
    raw = b"Subject: bare\nX: y\r\n\nlf\r\n\rcr\n"
    store = await new_store()
    await fill(store, ANN, {"INBOX": [Kept(raw, 5, frozenset())]})
    await export_from(store, tmp_path / "out", form)
    await import_into(store, tmp_path / "out", BOB)
    (kept,) = (await holdings(store, BOB))["INBOX"]
    assert kept.raw == b"Subject: bare\r\nX: y\r\n\r\nlf\r\n\rcr\r\n"


@dataclass(slots=True)
class Fuse:
    """How many appends succeed, and whether the one that fails has happened all the same."""

    left: int
    after: bool


class FailingMailbox(MemoryMailbox):
    fuse: Fuse

    async def append(self, messages: Sequence[NewMessage]) -> Appended:
        self.fuse.left -= 1
        if self.fuse.left < 0 and not self.fuse.after:
            raise Unavailable("the disk is full")
        done = await super().append(messages)
        if self.fuse.left < 0:
            raise Unavailable("the process was killed")
        return done


class FailingAccount(MemoryAccount):
    fuse: Fuse

    async def mailbox(self, name: MailboxName) -> FailingMailbox:
        inner = await super().mailbox(name)
        mailbox = FailingMailbox(inner._account, inner._box)
        mailbox.fuse = self.fuse
        return mailbox


class FailingStore(MemoryStore):
    def __init__(self, fuse: Fuse) -> None:
        super().__init__(inline=20_000)
        self.fuse = fuse

    async def account(self, id: AccountId) -> FailingAccount:  # noqa: A002 - the contract's own noun
        account = FailingAccount((await super().account(id))._state)
        account.fuse = self.fuse
        return account


NEVER = 1 << 30


def copies(path: Path) -> None:
    """Puts copies into the Maildir at *path*: two of one message in one mailbox, one of another in another mailbox."""
    first, second = sorted((path / "INBOX" / "cur").iterdir())[:2]
    for file, mailbox, name in ((first, "INBOX", f"9{first.name}"), (second, "Sent", second.name)):
        shutil.copy2(file, path / mailbox / "cur" / name)


@pytest.mark.parametrize("form", list(TARGETS))
@pytest.mark.parametrize("after", [False, True])
async def test_a_stopped_import_is_taken_up(form: str, after: bool, tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 150, form)
    if form == "maildir":
        copies(tmp_path / "in")
    rng = random.Random(f"{form} {after}")
    store = FailingStore(Fuse(NEVER, after))
    await store.create_account(ANN)
    stops = 0
    for _ in range(1000):
        store.fuse.left = rng.randrange(8)
        try:
            await import_into(store, tmp_path / "in", limits=Limits(messages=7))
            break
        except Unavailable:
            stops += 1
    assert stops > 1
    store.fuse.left = NEVER
    other = await new_store()
    whole = await import_into(other, tmp_path / "in")
    assert whole.messages == 150 + 2 * (form == "maildir")
    assert await holdings(store) == await holdings(other)
    again = await import_into(store, tmp_path / "in")
    assert (again.messages, again.here, again.elsewhere) == (0, whole.messages, 0)


async def test_what_was_moved_meanwhile_is_not_added_again(tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 60)
    copies(tmp_path / "in")
    store = await new_store()
    await import_into(store, tmp_path / "in")
    account = await store.account(ANN)
    await account.create(mailbox_name("Moved"))
    inbox, moved = await account.mailbox(INBOX), await account.mailbox(mailbox_name("Moved"))
    uids = [Uid(uid) for uid in (await inbox.index()).uids]
    await inbox.move(uids[::2], moved.id)
    before = await holdings(store)
    again = await import_into(store, tmp_path / "in")
    assert (again.messages, again.here + again.elsewhere, again.elsewhere) == (0, 62, len(uids[::2]))
    assert await holdings(store) == before
