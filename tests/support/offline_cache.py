"""What a disconnected client keeps: folders, messages, and what its user did while there was no connection (RFC 4549 §2, §3).

The rule it protects: the cache says only what the server told, and the queue only what the user did; what the user sees is
both together.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Message:
    """A message, the same object wherever it is moved to.

    Attributes:
        home: the folder whose UID it has; for a draft not yet uploaded, the one it is for.
        uid: None until the server has told it.
        flags: as the server told, in lower case.
        modseq: of these flags; 0 where it was not told.
        raw: None until it was fetched.
    """

    home: Folder
    uid: int | None = None
    flags: frozenset[str] = frozenset()
    modseq: int = 0
    raw: bytes | None = None


@dataclass(eq=False)
class Folder:
    """A mailbox.

    Attributes:
        id: MAILBOXID, empty where the client did not ask or the mailbox is yet to be created.
        uid_validity: 0 until it was told.
        uid_next: all messages with smaller UIDs are known, but for those that VANISHED.
        highest: all changes up to this modseq are known; 0 for none.
        gone: the server has it no more.
        same_as: another folder that turned out to be what this one was to become.
    """

    name: str
    id: str = ""
    uid_validity: int = 0
    uid_next: int = 1
    highest: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    gone: bool = False
    same_as: Folder | None = None

    def actual(self) -> Folder:
        """The folder this one stands for."""
        return self.same_as.actual() if self.same_as is not None else self

    @property
    def created(self) -> bool:
        """Whether the server has said that it has it."""
        return self.uid_validity != 0

    def reset(self, uid_validity: int) -> None:
        """Forget all: the UIDs mean nothing any more (RFC 4549 §4.1)."""
        for message in self.messages.values():
            message.uid = None
        self.messages.clear()
        self.uid_validity, self.uid_next, self.highest = uid_validity, 1, 0

    def place(self, message: Message, uid: int) -> None:
        """Let *message* be the one with *uid*; what else was taken to be that gives way."""
        other = self.messages.get(uid)
        if message.uid is not None and message.home.messages.get(message.uid) is message:
            del message.home.messages[message.uid]
        if other is not None and other is not message:
            message.flags, message.modseq = other.flags, other.modseq
            other.uid = None
        message.home, message.uid = self, uid
        self.messages[uid] = message

    def forget(self, uid: int) -> None:
        """The message is not there any more."""
        message = self.messages.pop(uid, None)
        if message is not None:
            message.uid = None


@dataclass(eq=False)
class Action:
    """Something the user did. ``attempted`` is set before the first command goes out that may have been carried out."""

    attempted: bool = field(default=False, init=False)


@dataclass(eq=False)
class SetFlag(Action):
    """A flag set or cleared."""

    message: Message
    flag: str
    on: bool


@dataclass(eq=False)
class Delete(Action):
    """A message deleted, by a user who saw these *flags*."""

    message: Message
    flags: frozenset[str]


@dataclass(eq=False)
class Move(Action):
    """A message moved. Where the move may have been made, it left *source* and its UID there."""

    message: Message
    target: Folder


@dataclass(eq=False)
class Upload(Action):
    """A draft written; its octets are in the message."""

    message: Message
    flags: frozenset[str]


@dataclass(eq=False)
class Create(Action):
    """A folder made."""

    folder: Folder


@dataclass(eq=False)
class Rename(Action):
    """A folder renamed."""

    folder: Folder
    to: str


@dataclass
class Cache:
    """All a client keeps between visits."""

    folders: list[Folder] = field(default_factory=list)
    queue: list[Action] = field(default_factory=list)

    def named(self, name: str) -> Folder | None:
        """The folder of that name, as the server has it."""
        return next((folder for folder in self.folders if folder.created and folder.name == name), None)

    def drop(self, folder: Folder) -> None:
        """The server has it no more; what was to be done in it fails by itself."""
        folder.reset(0)
        folder.gone = True
        self.folders.remove(folder)

    def renamed(self, folder: Folder, to: str) -> None:
        """The server has renamed it, with all below it (RFC 9051 §6.3.6)."""
        above = folder.name + "/"
        for each in self.folders:
            if each.name.startswith(above):
                each.name = f"{to}/{each.name.removeprefix(above)}"
        folder.name = to

    def seen(self, message: Message) -> tuple[Folder, frozenset[str], bool]:
        """What the user sees of *message*: its folder, its flags, and whether it was deleted."""
        home, flags, deleted = message.home, message.flags, False
        for action in self.queue:
            match action:
                case Move(message=moved, target=target) if moved is message:
                    home = target
                case SetFlag(message=flagged, flag=flag, on=on) if flagged is message:
                    flags = flags | {flag} if on else flags - {flag}
                case Upload(message=draft, flags=given) if draft is message:
                    flags = given
                case Delete(message=gone) if gone is message:
                    deleted = True
                case _:
                    pass
        return home.actual(), flags, deleted

    def visible(self) -> list[Message]:
        """Messages the user can do something with."""
        drafts = [action.message for action in self.queue if isinstance(action, Upload)]
        known = [one for folder in self.folders for one in folder.messages.values() if one.raw is not None]
        return [message for message in dict.fromkeys((*known, *drafts)) if not self.seen(message)[2]]
