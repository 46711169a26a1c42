"""RFC 4549's disconnected client: it visits the server now and then, replays what its user did meanwhile, and is up to date.

Strategy: a visit lists the mailboxes, replays the queue from where it stopped, and resynchronises each mailbox in one of four
styles. An untagged response changes the cache as it comes; ``uid_next`` and ``highest``, which say how much is known, move
only once the tagged reply has come. An action leaves the queue only when it is known to be done, and one that may have been done
is looked for before it is done again.

The rule it protects: wherever the connection breaks, the cache is true of what was told, and no message is lost or made twice.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.support import replaying
from tests.support.offline_cache import Cache, Folder, Message
from tests.support.selected_folder import SelectedFolder, Style, searched, uid_set
from tests.support.severed_link import Cut, Dialogue, Link, Literal, Reply, Response, Severed

_LIST = re.compile(rb'\* LIST \(([^)]*)\) "/" "?([^"\r]*)"?\r\n')
_STATUS = re.compile(rb'\* STATUS (?:"([^"]*)"|(\S+)) \((.*)\)\r\n')
_FIGURE = re.compile(rb"([A-Z]+) \(?([^ ()]+)\)?")
_ITEMS = "UIDVALIDITY UIDNEXT MESSAGES"
BATCH = 20
"""Bodies asked for at a time."""


class Stale(Exception):
    """The list of mailboxes has changed under it; it must be read again."""


@dataclass
class OfflineClient:
    """A client with a cache. *credentials* are LOGIN's arguments; *meanwhile* is called between commands.

    Attributes:
        bodies: (folder id or name, UID) of every body it fetched, in order.
        yielded: messages it did not delete after all, since somebody else had changed them.
        crowded: whether others may act in the midst of a command, so that what SELECT counts may be gone when it is described.
        ignore_copyuid: called for each COPYUID; True to act as if the server had not sent it.
    """

    credentials: str
    style: Style = Style.QRESYNC
    cache: Cache = field(default_factory=Cache)
    meanwhile: Callable[[], Awaitable[None]] | None = None
    ignore_copyuid: Callable[[], bool] = lambda: False
    match_data: Callable[[], bool] = lambda: False
    sync_literals: bool = False
    crowded: bool = False
    bodies: list[tuple[str, int]] = field(default_factory=list)
    yielded: list[Message] = field(default_factory=list)
    dialogue: Dialogue = field(init=False)
    log: list[bytes] = field(default_factory=list)
    selected: SelectedFolder | None = None

    async def visit(self, link: Link, cut: Cut | None = None) -> bool:
        """Go online, do all there is to do, leave; False when the connection broke before that."""
        self.dialogue = Dialogue(link, cut or Cut(), log=self.log)
        self.selected = None
        self.log.append(b"-- visit " + self.style.name.encode())
        try:
            await self._log_in()
            figures = await self.list_folders()
            if self.cache.queue:
                await replaying.replay(self)
                figures = await self.list_folders()
            await self._synchronise(figures)
            await self.command("LOGOUT")
        except Severed:
            return False
        await link.drop()
        return True

    async def command(self, *parts: str | Literal) -> Reply:
        """Send a command, taking in what comes; then let others act."""
        raw = [part.encode() if isinstance(part, str) else part for part in parts]
        assert isinstance(raw[0], bytes)
        reply = await self.dialogue.command(*raw, heard=self._hear)
        self._settle()
        if self.meanwhile is not None:
            await self.meanwhile()
        if reply.code == b"NONEXISTENT" and raw[0].startswith(b"UID "):
            # Somebody has deleted the selected mailbox.
            self.selected = None
            raise Stale
        return reply

    async def ok(self, *parts: str | Literal) -> Reply:
        """As :meth:`command`, which must succeed."""
        reply = await self.command(*parts)
        assert reply.ok, (parts, reply)
        return reply

    async def _log_in(self) -> None:
        await self.dialogue.greeting()
        await self.ok(f"LOGIN {self.credentials}")
        if self.style.modseqs:
            await self.ok(f"ENABLE {self.style.value}")

    @property
    def items(self) -> str:
        """What it asks of every message; a modseq comes unasked only with changes."""
        return "UID FLAGS MODSEQ" if self.style.modseqs else "UID FLAGS"

    # The list of mailboxes

    async def list_folders(self) -> dict[str, dict[str, str]]:
        """Bring the list up to date, and give each mailbox's figures; one round trip."""
        items = f"{_ITEMS} HIGHESTMODSEQ MAILBOXID" if self.style.modseqs else _ITEMS
        reply = await self.ok(f'LIST "" "*" RETURN (STATUS ({items}))')
        figures: dict[str, dict[str, str]] = {}
        for line in reply.untagged:
            if found := _STATUS.match(line.text):
                pairs = _FIGURE.findall(found[3])
                figures[(found[1] or found[2]).decode()] = {key.decode(): value.decode() for key, value in pairs}
        listed = {found[2].decode() for line in reply.untagged if (found := _LIST.match(line.text))}
        # One that was deleted just then may be listed without its figures.
        assert set(figures) <= listed, (figures, listed)
        self._reconcile(figures)
        return figures

    def _reconcile(self, figures: dict[str, dict[str, str]]) -> None:
        if self.style.modseqs:
            self._learn_ids(figures)
            by_id = {one["MAILBOXID"]: name for name, one in figures.items()}
            for folder in [one for one in self.cache.folders if one.created]:
                if folder.id in by_id:
                    folder.name = by_id[folder.id]
                else:
                    self.cache.drop(folder)
        else:
            replaying.notice_rename(self.cache, {name: int(one["UIDVALIDITY"]) for name, one in figures.items()})
            for folder in [one for one in self.cache.folders if one.created]:
                if int(figures.get(folder.name, {}).get("UIDVALIDITY", "0")) != folder.uid_validity:
                    self.cache.drop(folder)
        for name, one in figures.items():
            if self.cache.named(name) is None:
                self._add(name, one)

    def _learn_ids(self, figures: dict[str, dict[str, str]]) -> None:
        """A cache made without MAILBOXID knows its folders by name and UIDVALIDITY."""
        for folder in self.cache.folders:
            found = figures.get(folder.name)
            if folder.created and not folder.id and found and int(found["UIDVALIDITY"]) == folder.uid_validity:
                folder.id = found["MAILBOXID"]

    def _add(self, name: str, figures: dict[str, str]) -> None:
        """A mailbox not known; maybe one that was to be created."""
        planned = next((one for one in self.cache.folders if not one.created and one.name == name), None)
        folder = planned or Folder(name)
        folder.id, folder.uid_validity = figures.get("MAILBOXID", ""), int(figures["UIDVALIDITY"])
        if planned is None:
            self.cache.folders.append(folder)

    # What the server says

    def _hear(self, response: Response) -> None:
        if self.selected is not None:
            self.selected.hear(response)

    def _settle(self) -> None:
        if self.selected is not None:
            self.selected.settle()

    # Opening and resynchronising

    async def open(self, folder: Folder) -> SelectedFolder:
        """Select *folder* and learn what changed; raises Stale when it is not what it was."""
        if self.selected is not None and self.selected.folder is folder:
            if folder.gone:
                raise Stale
            await self._complete(self.selected)
            return self.selected
        opened = self.selected = SelectedFolder(folder, self.style, self.bodies)
        reply = await self.command(f'SELECT "{folder.name}"{self._parameters(opened)}')
        if not reply.ok or not opened.matches:
            self.selected = None
            raise Stale
        opened.ready = True
        await self._catch_up(opened)
        return opened

    def _parameters(self, opened: SelectedFolder) -> str:
        folder = opened.folder
        if not self.style.vanishing or not folder.highest:
            return " (CONDSTORE)" if self.style is Style.CONDSTORE else ""
        known = ""
        if folder.messages and self.match_data():
            opened.partly = True
            known = f" {uid_set(folder.messages)}"
            # Every third message, with the number the client believes it to have (RFC 7162 §3.2.5.2).
            pairs = [pair for pair in enumerate(sorted(folder.messages), 1) if pair[1] < folder.uid_next][::3]
            if self.style is Style.QRESYNC and pairs:
                known += f" ({uid_set(n for n, _ in pairs)} {uid_set(uid for _, uid in pairs)})"
        return f" (QRESYNC ({folder.uid_validity} {folder.highest}{known}))"

    async def _catch_up(self, opened: SelectedFolder) -> None:
        folder = opened.folder
        if self.style is Style.PLAIN:
            await self._fetch_new(opened)
            await self._fetch_all_flags(opened)
        elif self.style.vanishing and folder.highest:
            if opened.partly:
                await self._fetch_new(opened)
            assert self.crowded or opened.arrived or opened.count == len(folder.messages), "QRESYNC left something out"
        elif opened.count and opened.heard != folder.highest:
            since = f" (CHANGEDSINCE {folder.highest})" if folder.highest else ""
            await self.command(f"UID FETCH 1:* ({self.items}){since}")
        folder.uid_next = max(folder.uid_next, opened.uid_next)
        await self._complete(opened)
        opened.synced = True
        self._settle()

    async def _fetch_new(self, opened: SelectedFolder) -> None:
        """RFC 4549 §4.3.1, first command; ``n:*`` names the last message even if it is older."""
        if opened.count and opened.folder.uid_next < opened.uid_next:
            await self.command(f"UID FETCH {opened.folder.uid_next}:* ({self.items})")

    async def _fetch_all_flags(self, opened: SelectedFolder) -> None:
        """RFC 4549 §4.3.1, second command: what is not told of is gone."""
        folder = opened.folder
        below = folder.uid_next
        old = [uid for uid in folder.messages if uid < below]
        if not old:
            return
        reply = await self.command(f"UID FETCH 1:{below - 1} ({self.items})")
        told = {opened.uid_of(line) for line in reply.untagged}
        for uid in old:
            if uid not in told:
                folder.forget(uid)

    async def _complete(self, opened: SelectedFolder) -> None:
        """What is there is known, and what is known is there: by counting, and if it does not add up, by asking."""
        folder = opened.folder
        for _ in range(10):
            if opened.arrived:
                opened.arrived = False
                reply = await self.command(f"UID FETCH {folder.uid_next}:* ({self.items})")
                told = [opened.uid_of(line) for line in reply.untagged]
                folder.uid_next = max([folder.uid_next, *(uid + 1 for uid in told)])
            elif opened.unsure or opened.count != len(folder.messages):
                await self._compare(opened)
            else:
                break
        if not self.style.vanishing and not opened.arrived and opened.count == len(folder.messages):
            opened.slots = [*sorted(folder.messages)]

    async def _compare(self, opened: SelectedFolder) -> None:
        """Ask which messages there are."""
        opened.unsure = False
        there = await self.search("ALL")
        for uid in [uid for uid in opened.folder.messages if uid not in there]:
            opened.folder.forget(uid)
        missing = [uid for uid in there if uid not in opened.folder.messages]
        if missing:
            await self.command(f"UID FETCH {uid_set(missing)} ({self.items})")

    async def search(self, keys: str) -> set[int]:
        """The UIDs that match."""
        returning = "RETURN (ALL) " if self.style.modseqs else ""
        reply = await self.ok(f"UID SEARCH {returning}{keys}")
        return {uid for line in reply.untagged for uid in searched(line.text)}

    async def _synchronise(self, figures: dict[str, dict[str, str]]) -> None:
        """Every folder, and once more where the list changed meanwhile."""
        for _ in range(5):
            try:
                for folder in [one for one in self.cache.folders if one.created]:
                    if not self._current(folder, figures.get(folder.name, {})):
                        await self._bodies(await self.open(folder))
            except Stale:
                figures = await self.list_folders()
                continue
            return

    def _current(self, folder: Folder, figures: dict[str, str]) -> bool:
        """Whether STATUS says that nothing has happened."""
        return (
            self.style.modseqs
            and folder.highest == int(figures.get("HIGHESTMODSEQ", "-1"))
            and len(folder.messages) == int(figures["MESSAGES"])
            and all(message.raw is not None for message in folder.messages.values())
        )

    async def _bodies(self, opened: SelectedFolder) -> None:
        """Fetch what is not in the cache, some at a time."""
        wanted = sorted(uid for uid, message in opened.folder.messages.items() if message.raw is None)
        for at in range(0, len(wanted), BATCH):
            await self.command(f"UID FETCH {uid_set(wanted[at : at + BATCH])} (UID BODY.PEEK[])")
        await self._complete(opened)
