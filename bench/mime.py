"""Microseconds to scan a typical message of 10 KB, beside the standard library's parser in the same run."""

from __future__ import annotations

import email
import time
from collections.abc import Callable

from restante.imap.wire import structure
from restante.mime.encode import dump, load
from restante.mime.header import fields, select
from restante.mime.scan import scan
from restante.mime.text import decoded_text, preview

ROUNDS = 30
REPEATS = 40


def typical_message() -> bytes:
    """Five hops, a signature, two alternatives: about 10 KB."""
    hops = b"".join(
        b"Received: from mx%d.example.org (mx%d.example.org [192.0.2.%d])\r\n\tby store.example.org with ESMTPS id 4a%d\r\n"
        b"\tfor <user@example.org>; Mon, 1 Jan 2026 00:00:0%d +0000\r\n" % (hop, hop, hop, hop, hop)
        for hop in range(5)
    )
    header = (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=mail;\r\n\th=from:to:subject;\r\n\tb="
        + b"\r\n\t ".join([b"A" * 70] * 5)
        + b"\r\nDate: Mon, 1 Jan 2026 00:00:00 +0000\r\nFrom: Jane Doe <jane@example.com>\r\n"
        b'To: "Doe, John" <john@example.org>, other@example.net\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from afar\r\n'
        b"Message-ID: <20260101.1@example.com>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative;\r\n boundary="----=_Part_1_2.3"\r\n'
        + b"".join(b"X-Header-%d: some value\r\n" % number for number in range(10))
        + b"\r\n"
    )
    plain = b"A line of text, as people write them to one another.\r\n" * 60
    html = b"<p>A line of <b>text</b>, as programs write them.</p>\r\n" * 80
    return (
        hops
        + header
        + b"------=_Part_1_2.3\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        + plain
        + b"\r\n------=_Part_1_2.3\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + html
        + b"\r\n------=_Part_1_2.3--\r\n"
    )


def microseconds(work: Callable[[], object]) -> float:
    """The best of some rounds, for one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(REPEATS):
            work()
        best = min(best, time.perf_counter() - start)
    return best / REPEATS * 1e6


def main() -> None:
    raw = typical_message()
    part = scan(raw)
    packed = dump(part)
    header = raw[: part.body_start]
    assert part.envelope is not None
    sender = part.envelope
    rows: list[tuple[str, Callable[[], object]]] = [
        ("email.message_from_bytes (standard library)", lambda: email.message_from_bytes(raw)),
        ("scan", lambda: scan(raw)),
        ("envelope to octets", lambda: structure.envelope(sender)),
        ("BODYSTRUCTURE to octets", lambda: structure.body(part, True)),
        ("dump", lambda: dump(part)),
        ("load", lambda: load(packed)),
        ("header fields", lambda: fields(header)),
        ("HEADER.FIELDS (From To Date)", lambda: select(header, (b"From", b"To", b"Date"))),
        ("preview", lambda: preview(raw, part)),
        ("text for search", lambda: decoded_text(raw, part)),
    ]
    baseline = microseconds(rows[0][1])
    print(f"message of {len(raw)} octets, header of {len(header)}; dump of {len(packed)}")
    for name, work in rows:
        taken = microseconds(work)
        print(f"{taken:9.1f} us  {taken / baseline:6.2f} x  {name}")


if __name__ == "__main__":
    main()
