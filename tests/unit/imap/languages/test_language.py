"""What is said in another language, and which one that is (RFC 5255 §3, RFC 4647 §3.4)."""

from __future__ import annotations

import ast
import string
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import restante
from restante.imap.extensions.language import LANGUAGES
from restante.imap.languages.french import FRENCH, TEXTS
from restante.imap.languages.language import ENGLISH, Language, negotiated


def said() -> Iterator[str]:
    """Every text in the code, ``{}`` for what is put in."""
    for path in Path(restante.__file__).parent.rglob("*.py"):
        if "languages" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
                elif isinstance(node, ast.JoinedStr):
                    yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def test_every_text_is_said_somewhere() -> None:
    known = set(said())
    # BadSyntax puts its text together from two.
    made = {"expected {} at octet {}", "expected {}"}
    assert [text for text in TEXTS if text not in known | made] == []


def test_what_is_put_in_stays() -> None:
    fields = string.Formatter().parse
    for english, own in TEXTS.items():
        assert english.count("{}") == own.count("{}") == sum(name is not None for _, name, _, _ in fields(own)), english


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Logged in", "Connecté"),
        ("UID FETCH completed", "UID FETCH effectué"),
        ("Syntax error: expected a space at octet 14", "Erreur de syntaxe : une espace attendu à l'octet 14"),
        (
            "FETCH is not allowed now: select a mailbox first",
            "FETCH n'est pas permis maintenant : ouvrez d'abord une boîte",
        ),
        ("{0} selected", "{0} est ouverte"),
        ("said by nobody", "said by nobody"),
        ("", ""),
    ],
)
def test_say(english: str, french: str) -> None:
    assert FRENCH.say(english) == french
    assert ENGLISH.say(english) == english


def test_long_texts_cost_little() -> None:
    start = time.process_time()
    for text in ("expected " * 60, " selected" * 60, "There is no message " + "; the mailbox holds " * 25):
        FRENCH.say(text)
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize(
    ("ranges", "tag"),
    [
        ("fr", "fr"),
        ("FR-ca en-CA", "fr"),
        ("de EN-gb fr", "en"),
        ("de", None),
        ("frx", None),
        ("i-default", "i-default"),
        ("default", "en"),
        ("de *", "en"),
        ("-", None),
        ("", None),
    ],
)
def test_negotiated(ranges: str, tag: str | None) -> None:
    found = negotiated(ranges.split(" "), LANGUAGES)
    assert (found.tag if found else None) == tag


def test_only_others_than_english_are_beyond_ascii() -> None:
    assert [language.utf8 for language in LANGUAGES] == [False, True, False]
    assert Language.of("x", {"a {}": "b {}"}).say("a a c") == "b b c"
