"""Clients that keep a server busy with everything that changes mail, each noting in a ledger what it was promised.

Worker 0 empties INBOX into a mailbox of its own; the others have mailboxes of their own, and may put messages into INBOX; the
last delivers over LMTP. So every message has one client that alone may change or remove it. A worker works until the server
is gone, or until it is told to stop.
"""

from __future__ import annotations

import random
import re
import smtplib
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from tests.support.ledger import UNKNOWN, Box, Found, Ledger, Message, Pending
from tests.support.talk import Gone, Talk

ACCOUNT: Final = "crash"
PASSWORD: Final = "sesame-7-open"
WORKERS: Final = 5
SIZES: Final = (2, 20, 150, 1200, 3000)
"""Lines of 60 octets, roughly; the last two make more than 64 KiB."""

_MOST: Final = 40
_BOXES: Final = 4
_UID: Final = re.compile(rb"UID (\d+)")
_FLAGS: Final = re.compile(rb"FLAGS \(([^)]*)\)")
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")
_MODSEQ: Final = re.compile(rb"MODSEQ \((\d+)\)")
_LITERAL: Final = re.compile(rb"\] \{(\d+)\}\r\n")
_SUBJECT: Final = re.compile(rb"Subject: (\S+)")
_LIST: Final = re.compile(rb'\* LIST \([^)]*\) "/" "?([^"\r]*)"?\r\n')
_NUMBERS: Final = re.compile(rb"([A-Z]+) (\d+)")
_LINES: Final = "{0} with much to say, and this is the rest of this line.\r\n"
_FLAG_SETS: Final = ((), ("\\Seen",), ("\\Seen", "$Work"), ("\\Flagged",))


def octets(token: str, lines: int) -> bytes:
    """A message that can be told from any other."""
    return f"Subject: {token}\r\n\r\n".encode() + _LINES.format(token).encode() * lines


def token_of(raw: bytes) -> str:
    """The token of a message, which must be whole; what a delivery put before it is let pass."""
    start = raw.index(b"Subject: ")
    assert not start or raw.startswith(b"Return-Path: <"), "a message is not what was stored"
    raw = raw[start:]
    token = raw[len(b"Subject: ") : raw.index(b"\r\n")].decode()
    lines = (len(raw) - len(octets(token, 0))) // len(_LINES.format(token))
    assert raw == octets(token, lines), "a message is not what was stored"
    return token


def uids_of(text: str) -> list[int]:
    """The numbers of a UID set, in its order."""
    ends = [part.partition(":") for part in text.split(",")]
    return [uid for first, _, last in ends for uid in range(int(first), int(last or first) + 1)]


def snapshot(talk: Talk) -> dict[str, Found]:
    """Every mailbox with every message, read whole; every figure must agree with a recount."""
    listed = [_LIST.fullmatch(line) for line in talk.command('LIST "" "*"').untagged]
    names = [found[1].decode() for found in listed if found]
    return {name: _found(talk, name) for name in names}


def _found(talk: Talk, name: str) -> Found:
    items = "MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ"
    status = talk.command(f'STATUS "{name}" ({items})').untagged[-1]
    figures = {key.decode(): int(number) for key, number in _NUMBERS.findall(status.rpartition(b"(")[2])}
    exists = talk.command(f'EXAMINE "{name}"').untagged
    assert b"* %d EXISTS\r\n" % figures["MESSAGES"] in exists
    lines = talk.command("UID FETCH 1:* (UID FLAGS RFC822.SIZE MODSEQ BODY.PEEK[])").untagged
    messages, size = {}, 0
    for uid, octets_of, flags, modseq, raw in map(_message, (line for line in lines if b"FETCH" in line[:30])):
        messages[uid] = Message(token_of(raw), flags)
        assert octets_of == len(raw)
        assert modseq <= figures["HIGHESTMODSEQ"]
        size += len(raw)
    flags_of = [message.flags for message in messages.values()]
    assert figures["MESSAGES"] == len(messages), "a message cannot be fetched"
    assert figures["UNSEEN"] == sum("\\seen" not in flags for flags in flags_of)
    assert figures["DELETED"] == sum("\\deleted" in flags for flags in flags_of)
    assert figures["SIZE"] == size
    return Found(figures["UIDVALIDITY"], messages, figures["UIDNEXT"], figures["HIGHESTMODSEQ"])


def _message(line: bytes) -> tuple[int, int, frozenset[str], int, bytes]:
    literal = _LITERAL.search(line)
    assert literal is not None, line[:200]
    end = literal.end() + int(literal[1])
    head, raw = line[: literal.start()] + line[end:], line[literal.end() : end]
    uid, size, modseq = (_first(each, head) for each in (_UID, _SIZE, _MODSEQ))
    return int(uid), int(size), _flags(head), int(modseq), raw


def _flags(text: bytes) -> frozenset[str]:
    return frozenset(_first(_FLAGS, text).decode().lower().split()) - {"\\recent"}


def _first(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    found = pattern.search(text)
    assert found is not None, text
    return found[1]


class Worker:
    """One client. After it ended, *error* is what it could not explain, and *bye* the server's last word."""

    def __init__(self, number: int, ports: tuple[int, int], ledger: Ledger, seed: str, stop: threading.Event) -> None:
        self.thread = threading.Thread(target=self.run, name=f"client {number}", daemon=True)
        self._number = number
        self._ports = ports
        self._ledger = ledger
        self._seed = f"{seed}.{number}"
        self._chance = random.Random(self._seed)
        self._stop_asked = stop
        self._count = 0
        self._selected = ""
        self.bye = b""
        self.error: BaseException | None = None

    def run(self) -> None:
        """Work to the end."""
        try:
            self._deliver() if self._number == WORKERS - 1 else self._work()
        except Gone as gone:
            self.bye = gone.bye
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            self.error = error

    def _work(self) -> None:
        with Talk(self._ports[0], login=(ACCOUNT, PASSWORD)) as talk:
            self._talk = talk
            actions = self._collector() if self._number == 0 else self._owner()
            while not self._stop_asked.is_set():
                self._chance.choice(actions)()

    def _collector(self) -> list[Callable[[], None]]:
        return [self._collect, self._collect, self._flag, self._flag, self._expunge, self._flag_inbox]

    def _owner(self) -> list[Callable[[], None]]:
        often = [self._append, self._append, self._append, self._flag, self._flag, self._copy, self._move]
        return [*often, self._expunge, self._create, self._rename, self._delete]

    # What is asked, and what it came to

    def _asking(self, pending: Pending) -> AbstractContextManager[None]:
        return self._ledger.asking(self._number, pending)

    def _own(self) -> list[str]:
        with self._ledger.lock:
            return [name for name in self._ledger.boxes if name.startswith(f"{self._number}/")]

    def _some(self, box: str, most: int) -> dict[int, Message]:
        messages = dict(self._ledger.boxes[box].messages)
        count = min(self._chance.randint(1, most), len(messages))
        return {uid: messages[uid] for uid in sorted(self._chance.sample(sorted(messages), count))}

    def _select(self, box: str) -> None:
        if self._selected != box:
            self._talk.command(f'SELECT "{box}"')
            self._selected = box

    def _let_go(self, box: str) -> None:
        if self._selected == box:
            self._talk.command("UNSELECT")
            self._selected = ""

    def _new(self) -> tuple[str, bytes]:
        self._count += 1
        token = f"{self._seed}.{self._count}"
        return token, octets(token, self._chance.choice(SIZES))

    def _add(self, box: str, uids: Sequence[int], messages: Sequence[Message]) -> None:
        with self._ledger.lock:
            for uid, message in zip(uids, messages, strict=True):
                self._ledger.boxes[box].add(uid, message)

    def _append(self) -> None:
        box = self._chance.choice([*self._own(), "INBOX"])
        if len(self._ledger.boxes[box].messages) > _MOST:
            return
        new = [self._new() for _ in range(self._chance.choice((1, 1, 1, 3)))]
        flags = self._chance.choice(_FLAG_SETS)
        text = f'APPEND "{box}"' + f" ({' '.join(flags)}) {{}}" * len(new)
        with self._asking(Pending("append", box, tokens=tuple(token for token, _ in new))):
            reply = self._talk.command(text, *(raw for _, raw in new))
            lowered = frozenset(flag.lower() for flag in flags)
            self._add(box, uids_of(reply.code[2]), [Message(token, lowered) for token, _ in new])

    def _copy(self) -> None:
        box, target = self._chance.choice(self._own()), self._chance.choice([*self._own(), "INBOX"])
        some = self._some(box, 4)
        if some and len(self._ledger.boxes[target].messages) <= _MOST:
            self._select(box)
            with self._asking(Pending("copy", box, messages=some, target=target)):
                code = self._talk.command(f'UID COPY {_set(some)} "{target}"').code
                assert uids_of(code[2]) == list(some)
                self._add(target, uids_of(code[3]), list(some.values()))

    def _move(self) -> None:
        box, target = self._chance.choice(self._own()), self._chance.choice(self._own())
        if box != target:
            self._move_some(box, target, self._some(box, 4))

    def _move_some(self, box: str, target: str, some: dict[int, Message]) -> None:
        if not some:
            return
        self._select(box)
        with self._asking(Pending("move", box, messages=some, target=target)):
            untagged = self._talk.command(f'UID MOVE {_set(some)} "{target}"').untagged
            code = next(line for line in untagged if b"COPYUID" in line).decode().partition("]")[0].split()
            assert uids_of(code[4]) == list(some)
            self._add(target, uids_of(code[5]), list(some.values()))
            with self._ledger.lock:
                self._ledger.boxes[box].remove(some)

    def _collect(self) -> None:
        """Move what came to INBOX, after a look at what it is."""
        if len(self._ledger.boxes["0/a"].messages) <= _MOST:
            seen = self._look()
            uids = self._chance.sample(sorted(seen), min(self._chance.randint(1, 5), len(seen)))
            self._move_some("INBOX", "0/a", {uid: seen[uid] for uid in sorted(uids)})

    def _look(self) -> dict[int, Message]:
        self._select("INBOX")
        lines = self._talk.command("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").untagged
        seen = {}
        for line in lines:
            if b"HEADER" in line:
                seen[int(_first(_UID, line))] = Message(_first(_SUBJECT, line).decode(), _flags(line))
        self._add("INBOX", list(seen), list(seen.values()))
        return seen

    def _flag_inbox(self) -> None:
        seen = self._look()
        self._store("INBOX", dict(list(seen.items())[:6]))

    def _flag(self) -> None:
        box = self._chance.choice(self._own())
        self._store(box, self._some(box, 8))

    def _store(self, box: str, some: dict[int, Message]) -> None:
        if not some:
            return
        self._select(box)
        change, flags = self._chance.choice("+-"), frozenset(self._chance.choice(_FLAG_SETS[1:]))
        lowered = {flag.lower() for flag in flags}
        new = {
            uid: Message(each.token, each.flags | lowered if change == "+" else each.flags - lowered)
            for uid, each in some.items()
        }
        with self._asking(Pending("store", box, messages=new)):
            self._talk.command(f"UID STORE {_set(some)} {change}FLAGS.SILENT ({' '.join(flags)})")
            with self._ledger.lock:
                self._ledger.boxes[box].messages.update(new)

    def _expunge(self) -> None:
        box = self._chance.choice(self._own())
        some = self._some(box, 3 if len(self._ledger.boxes[box].messages) < _MOST else 20)
        if not some:
            return
        self._select(box)
        deleted = {uid: Message(each.token, each.flags | {"\\deleted"}) for uid, each in some.items()}
        with self._asking(Pending("store", box, messages=deleted)):
            self._talk.command(f"UID STORE {_set(some)} +FLAGS (\\Deleted)")
            with self._ledger.lock:
                self._ledger.boxes[box].messages.update(deleted)
        with self._asking(Pending("expunge", box, messages=deleted)):
            self._talk.command(f"UID EXPUNGE {_set(some)}")
            with self._ledger.lock:
                self._ledger.boxes[box].remove(some)

    def _name(self) -> str:
        self._count += 1
        return f"{self._number}/{self._seed}-{self._count}"

    def _create(self) -> None:
        if len(self._own()) >= _BOXES:
            return
        box = self._name()
        with self._asking(Pending("create", box)):
            self._talk.command(f'CREATE "{box}"')
            with self._ledger.lock:
                self._ledger.boxes[box] = Box(UNKNOWN)
        self._made(box)

    def _made(self, box: str) -> None:
        status = self._talk.command(f'STATUS "{box}" (UIDVALIDITY)').untagged[-1]
        with self._ledger.lock:
            self._ledger.boxes[box] = self._ledger.new_box(int(_NUMBERS.findall(status)[-1][1]))

    def _rename(self) -> None:
        box, new = self._chance.choice(self._own()), self._name()
        if box.endswith("/a"):
            return
        self._let_go(box)
        with self._asking(Pending("rename", box, target=new)):
            self._talk.command(f'RENAME "{box}" "{new}"')
            with self._ledger.lock:
                self._ledger.boxes[new] = self._ledger.boxes.pop(box)

    def _delete(self) -> None:
        box = self._chance.choice(self._own())
        if box.endswith("/a"):
            return
        self._let_go(box)
        with self._asking(Pending("delete", box)):
            self._talk.command(f'DELETE "{box}"')
            with self._ledger.lock:
                del self._ledger.boxes[box]

    # LMTP

    def _deliver(self) -> None:
        try:
            with smtplib.LMTP("127.0.0.1", self._ports[1], timeout=20) as lmtp:
                while not self._stop_asked.is_set():
                    self._deliver_one(lmtp)
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            raise Gone from error
        except smtplib.SMTPResponseException as error:
            if error.smtp_code != 421:
                raise
            raise Gone(b"421") from error

    def _deliver_one(self, lmtp: smtplib.LMTP) -> None:
        if len(self._ledger.boxes["INBOX"].messages) > 2 * _MOST:
            lmtp.noop()
            return
        token, raw = self._new()
        with self._asking(Pending("deliver", "INBOX", tokens=(token,))):
            lmtp.sendmail("renee@example.test", [ACCOUNT], raw)
            with self._ledger.lock:
                self._ledger.delivered.add(token)


def _set(messages: dict[int, Message]) -> str:
    return ",".join(map(str, messages))


class Workload:
    """All the clients at once."""

    def __init__(self, ports: tuple[int, int], ledger: Ledger, seed: str) -> None:
        self._stop = threading.Event()
        self.workers = [Worker(number, ports, ledger, seed, self._stop) for number in range(WORKERS)]
        for worker in self.workers:
            worker.thread.start()

    def finish(self) -> None:
        """Let the clients stop when they have an answer to what they asked last, and check how they ended."""
        self._stop.set()
        self.ended()

    def ended(self) -> None:
        """Wait for the clients of a server that is gone. Raises what one of them could not explain."""
        for worker in self.workers:
            worker.thread.join(30)
            assert not worker.thread.is_alive(), f"{worker.thread.name} still waits"
            if worker.error is not None:
                raise worker.error


def prepare(talk: Talk, ledger: Ledger) -> None:
    """Make the clients' mailboxes, and learn what there is."""
    for number in range(WORKERS - 1):
        talk.command(f'CREATE "{number}/a"')
    for name, found in sorted(snapshot(talk).items(), key=lambda each: each[1].uid_validity):
        ledger.boxes[name] = ledger.new_box(found.uid_validity)
