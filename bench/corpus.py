"""Realistic mail, the same for the same seed: threads, HTML, attachments, charsets; about 5 KB each, with a tail to megabytes.

``python -m bench.corpus PATH --messages N --format maildir`` writes it to files, in a few mailboxes.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import quopri
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.model.mailbox_name import MailboxName
from restante.ops.exporting.mbox import MboxTarget
from restante.ops.exporting.model import Letter, Target
from restante.ops.exporting.one_file_each import EmlTarget, MaildirTarget
from restante.store.arrival import email_id

NEWEST = 1_790_000_000
"""When the last message came, epoch seconds."""

STEP = 1_800
"""Seconds between messages, on average."""

MAILBOXES = ("INBOX", "INBOX", "INBOX", "Sent", "Archive/2025", "Archive/2026", "Lists/db-dev", "Entwürfe & Notizen")
KEYWORDS = ("$Forwarded", "$label1", "NonJunk", "receipts")
WORDS = (  # noqa: SIM905 - a paragraph reads better
    "the of and a to in is you that it he was for on are as with his they at be this have from or one had by word but not "
    "what all were we when your can said there use an each which she do how their if will up other about out many then them "
    "meeting budget invoice release patch review schedule deploy server report customer contract travel hotel ticket"
).split()
FOREIGN = {
    "utf-8": "Grüße aus Köln, żółć, Ελληνικά, 手紙, до свидания".split(),  # noqa: SIM905
    "iso-8859-1": "Grüße übermäßig café naïve señor København".split(),  # noqa: SIM905
    "koi8-r": "привет мир письмо встреча завтра деньги".split(),  # noqa: SIM905
    "iso-2022-jp": "手紙 会議 明日 東京 資料".split(),  # noqa: SIM905
}
RARE = "zeppelin"
"""A word of one message in a thousand or so, so that there is something to look for."""

PEOPLE = [
    (f"{first} {last}", f"{first}.{last}@{host}".lower())
    for first, last, host in zip(
        ("Anna", "Bob", "Chloe", "Dmitri", "Eve", "Farid", "Grace", "Hiro", "Ines", "Jan"),
        ("Miller", "Jones", "Petit", "Ivanov", "Adams", "Khan", "Lee", "Tanaka", "Costa", "Kowalski"),
        ("example.org", "example.com", "example.net", "mail.example.org", "corp.example.com") * 2,
        strict=True,
    )
]


@dataclass(frozen=True, slots=True)
class Sample:
    """A message: its octets with CRLF, and what a mailbox knows of it."""

    mailbox: MailboxName
    raw: bytes
    date: MailDate
    flags: FlagSet


@dataclass(slots=True)
class _Thread:
    subject: str
    ids: list[str] = field(default_factory=list)


def samples(count: int, seed: int = 1) -> Iterator[Sample]:
    """*count* messages in order of their dates."""
    rng = random.Random(seed)
    threads: list[_Thread] = []
    for number in range(count):
        # Each has a generator of its own, so that a longer corpus begins with the shorter one.
        yield _sample(random.Random(rng.random()), number, threads)


def _sample(rng: random.Random, number: int, threads: list[_Thread]) -> Sample:
    date = MailDate(NEWEST - 400 * 86_400 + number * STEP + rng.randrange(STEP), rng.choice((-480, 0, 60, 120, 540)))
    charset = rng.choices(("us-ascii", *FOREIGN), (60, 25, 8, 4, 3))[0]
    thread = _thread(rng, threads, charset)
    name = hashlib.sha256(str((number, thread.subject)).encode()).hexdigest()[:20]
    ident = f"<{name}@{rng.choice(PEOPLE)[1].partition('@')[2]}>"
    raw = "\r\n".join(_header(rng, date, thread, ident, charset)).encode("ascii") + b"\r\n" + _content(rng, charset)
    thread.ids.append(ident)
    return Sample(MailboxName(rng.choice(MAILBOXES)), raw, date, _flags(rng))


def number_at(date: int) -> int:
    """Which message comes about then, counting from 0; *date* in epoch seconds. It may be one off."""
    return (date - NEWEST + 400 * 86_400) // STEP


def _thread(rng: random.Random, threads: list[_Thread], charset: str) -> _Thread:
    if threads and rng.random() < 0.55:
        return rng.choice(threads[-40:])
    threads.append(_Thread(_encoded_word(" ".join(_words(rng, charset, rng.randint(2, 8))), charset)))
    return threads[-1]


def _header(rng: random.Random, date: MailDate, thread: _Thread, ident: str, charset: str) -> list[str]:
    sender, *to = rng.sample(PEOPLE, rng.randint(2, 5))
    written = date.wire().decode().replace("-", " ", 2)
    lines = [
        f"Return-Path: <{sender[1]}>",
        *(
            f"Received: from relay{hop}.example.net (relay{hop}.example.net [192.0.2.{hop + 1}])\r\n\tby mx{hop}.example.org "
            f"with ESMTPS id {rng.getrandbits(48):012x};\r\n\t{written}"
            for hop in range(rng.randint(1, 4))
        ),
    ]
    if rng.random() < 0.6:
        signature = base64.b64encode(rng.randbytes(256)).decode()
        lines.append(
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={sender[1].partition('@')[2]};\r\n\tb={signature}"
        )
    lines += [
        f"Date: {written}",
        f"From: {sender[0]} <{sender[1]}>",
        "To: " + ",\r\n\t".join(f'"{name}" <{address}>' for name, address in to),
        f"Subject: {'Re: ' if thread.ids else ''}{thread.subject}",
        f"Message-ID: {ident}",
    ]
    if thread.ids:
        lines += [f"In-Reply-To: {thread.ids[-1]}", "References: " + "\r\n\t".join(thread.ids[-10:])]
    return [*lines, "MIME-Version: 1.0"]


def _encoded_word(text: str, charset: str) -> str:
    if text.isascii():
        return text
    return " ".join(f"=?{charset}?B?{base64.b64encode(word.encode(charset)).decode()}?=" for word in text.split())


def _words(rng: random.Random, charset: str, count: int) -> list[str]:
    own = FOREIGN.get(charset)
    return [rng.choice(own) if own and rng.random() < 0.3 else rng.choice(WORDS) for _ in range(count)]


def _content(rng: random.Random, charset: str) -> bytes:
    shape = rng.choices((_text, _alternative, _attached), (46, 48, 6))[0]
    return shape(rng, charset)


def _rare(rng: random.Random) -> str:
    """What a text may begin with; one in a thousand texts does."""
    return f"Tell me of the {RARE}.\n" if rng.random() < 0.001 else ""


def _prose(rng: random.Random, charset: str, octets: int) -> str:
    lines: list[str] = []
    length = 0
    while length < octets:
        line = " ".join(_words(rng, charset, rng.randint(4, 12)))
        # What an mbox has to quote turns up in real mail, too.
        line = f"From {line}" if rng.random() < 0.003 else f"> {line}" if rng.random() < 0.2 else line
        lines += [line, ""] if rng.random() < 0.15 else [line]
        length += len(line)
    return _rare(rng) + "\n".join(lines) + "\n"


def _length(rng: random.Random) -> int:
    return min(60_000, int(rng.lognormvariate(6.6, 0.9)))


def _text(rng: random.Random, charset: str, octets: int | None = None, subtype: str = "plain") -> bytes:
    text = _prose(rng, charset, octets or _length(rng))
    if subtype == "html":
        text = (
            "<html><body>\n" + "\n".join(f"<p class=3D>{line}</p>" for line in text.splitlines()) + "\n</body></html>\n"
        )
    data = text.encode(charset)
    encoding = "7bit" if charset in ("us-ascii", "iso-2022-jp") else rng.choice(("8bit", "quoted-printable", "base64"))
    if encoding == "quoted-printable":
        data = quopri.encodestring(data)
    elif encoding == "base64":
        data = base64.encodebytes(data)
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + data.replace(b"\n", b"\r\n")


def _multipart(rng: random.Random, subtype: str, parts: list[bytes]) -> bytes:
    boundary = f"=_{rng.getrandbits(64):016x}".encode()
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n%s--%s--\r\n' % (
        subtype.encode(),
        boundary,
        body,
        boundary,
    )


def _alternative(rng: random.Random, charset: str) -> bytes:
    octets = _length(rng)
    parts = [_text(rng, charset, octets), _text(rng, charset, octets, "html")]
    return _multipart(rng, "alternative", parts)


def _attached(rng: random.Random, charset: str) -> bytes:
    size = min(3_000_000, int(rng.lognormvariate(9.1, 1.2)))
    name, kind = rng.choice(
        (("report.pdf", "application/pdf"), ("photo.jpg", "image/jpeg"), ("data.zip", "application/zip"))
    )
    head = (
        f"Content-Type: {kind}; name={name}\r\nContent-Disposition: attachment; filename={name}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode()
    return _multipart(
        rng, "mixed", [_text(rng, charset), head + base64.encodebytes(rng.randbytes(size)).replace(b"\n", b"\r\n")]
    )


def _flags(rng: random.Random) -> FlagSet:
    flags = ["\\Seen"] if rng.random() < 0.85 else []
    flags += [flag for flag, chance in (("\\Answered", 0.2), ("\\Flagged", 0.05)) if rng.random() < chance]
    flags += [keyword for keyword in KEYWORDS if rng.random() < 0.04]
    return FlagSet(flags)


TARGETS: dict[str, Callable[[Path], Target]] = {
    "maildir": lambda path: MaildirTarget(path, plus=False),
    "maildir++": lambda path: MaildirTarget(path, plus=True),
    "mbox": MboxTarget,
    "mbox.gz": lambda path: MboxTarget(path, packed=True),
    "eml": EmlTarget,
}


def write(path: Path, count: int, form: str = "maildir", seed: int = 1) -> int:
    """Writes a corpus to *path*; its octets."""
    target = TARGETS[form](path)
    boxes = {}
    octets = 0
    for uid, sample in enumerate(samples(count, seed), 1):
        if sample.mailbox not in boxes:
            boxes[sample.mailbox] = target.mailbox(sample.mailbox, KEYWORDS)
        box = boxes[sample.mailbox]
        writing = box.begin(Letter(Uid(uid), email_id(sample.raw), sample.date, sample.flags, lf=True)) if box else None
        if writing is not None:
            writing.write(sample.raw)
            writing.done()
        octets += len(sample.raw)
    for box in boxes.values():
        if box:
            box.close()
    target.finish(sorted(boxes))
    return octets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--format", choices=sorted(TARGETS), default="maildir")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    begun = time.monotonic()
    octets = write(given.path, given.messages, given.format, given.seed)
    mean = octets / max(1, given.messages)
    print(f"{given.messages} messages, {octets} octets, {mean:.0f} each, in {time.monotonic() - begun:.1f} s")


if __name__ == "__main__":
    main()
