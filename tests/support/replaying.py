"""Replaying what was done offline, so that a lost reply costs a look and never a message (RFC 4549 §4.2, §5.1).

Strategy: the first action of the queue is tried until it is known to be done, or known to be impossible. What would be done twice
if it were sent twice (APPEND, MOVE) is looked for by Message-ID once it has been attempted. Flags change only by ``+FLAGS`` and
``-FLAGS``, with UNCHANGEDSINCE where the style knows modseqs.

The rule it protects, where two people have worked on one message: a change of flags is made on top of the other's; a message that
somebody else has changed is not deleted; who moves or deletes first has done it; a name somebody else took is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.support import offline_client
from tests.support.offline_cache import (
    Action,
    Cache,
    Create,
    Delete,
    Folder,
    Message,
    Move,
    Rename,
    SetFlag,
    Upload,
)
from tests.support.severed_link import Literal, Reply

if TYPE_CHECKING:
    from tests.support.offline_client import OfflineClient

_MESSAGE_ID = re.compile(rb"^Message-ID: (<[^>]*>)", re.MULTILINE | re.IGNORECASE)
_COPYUID = re.compile(rb"\[?COPYUID (\d+) (\d+) (\d+)")
_APPENDUID = re.compile(rb"APPENDUID (\d+) (\d+)")
_TRIES = 10


async def replay(client: OfflineClient) -> None:
    """Do what is in the queue, in order. Raises Severed with the queue standing where it was interrupted."""
    queue = client.cache.queue
    stale = 0
    while queue and stale < _TRIES:
        action = queue[0]
        try:
            await _perform(client, action)
        except offline_client.Stale:
            stale += 1
            await client.list_folders()
            continue
        if queue and queue[0] is action:
            del queue[0]


async def _perform(client: OfflineClient, action: Action) -> None:
    match action:
        case SetFlag():
            await _set_flag(client, action)
        case Delete():
            await _delete(client, action)
        case Move():
            await _move(client, action)
        case Upload():
            await _upload(client, action)
        case Create():
            await _create(client, action)
        case Rename():
            await _rename(client, action)
        case _:
            raise AssertionError(action)


async def _there(client: OfflineClient, message: Message) -> bool:
    """Open the folder the message is in; whether it still is."""
    if message.uid is None or message.home.gone:
        return False
    await client.open(message.home)
    return message.uid is not None


# Flags


async def _set_flag(client: OfflineClient, action: SetFlag) -> None:
    # Nothing is to be done for a message that is gone (RFC 4549 §5.1).
    if await _there(client, action.message):
        await _store(client, action.message, action.flag, on=action.on)


async def _store(client: OfflineClient, message: Message, flag: str, *, on: bool, unless_changed: bool = False) -> bool:
    """Set or clear a flag; False when the message is gone, or was changed and *unless_changed* says to leave it then."""
    for _ in range(_TRIES):
        if message.uid is None:
            return False
        since = f" (UNCHANGEDSINCE {message.modseq})" if client.style.modseqs and message.modseq else ""
        reply = await client.ok(f"UID STORE {message.uid}{since} {'+' if on else '-'}FLAGS.SILENT ({flag})")
        if not reply.code.startswith(b"MODIFIED"):
            message.flags = message.flags | {flag.lower()} if on else message.flags - {flag.lower()}
            return message.uid is not None
        if message.uid is not None:
            await client.command(f"UID FETCH {message.uid} ({client.items})")
        if unless_changed:
            return False
    raise AssertionError("a message is changed by others time and again")


async def _delete(client: OfflineClient, action: Delete) -> None:
    message = action.message
    if not await _there(client, message):
        return
    for _ in range(_TRIES):
        if client.style.modseqs and message.flags - {"\\deleted"} != action.flags - {"\\deleted"}:
            if action.attempted:
                await _store(client, message, "\\Deleted", on=False)
            client.yielded.append(message)
            return
        action.attempted = True
        if await _store(client, message, "\\Deleted", on=True, unless_changed=True):
            await client.ok(f"UID EXPUNGE {message.uid}")
        if message.uid is None:
            return
    raise AssertionError("UID EXPUNGE does not expunge")


# Moving and uploading


async def _move(client: OfflineClient, action: Move) -> None:
    message, target = action.message, action.target.actual()
    if target.gone or not target.created or target is message.home:
        return
    if await _there(client, message):
        action.attempted = True
        reply = await client.command(f'UID MOVE {message.uid} "{target.name}"')
        if not reply.ok:
            assert reply.code in (b"TRYCREATE", b"NONEXISTENT"), reply
            raise offline_client.Stale
        if not _adopt(client, message, target, reply):
            assert message.uid is None, "a message moved is still told of"
    if message.uid is None and action.attempted:
        await _look_for(client, message, target)


def _adopt(client: OfflineClient, message: Message, target: Folder, reply: Reply) -> bool:
    """Take the message's new UID from COPYUID; False where that was not sent."""
    for text in (*(response.text for response in reply.untagged), reply.code):
        found = _COPYUID.search(text)
        if found and int(found[1]) == target.uid_validity and not client.ignore_copyuid():
            target.place(message, int(found[3]))
            message.modseq = 0
            return True
    return False


async def _look_for(client: OfflineClient, message: Message, folder: Folder) -> bool:
    """Find the message in *folder* by its Message-ID; of several none is taken (RFC 4549 §4.2.2.1)."""
    assert message.raw is not None
    if folder.gone or not folder.created:
        return False
    await client.open(folder)
    found = await client.search(f'HEADER Message-ID "{message_id(message.raw)}"')
    if len(found) == 1:
        folder.place(message, found.pop())
    return message.uid is not None


def message_id(raw: bytes) -> str:
    """The Message-ID of a message."""
    found = _MESSAGE_ID.search(raw)
    assert found
    return found[1].decode()


async def _upload(client: OfflineClient, action: Upload) -> None:
    message = action.message
    folder = message.home.actual()
    if folder.gone or not folder.created:
        # An upload is never given up (RFC 4549 §4.1).
        folder = next(one for one in client.cache.folders if one.name == "INBOX")
    message.home = folder
    if action.attempted and await _uploaded(client, message):
        return
    action.attempted = True
    assert message.raw is not None
    flags = " ".join(sorted(action.flags))
    reply = await client.command(f'APPEND "{folder.name}" ({flags}) ', Literal(message.raw, client.sync_literals))
    if not reply.ok:
        assert reply.code == b"TRYCREATE", reply
        raise offline_client.Stale
    found = _APPENDUID.match(reply.code)
    assert found
    if int(found[1]) == folder.uid_validity:
        folder.place(message, int(found[2]))


async def _uploaded(client: OfflineClient, message: Message) -> bool:
    """Whether it was stored after all: where it was to be, or wherever somebody has moved it since."""
    first = message.home
    for folder in [first, *(one for one in client.cache.folders if one is not first)]:
        if await _look_for(client, message, folder):
            return True
    return False


# Folders


async def _create(client: OfflineClient, action: Create) -> None:
    folder = action.folder
    if not folder.created and not (other := client.cache.named(folder.name)):
        reply = await client.command(f'CREATE "{folder.name}"')
        assert reply.ok or reply.code == b"ALREADYEXISTS", reply
        # Its UIDVALIDITY comes with the list; so does whoever else has that name.
        await client.list_folders()
    if folder.created:
        return
    other = client.cache.named(folder.name)
    folder.same_as = other
    folder.gone = other is None
    client.cache.folders.remove(folder)


async def _rename(client: OfflineClient, action: Rename) -> None:
    folder = action.folder.actual()
    if folder.gone or not folder.created or folder.name == action.to:
        return
    action.attempted = True
    reply = await client.command(f'RENAME "{folder.name}" "{action.to}"')
    if reply.code == b"NONEXISTENT":
        raise offline_client.Stale
    assert reply.ok or reply.code == b"ALREADYEXISTS", reply
    if reply.ok:
        client.cache.renamed(folder, action.to)
    await client.list_folders()


def notice_rename(cache: Cache, validities: Mapping[str, int]) -> None:
    """A renaming whose reply was lost, seen by a client that knows mailboxes by name and UIDVALIDITY alone."""
    if not cache.queue or not isinstance(action := cache.queue[0], Rename) or not action.attempted:
        return
    folder = action.folder.actual()
    before, after = validities.get(folder.name), validities.get(action.to)
    if folder.created and before != folder.uid_validity == after:
        cache.renamed(folder, action.to)
        del cache.queue[0]
