"""Messages to test against: the corpus beside the project, and the standard library's own."""

from __future__ import annotations

import email
from pathlib import Path

import pytest

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
