"""Flags are changed alike whether the index says what they were or the rows do, of one message and of many."""

from __future__ import annotations

import random

import pytest
from tests.support.store import check_account, fill

from restante.model.flags import FlagSet
from restante.model.ids import ModSeq, Uid
from restante.model.mailbox_name import MailboxName
from restante.store.model import FlagOp, FlagsUpdated
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.mailbox import SqliteMailbox

SETS = [FlagSet(flags) for flags in ((), ("\\Seen",), ("\\Deleted", "$a"), ("$A", "zebra"), ("\\Seen", "$b"))]


def _told(updated: FlagsUpdated, stood: list[ModSeq]) -> object:
    """What an update said, each modseq by its place among those the mailbox had."""
    return (
        [(message.uid, message.flags, stood.index(message.modseq)) for message in updated.now],
        [stood.index(at) for at in updated.was],
        (updated.refused, stood.index(updated.modseq), stood.index(updated.before)),
    )


@pytest.mark.parametrize("most", [1, 6])
@pytest.mark.parametrize("seed", range(6))
async def test_with_and_without_the_index(seed: int, most: int, account: SqliteAccount, inbox: SqliteMailbox) -> None:
    chance = random.Random(seed)
    await account.create(MailboxName("Other"))
    other = await account.mailbox(MailboxName("Other"))
    stood = dict[SqliteMailbox, list[ModSeq]]()
    for mailbox in (inbox, other):
        await fill(mailbox, *[()] * 12)
        await mailbox.expunge([Uid(3), Uid(12)], deleted_only=False)
        index = await mailbox.index()
        stood[mailbox] = [ModSeq(index.modseqs[0]), index.modseq]
    for _ in range(40):
        uids = sorted(chance.sample([Uid(uid) for uid in range(1, 14)], chance.randint(1, most)))
        op, flags, back = chance.choice(list(FlagOp)), chance.choice(SETS), chance.choice((None, None, 1, 3))
        told = []
        for mailbox, modseqs in stood.items():
            if mailbox is other:
                # As if nobody had opened it: the rows are asked.
                mailbox._index = None
            since = None if back is None else modseqs[-min(back, len(modseqs))]
            updated = await mailbox.update_flags(uids, op, flags, since)
            if updated.modseq > modseqs[-1]:
                modseqs.append(updated.modseq)
            told.append(_told(updated, modseqs))
        assert told[0] == told[1]
    await check_account(account)
