"""The columns SORT and THREAD compare: what is in them, and that they follow the mailbox."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from tests.support.store import ALICE, NOON, House, mail, new, uids

from restante.model.collation import ASCII_NUMERIC, COLLATIONS, OCTET
from restante.model.ids import Uid
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.api import Account, Mailbox
from restante.store.errors import NoSuchMailbox
from restante.store.model import Field
from restante.store.sort_index import SortIndex

FIRST = mail(
    "Re: =?utf-8?q?Caf=C3=A9?= [list]",
    date="Thu, 01 Jan 2026 23:30:00 -0500",
    from_="=?utf-8?q?Ann_M=C3=BCller?= <ann@example.org>",
    to="bob@example.net, carl@example.net",
    cc="Dora <dora@example.com>",
    message_id="<one@x>",
)
REPLY = mail("Lunch", message_id="<two@x>", references="<zero@x> <one@x>")
BARE = b"no header at all"


def rows(columns: SortIndex) -> list[tuple[object, ...]]:
    """Every message with all its values; identifiers as the position of their first use."""
    known: dict[int, int] = {0: 0}
    for at, own in enumerate(columns.message_ids):
        for each in (*columns.references(at), own):
            known.setdefault(each, len(known))
    return [
        (
            *(column[at] for column in _columns(columns)),
            known[columns.message_ids[at]],
            tuple(known[each] for each in columns.references(at)),
        )
        for at in range(len(columns.uids))
    ]


def _columns(c: SortIndex) -> tuple[Sequence[object], ...]:
    numbers = (c.uids, c.arrivals, c.sent, c.sizes, c.replies)
    texts = (c.subjects, c.from_mailboxes, c.to_mailboxes, c.cc_mailboxes, c.from_displays, c.to_displays)
    return (*numbers, *texts)


async def test_values(inbox: Mailbox) -> None:
    await inbox.append([new(FIRST), new(REPLY, epoch=NOON), new(BARE, epoch=NOON + 1)])
    sizes = [len(FIRST), len(REPLY), len(BARE)]
    assert rows(await inbox.sort_index()) == [
        (1, NOON - 86_400, 1_767_328_200, sizes[0], 1, "Café [list]", "ann", "bob", "dora", "Ann Müller",
         "bob@example.net", 1, ()),
        (2, NOON, NOON, sizes[1], 0, "Lunch", "", "", "", "", "", 3, (2, 1)),
        (3, NOON + 1, NOON + 1, sizes[2], 0, "", "", "", "", "", "", 0, ()),
    ]  # fmt: skip


async def test_an_empty_mailbox(inbox: Mailbox) -> None:
    assert rows(await inbox.sort_index()) == []


async def test_it_follows_arrivals_and_expunges(inbox: Mailbox) -> None:
    references = " ".join(f"<{n}@x>" for n in range(5))
    for n in range(5):
        await inbox.append([new(mail(f"Number {n}", message_id=f"<{n}@x>", references=references, to=f"t{n}@x"))])
        await inbox.sort_index()
    await inbox.expunge(uids(2, 4), deleted_only=False)
    await inbox.append([new(mail("Last"))])
    columns = await inbox.sort_index()
    assert list(columns.uids) == [1, 3, 5, 6]
    assert list(columns.subjects) == ["Number 0", "Number 2", "Number 4", "Last"]
    assert list(columns.to_mailboxes) == ["t0", "t2", "t4", ""]
    assert [len(columns.references(at)) for at in range(4)] == [5, 5, 5, 0]
    assert [columns.references(1)[n] for n in (0, 2, 4)] == list(columns.message_ids[:3])
    await inbox.expunge(deleted_only=False)
    assert rows(await inbox.sort_index()) == []


async def test_it_is_what_the_messages_say(inbox: Mailbox) -> None:
    await inbox.append([new(mail(f"{'Re: ' * (n % 2)}S{n % 3}", "x" * n, from_=f"f{n % 4}@x")) for n in range(20)])
    await inbox.expunge(uids(*range(3, 20, 4)), deleted_only=False)
    columns = await inbox.sort_index()
    held = [Uid(uid) for uid in columns.uids]
    records = await inbox.messages(held, Field.SORT | Field.SIZE | Field.DATE)
    assert held == list((await inbox.index()).uids)
    assert [record.size for record in records] == list(columns.sizes)
    keys = [record.sort_keys for record in records if record.sort_keys is not None]
    assert [key.subject for key in keys] == list(columns.subjects)
    assert [key.is_reply for key in keys] == list(map(bool, columns.replies))
    assert [key.from_mailbox for key in keys] == list(columns.from_mailboxes)


async def test_copies_have_their_values(account: Account, inbox: Mailbox) -> None:
    await account.create(MailboxName("Archive"))
    archive = await account.mailbox(MailboxName("Archive"))
    await inbox.append([new(FIRST), new(REPLY)])
    before = rows(await inbox.sort_index())
    await archive.append([new(BARE)])
    await archive.sort_index()
    await inbox.move(uids(1, 2), archive.id)
    assert [row[1:-2] for row in rows(await archive.sort_index())[1:]] == [row[1:-2] for row in before]
    assert rows(await inbox.sort_index()) == []


async def test_all_at_once(inbox: Mailbox) -> None:
    """More than is read on the loop, asked by several at a time, while messages arrive."""
    await inbox.append([new(mail(f"Number {n}")) for n in range(700)])

    async def arrive() -> None:
        for n in range(20):
            await inbox.append([new(mail(f"Later {n}"))])

    async def ask() -> None:
        for _ in range(10):
            columns = await inbox.sort_index()
            assert list(columns.uids) == list(range(1, len(columns.uids) + 1))
            assert len(columns.subjects) == len(columns.uids) >= 700
            await asyncio.sleep(0)

    await asyncio.gather(ask(), arrive(), ask(), ask())
    assert (await inbox.sort_index()).subjects[-1] == "Later 19"


async def test_over_a_restart(house: House) -> None:
    account = await (await house.open()).create_account(ALICE)
    inbox = await account.mailbox(INBOX)
    await inbox.append([new(FIRST), new(REPLY)])
    before = rows(await inbox.sort_index())
    if house.engine.durable:
        account = await (await house.reopen()).account(ALICE)
    assert rows(await (await account.mailbox(INBOX)).sort_index()) == before


async def test_a_deleted_mailbox(account: Account) -> None:
    await account.create(MailboxName("Gone"))
    gone = await account.mailbox(MailboxName("Gone"))
    await account.delete(MailboxName("Gone"))
    with pytest.raises(NoSuchMailbox):
        await gone.sort_index()


async def test_ranks_are_in_the_order_of_a_collation(inbox: Mailbox) -> None:
    subjects = ["b", "", "B", "\u00e9a", "e\u0301A", "10 a", "9", "b"]
    await inbox.append([new(mail(each)) for each in subjects])
    columns = await inbox.sort_index()
    for collation in (*COLLATIONS, ASCII_NUMERIC):
        for _ in range(2):
            ranks = columns.ranks("subjects", collation)
            keys = [collation.key(each) for each in columns.subjects]
            for one in range(len(keys)):
                for other in range(len(keys)):
                    assert (ranks[one] < ranks[other]) == (keys[one] < keys[other])
                    assert (ranks[one] == ranks[other]) == (keys[one] == keys[other])
    await inbox.expunge(uids(1, 3), deleted_only=False)
    await inbox.append([new(mail("aa"))])
    ranks = (await inbox.sort_index()).ranks("subjects", OCTET)
    assert sorted(range(7), key=ranks.__getitem__) == [0, 3, 4, 6, 5, 2, 1]


async def test_orders_are_remembered_while_the_mailbox_stays_as_it_is(inbox: Mailbox) -> None:
    made: list[str] = []

    def make(by: str, order: list[int]) -> list[int]:
        made.append(by)
        return order

    await inbox.append([new(FIRST), new(REPLY)])
    columns = await inbox.sort_index()
    for _ in range(2):
        assert [*columns.ordered("a", lambda: make("a", [1, 0]))] == [1, 0]
        assert [*columns.ordered("b", lambda: make("b", [0, 1]))] == [0, 1]
    assert made == ["a", "b"]
    await inbox.append([new(BARE)])
    columns = await inbox.sort_index()
    assert [*columns.ordered("a", lambda: make("a", [2, 1, 0]))] == [2, 1, 0]
    await inbox.expunge(uids(1), deleted_only=False)
    columns = await inbox.sort_index()
    assert [*columns.ordered("a", lambda: make("a", [1, 0]))] == [1, 0]
    assert made == ["a", "b", "a", "a"]
    for number in range(9):
        columns.ordered(str(number), lambda: [0, 1])
    # Only so many are kept.
    assert [*columns.ordered("a", lambda: make("a", [0, 1]))] == [0, 1]


async def test_what_was_asked_for_stays_as_it_is(inbox: Mailbox) -> None:
    await inbox.append([new(FIRST), new(REPLY)])
    columns = await inbox.sort_index()
    before = rows(columns)
    await inbox.append([new(BARE)])
    await inbox.expunge(uids(1), deleted_only=False)
    assert len(rows(await inbox.sort_index())) == 2
    assert rows(columns) == before
