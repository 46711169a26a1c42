"""Messages to test against: the corpus beside the project, and the standard library's own."""

from __future__ import annotations

import email
from email.message import Message
from pathlib import Path

import pytest

from restante.mime.part import Part

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


def corpus() -> list[Path]:
    """The corpus's messages; skips the test where there is no corpus."""
    found = sorted(CORPUS.glob("**/*.eml"))
    if not found:
        pytest.skip(f"no corpus of messages at {CORPUS}")
    return found


def stdlib_messages() -> list[Path]:
    """The messages the standard library's tests come with; skips the test where they are not installed."""
    data = Path(email.__file__).parent.parent / "test" / "test_email" / "data"
    found = sorted(data.glob("msg_*.txt"))
    if not found:
        pytest.skip(f"the standard library's test messages are not installed at {data}")
    return found


def differs(raw: bytes, part: Part, parsed: Message) -> str:
    """Where the standard library sees another tree, in words; empty if it does not."""
    if part.type + b"/" + part.subtype != parsed.get_content_type().upper().encode():
        return f"{part.type!r}/{part.subtype!r} is not {parsed.get_content_type()}"
    if part.type == b"MULTIPART":
        payload = parsed.get_payload()
        if len(payload) != len(part.children):
            return f"{len(part.children)} parts, not {len(payload)}"
        pairs = zip(part.children, payload, strict=True)
        return next(
            (found for one, other in pairs if isinstance(other, Message) and (found := differs(raw, one, other))), ""
        )
    if part.message is not None:
        inner = parsed.get_payload(0)
        return differs(raw, part.message, inner) if isinstance(inner, Message) else "no message"
    text = parsed.get_payload()
    if isinstance(text, list):
        return ""  # it takes reports apart that are no multiparts
    mine = raw[part.body_start : part.end].decode("ascii", "surrogateescape")
    return "" if text == mine else f"{mine!r} is not {text!r}"
