"""Base subjects (RFC 5256 §2.1, §5)."""

from __future__ import annotations

import pytest

from restante.mime.subject import base_subject


@pytest.mark.parametrize(
    ("subject", "base", "marked"),
    [
        ("", "", False),
        ("Hello", "Hello", False),
        ("  two   words\t\tand\r\n more ", "two words and more", False),
        ("Re: Hello", "Hello", True),
        ("RE:re: FW: fwd:Hello", "Hello", True),
        ("Fwd : Hello", "Hello", True),
        ("re [list] : Hello", "Hello", True),
        ("[list] Re: [list] Hello", "Hello", True),
        ("[a] [b] Hello", "Hello", False),
        ("[a][b]re: Hello", "Hello", True),
        ("[only]", "[only]", False),
        ("[a] [only]", "[only]", False),
        ("re: [only]", "[only]", True),
        ("Hello (fwd)", "Hello", True),
        ("Hello (FWD) (fwd)  ", "Hello", True),
        ("(fwd)", "", True),
        ("[fwd: Hello]", "Hello", True),
        ("[Fwd: Re: [fwd: [list] Hello (fwd)]]", "Hello", True),
        ("[fwd: Hello] there", "there", False),
        ("[fwd: Hello", "[fwd: Hello", False),
        ("[fwd:]", "", True),
        ("Reply: x", "Reply: x", False),
        ("re", "re", False),
        ("Re:", "", True),
        ("Re: [x", "[x", True),
        ("fw: a", "a", True),
        ("fwdd: a", "fwdd: a", False),
        ("AW: Antwort", "AW: Antwort", False),
        ("[a]b]", "b]", False),
    ],
)
def test_base_subject(subject: str, base: str, marked: bool) -> None:
    assert base_subject(subject) == (base, marked)


@pytest.mark.parametrize("piece", ["re:", "[a]", "[fwd:", "(fwd)", "[", " ", "re [", "fwd: [x] "])
def test_hundreds_of_thousands_of_prefixes_end(piece: str) -> None:
    assert len(base_subject(piece * 100_000 + "x" + "]" * 100_000)[0]) <= len(piece) * 100_000 + 100_001
