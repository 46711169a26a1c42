"""What it costs to work out a message at arrival, beside the standard library's parser on the same octets in the same run.

CPU time of the fastest of several rounds, microseconds a message.
"""

from __future__ import annotations

import email
import time
from collections.abc import Callable

from restante.store.arrival import email_id, summarise

ROUNDS = 7
SECONDS_A_ROUND = 0.05


def cost(work: Callable[[], object]) -> float:
    """CPU microseconds of one call, at best."""
    once = _elapsed(work, 1)
    times = max(1, int(SECONDS_A_ROUND / max(once, 1e-6)))
    return min(_elapsed(work, times) for _ in range(ROUNDS)) / times * 1e6


def _elapsed(work: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - start


HEADER = b"\r\n".join(
    [
        b"Return-Path: <ann@example.org>",
        *[
            b"Received: from relay%d.example.net (relay%d.example.net [192.0.2.%d])\r\n\tby mx.example.com with ESMTPS"
            b" id 0123456789abcdef;\r\n\tWed, 25 Mar 2026 10:00:0%d +0100" % (n, n, n, n)
            for n in range(4)
        ],
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=mail;\r\n\tb=" + b"A" * 340,
        b"From: =?utf-8?q?Ann_M=C3=BCller?= <ann@example.org>",
        b'To: "Bob, the builder" <bob@example.com>, Carol <carol@example.com>',
        b"Subject: Re: [list] The quarterly figures",
        b"Date: Wed, 25 Mar 2026 10:00:00 +0100",
        b"Message-ID: <20260325.1@example.org>",
        b"References: <20260324.1@example.org> <20260324.2@example.com>",
        b"In-Reply-To: <20260324.2@example.com>",
        b"MIME-Version: 1.0",
        b"X-Mailer: Example 1.0",
    ]
)
LINE = b"A line of text as people write them, not too short and not too long.\r\n"


def plain(size: int) -> bytes:
    """A message of one text part."""
    return HEADER + b"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + LINE * (size // len(LINE))


def alternative(size: int) -> bytes:
    """A message of text and HTML, as most mail is."""
    half = LINE * (size // 2 // len(LINE))
    return b"\r\n".join(
        [
            HEADER,
            b'Content-Type: multipart/alternative; boundary="=_b"',
            b"",
            b"--=_b",
            b"Content-Type: text/plain; charset=utf-8",
            b"Content-Transfer-Encoding: 8bit",
            b"",
            half,
            b"--=_b",
            b"Content-Type: text/html; charset=utf-8",
            b"Content-Transfer-Encoding: 8bit",
            b"",
            b"<p>" + half + b"</p>",
            b"--=_b--",
            b"",
        ]
    )


MAILS = {
    "plain, 2 KB": plain(2_000),
    "plain, 10 KB": plain(10_000),
    "alternative, 10 KB": alternative(10_000),
    "alternative, 100 KB": alternative(100_000),
    "plain, 5 MB": plain(5_000_000),
}


def main() -> None:
    print(f"{'mail':22} {'octets':>9} {'summary':>9} {'id':>7} {'email.parser':>13} {'ratio':>6}")
    for name, raw in MAILS.items():
        ours = cost(lambda raw=raw: summarise(raw))  # type: ignore[misc]  # bound per turn
        ident = cost(lambda raw=raw: email_id(raw))  # type: ignore[misc]  # bound per turn
        theirs = cost(lambda raw=raw: email.message_from_bytes(raw))  # type: ignore[misc]  # bound per turn
        print(f"{name:22} {len(raw):9} {ours:9.0f} {ident:7.1f} {theirs:13.0f} {ours / theirs:6.2f}")


if __name__ == "__main__":
    main()
