"""Bringing a client's picture of its selected mailbox up to date with the store (RFC 9051 §7.5.1, RFC 5267 §4.3, RFC 5465 §5).

Strategy: what changed is read by modseq and the view says it. Around that goes what followers of a search result have to say:
what leaves a result goes before the EXPUNGE that takes its number, what comes to it after the EXISTS that gives it one.

The rule it protects: nothing else tells of other people's changes, so that commands cannot get the order wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from restante.imap.core.fetch_answers import report
from restante.imap.hooks import FetchAtt
from restante.imap.state import Selected
from restante.model.ids import Uid
from restante.model.message_set import UidSet
from restante.store.errors import NoSuchMailbox, StoreError, Unavailable
from restante.store.model import Changes


async def announce(
    s: Selected,
    *,
    expunge_ok: bool,
    flags: bool = True,
    items: tuple[FetchAtt, ...] = (),
    own: Collection[Uid] = (),
) -> None:
    """Tell what changed: expunges if *expunge_ok*, *flags* if wanted, and *items* of new messages but for *own* ones."""
    view = s.view
    try:
        if view.settled and s.mailbox.unchanged_since(view.told):
            return
        changes, first_recent = await _changes(s)
    except NoSuchMailbox:
        changes, first_recent = view.everything_gone(), None
    except StoreError as error:
        # The client's picture stays as it is, and the next command tries again.
        s.session.journal.trouble("changes not read", error)
        return
    if changes.modseq <= view.told and not changes.vanished and view.settled:
        return
    lines = [line for each in s.followers.values() for line in each.leaving(s, changes)] if s.followers else []
    fresh = [message.uid for message in changes.flagged if message.uid >= view.uid_next]
    lines += view.announce(changes, expunge_ok=expunge_ok, flags=flags)
    if first_recent is not None:
        view.claim(first_recent)
        lines.append(b"%d RECENT" % view.recent)
    _write(s, lines)
    if not view.shares:
        await _share(s)
    if s.followers or (items and fresh):
        await _follow(s, changes, items, [uid for uid in fresh if uid not in own])


async def _share(s: Selected) -> None:
    """Have a view that was told of expunges, and so has UIDs of its own, share those of the mailbox again."""
    with suppress(StoreError):
        s.view.share((await s.mailbox.index()).uids)


async def announce_expunges(s: Selected) -> None:
    """Tell only what was expunged, to a client that wants no news and has asked for an expunge itself."""
    view = s.view
    try:
        changes, _ = await _changes(s, claim=False)
    except NoSuchMailbox:
        changes = view.everything_gone()
    except StoreError as error:
        s.session.journal.trouble("changes not read", error)
        return
    only = replace(changes, flagged=(), modseq=view.told, uid_next=view.uid_next)
    _write(s, view.announce(only, expunge_ok=True))


async def _follow(s: Selected, changes: Changes, items: tuple[FetchAtt, ...], fresh: Sequence[Uid]) -> None:
    """What followers say of *changes*, after those *fresh* messages that they and the client want to see (RFC 5465 §7)."""
    wanted = dict.fromkeys(fresh, items)
    lines: list[bytes] = []
    try:
        for follower in s.followers.values():
            news = await follower.follow(s, changes, fresh)
            lines += news.lines
            for uid in news.fresh:
                wanted[uid] = tuple(dict.fromkeys((*wanted[uid], *news.items)))
        await report(s, wanted)
    except StoreError as error:
        s.session.journal.trouble("new messages not read", error)
    _write(s, lines)


def _write(s: Selected, lines: Sequence[bytes]) -> None:
    if lines:
        s.session.client.write(b"".join([b"* %b\r\n" % line for line in lines]))


async def _changes(s: Selected, *, claim: bool = True) -> tuple[Changes, Uid | None]:
    """What happened since the client was told, and with new messages the UID from which on they are its recent ones."""
    mailbox, view = s.mailbox, s.view
    changes = await mailbox.changes_since(view.told)
    if not changes.complete:
        # Tombstones as old as that were swept; what is there no more is gone (RFC 7162 §5 has clients do the same).
        held = set((await mailbox.index()).uids)
        changes = replace(changes, vanished=UidSet.of(uid for uid in view.uids if uid not in held))
    if changes.uid_next <= view.uid_next or s.session.rev2 or s.read_only or not claim:
        return changes, None
    # Claimed first and read again, so that whatever was claimed is in the view that is told of it.
    try:
        first = await mailbox.claim_recent()
    except Unavailable:
        # They are told all the same, and stay recent to others.
        return changes, None
    later = await mailbox.changes_since(view.told)
    return (later if later.complete else changes), first
