"""What single visits of a disconnected client cost and decide; and a whole life of one over TCP (RFC 4549)."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.offline_cache import Action, Create, Delete, Folder, Message, Move, Rename, SetFlag, Upload
from tests.support.offline_client import OfflineClient
from tests.support.offline_life import Ledger, Others, Scenario, User, judge, letters, stage
from tests.support.replaying import message_id
from tests.support.running import PASSWORD, WAIT, Peer, house
from tests.support.selected_folder import Style
from tests.support.severed_link import Cut, some_cut
from tests.support.store import engines, new

from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.model.mailbox_name import INBOX, MailboxName
from restante.server.listener import Listener
from restante.store.model import FlagOp

MEMORY = engines()[0]
"""What a client is told does not depend on the engine; see the contract's suite."""


async def calm(tmp_path: Path, style: Style) -> Scenario:
    """Six messages in INBOX, nobody else at work, the client up to date."""
    scenario = await stage(MEMORY, tmp_path, 0, orderly=True, busy=False)
    client = scenario.client
    client.meanwhile, client.style = None, style
    client.ignore_copyuid = client.match_data = lambda: False
    inbox = await scenario.others.account.mailbox(INBOX)
    source = letters("sender")
    raws = [next(source) for _ in range(6)]
    await inbox.append([new(raw, "\\Seen") for raw in raws])
    scenario.ledger.written |= {message_id(raw) for raw in raws}
    assert await scenario.visit()
    client.bodies.clear()
    return scenario


def folder_of(scenario: Scenario, name: str) -> Folder:
    """A folder of the client's."""
    found = scenario.client.cache.named(name)
    assert found
    return found


async def finish(scenario: Scenario) -> None:
    """One more visit, and the judgement."""
    assert await scenario.visit()
    await scenario.judge()
    await scenario.there.close()


@pytest.mark.parametrize("style", Style)
async def test_what_it_did_itself_costs_no_body(style: Style, tmp_path: Path) -> None:
    scenario = await calm(tmp_path, style)
    cache, inbox, box = scenario.client.cache, folder_of(scenario, "INBOX"), folder_of(scenario, "Box")
    made, draft = Folder("Made"), Message(inbox, raw=next(letters("user")))
    cache.folders.append(made)
    scenario.ledger.written.add(message_id(draft.raw or b""))
    cache.queue += [
        Create(made),
        Upload(draft, frozenset({"\\draft"})),
        Move(inbox.messages[1], made),
        Move(inbox.messages[2], box),
        SetFlag(inbox.messages[2], "\\flagged", on=True),
        Rename(made, "Named"),
        Move(draft, made),
        SetFlag(draft, "\\seen", on=True),
    ]
    assert await scenario.visit()
    assert scenario.client.bodies == []
    assert {one.flags for one in made.messages.values()} == {frozenset({"\\seen"}), frozenset({"\\draft", "\\seen"})}
    await finish(scenario)


@pytest.mark.parametrize("style", [style for style in Style if style.modseqs])
async def test_a_mailbox_somebody_renamed_costs_no_body(style: Style, tmp_path: Path) -> None:
    scenario = await calm(tmp_path, style)
    await scenario.others.account.rename(MailboxName("Box"), MailboxName("Elsewhere"))
    box = folder_of(scenario, "Box")
    scenario.client.cache.queue.append(Move(folder_of(scenario, "INBOX").messages[3], box))
    assert await scenario.visit()
    assert (box.name, len(box.messages)) == ("Elsewhere", 1)
    assert scenario.client.bodies == []
    await finish(scenario)


@pytest.mark.parametrize(("style", "turns"), [(Style.CONDSTORE, 7), (Style.QRESYNC, 5), (Style.UIDONLY, 5)])
async def test_round_trips(style: Style, turns: int, tmp_path: Path) -> None:
    """LOGIN, ENABLE, LIST and LOGOUT; with changes SELECT, and for CONDSTORE two more to learn what QRESYNC's SELECT tells."""
    scenario = await calm(tmp_path, style)
    assert await scenario.visit()
    assert scenario.client.dialogue.turns == 4
    inbox = await scenario.others.account.mailbox(INBOX)
    await inbox.expunge([Uid(2)], deleted_only=False)
    await inbox.update_flags([Uid(3)], FlagOp.ADD, FlagSet(["urgent"]))
    scenario.ledger.removed.add("<1@sender.example>")
    assert await scenario.visit()
    assert scenario.client.dialogue.turns == turns
    await finish(scenario)


@pytest.mark.parametrize("style", [style for style in Style if style.modseqs])
async def test_a_message_changed_elsewhere_is_not_deleted(style: Style, tmp_path: Path) -> None:
    """Changed while the client was away, and changed under its hands between two commands."""
    scenario = await calm(tmp_path, style)
    messages = folder_of(scenario, "INBOX").messages
    scenario.client.cache.queue.append(SetFlag(messages[4], "urgent", on=True))
    scenario.client.cache.queue += [Delete(messages[uid], frozenset({"\\seen"})) for uid in (1, 2, 3)]
    box = await scenario.others.account.mailbox(INBOX)
    flagged = FlagSet(["\\Flagged"])
    await box.update_flags([Uid(1)], FlagOp.ADD, flagged)

    async def meanwhile() -> None:
        if scenario.client.selected is not None and scenario.client.selected.synced:
            await box.update_flags([Uid(2)], FlagOp.ADD, flagged)

    scenario.client.meanwhile = meanwhile
    scenario.ledger.removed.add("<2@sender.example>")
    assert await scenario.visit()
    scenario.client.meanwhile = None
    assert any(b"[MODIFIED 2]" in line for line in scenario.client.log)
    assert [one.uid for one in scenario.client.yielded] == [1, 2]
    assert list((await box.index()).uids) == [1, 2, 4, 5, 6]
    await finish(scenario)


@pytest.mark.parametrize("verb", ["APPEND", "UID MOVE", "UID EXPUNGE", "CREATE", "RENAME"])
@pytest.mark.parametrize("style", Style)
async def test_a_lost_reply_does_nothing_twice(style: Style, verb: str, tmp_path: Path) -> None:
    scenario = await calm(tmp_path, style)
    cache, inbox, made = scenario.client.cache, folder_of(scenario, "INBOX"), Folder("Made")
    draft = Message(inbox, raw=next(letters("user")))
    scenario.ledger.written.add(message_id(draft.raw or b""))
    scenario.ledger.removed.add("<4@sender.example>")
    cache.folders.append(made)
    actions: dict[str, list[Action]] = {
        "APPEND": [Upload(draft, frozenset()), SetFlag(draft, "urgent", on=True)],
        "UID MOVE": [
            Move(inbox.messages[1], folder_of(scenario, "Box")),
            SetFlag(inbox.messages[1], "urgent", on=True),
        ],
        "UID EXPUNGE": [Delete(inbox.messages[5], inbox.messages[5].flags)],
        "CREATE": [Create(made), Upload(draft, frozenset())],
        "RENAME": [Rename(folder_of(scenario, "Box"), "Named")],
    }
    cache.queue += actions[verb]
    if verb != "CREATE":
        cache.folders.remove(made)
    if verb not in ("APPEND", "CREATE"):
        scenario.ledger.written.discard(message_id(draft.raw or b""))
    if verb != "UID EXPUNGE":
        scenario.ledger.removed.clear()
    # For a deletion the first change is the STORE before it.
    assert not await scenario.visit(Cut("change unanswered", 1 if verb == "UID EXPUNGE" else 0))
    assert scenario.client.log[-2].startswith(b"S: ")
    assert b" OK " in scenario.client.log[-2]
    assert await scenario.visit()
    assert not cache.queue
    urgent = [one for folder in cache.folders for one in folder.messages.values() if "urgent" in one.flags]
    assert len(urgent) == (verb in ("APPEND", "UID MOVE"))
    await finish(scenario)


@pytest.mark.parametrize("style", Style)
async def test_names_change_hands(style: Style, tmp_path: Path) -> None:
    """The mailbox of a name is another one, twice: recreated, and another renamed to it; no UID is taken for one of its own."""
    scenario = await calm(tmp_path, style)
    account = scenario.others.account
    source = letters("later")
    for old, names in enumerate((("Box", None), ("Box", "Other"))):
        name, other = names
        before = await account.mailbox(MailboxName(name))
        await before.append([new(next(source)), new(next(source))])
        assert await scenario.visit()
        if other is None:
            await account.delete(MailboxName("Box/Sub"))
            await account.delete(MailboxName(name))
            await account.create(MailboxName(name))
        else:
            await account.rename(MailboxName(name), MailboxName("Aside"))
            await account.rename(MailboxName(other), MailboxName(name))
        after = await account.mailbox(MailboxName(name))
        assert after.uid_validity != before.uid_validity
        scenario.client.cache.queue.append(SetFlag(folder_of(scenario, "Box").messages[1], "urgent", on=True))
        await after.append([new(next(source), "\\Answered")])
        assert await scenario.visit()
        held = folder_of(scenario, "Box").messages
        assert [one.flags for one in held.values()] == [frozenset({"\\answered"})], old
    scenario.ledger.written |= {f"<{number}@later.example>" for number in range(6)}
    scenario.ledger.removed |= {"<0@later.example>", "<1@later.example>"}
    await finish(scenario)


@dataclass
class TcpLink:
    """A link over a socket; the server's own connections tell when it has noticed the end."""

    peer: Peer
    listener: Listener
    die: random.Random

    async def send(self, data: bytes) -> None:
        self.peer.send(data)
        async with asyncio.timeout(WAIT):
            await self.peer.writer.drain()

    async def receive(self) -> bytes:
        async with asyncio.timeout(WAIT):
            return await self.peer.reader.read(65536)

    async def drop(self) -> None:
        """By a reset, or in good order."""
        serving = list(self.listener.shell.connections)
        if self.die.random() < 0.5:
            self.peer.writer.transport.abort()
        else:
            self.peer.writer.close()
        async with asyncio.timeout(WAIT):
            await asyncio.gather(*(connection.closed() for connection in serving))


async def test_over_tcp(tmp_path: Path) -> None:
    die, ledger = random.Random(4549), Ledger()
    async with house(tmp_path) as there:
        store, listener = there.server.mail.store, there.server.listener
        account = await store.account((await store.accounts())[0])
        client = OfflineClient(f'alice "{PASSWORD}"')
        others, user = Others(account, die, ledger, orderly=False), User(client, die, ledger)

        async def visit(cut: Cut | None = None) -> bool:
            return await client.visit(TcpLink(await there.connect(), listener, die), cut)

        await others.act(20)
        for style in (*Style, *Style):
            client.style, client.sync_literals = style, die.random() < 0.5
            assert await visit()
            for _ in range(4):
                user.act()
            await others.act(4)
            await visit(some_cut(die))
        assert await visit()
        assert await visit()
        assert not client.cache.queue
        await judge(store, account, client, ledger)
