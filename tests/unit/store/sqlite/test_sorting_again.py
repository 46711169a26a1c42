"""What was worked out to sort a mailbox is there for the next session that sorts it."""

from __future__ import annotations

from array import array

from tests.support.store import fill

from restante.store.sqlite.mailbox import SqliteMailbox


async def test_an_order_is_made_once(inbox: SqliteMailbox) -> None:
    await fill(inbox, (), ())
    first = (await inbox.sort_index()).ordered("x", lambda: [1, 0])
    assert first == array("I", [1, 0])
    assert (await inbox.sort_index()).ordered("x", lambda: [0, 1]) is first
    await fill(inbox, ())
    assert (await inbox.sort_index()).ordered("x", lambda: [2, 0, 1]) == array("I", [2, 0, 1])
