"""The tables that the protocol is made of: complete, without contradictions, and with words a reader can use."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

import pytest

from restante.imap.capability import values
from restante.imap.errors import STORE_CODES
from restante.imap.extensions.all import ALL
from restante.imap.hooks import CommandSpec
from restante.imap.registry import Extension, Registry
from restante.store.directory_errors import DirectoryError
from restante.store.errors import StoreError
from restante.store.model import StoreFeature

SOURCE: Final = Path(__file__).parent.parent / "src" / "restante"
EXTENSIONS: Final = SOURCE / "imap" / "extensions"

CODES: Final = {
    "RFC 9051 §7.1": "ALERT ALREADYEXISTS APPENDUID AUTHENTICATIONFAILED AUTHORIZATIONFAILED BADCHARSET CANNOT CAPABILITY "
    "CLIENTBUG CLOSED CONTACTADMIN COPYUID CORRUPTION EXPIRED EXPUNGEISSUED HASCHILDREN INUSE LIMIT NONEXISTENT NOPERM "
    "OVERQUOTA PARSE PERMANENTFLAGS PRIVACYREQUIRED READ-ONLY READ-WRITE SERVERBUG TRYCREATE UIDNEXT UIDNOTSTICKY "
    "UIDVALIDITY UNAVAILABLE UNKNOWN-CTE",
    "RFC 3501 §7.1": "UNSEEN",
    "RFC 4467": "BADURL URLMECH",
    "RFC 4469": "TOOBIG",
    "RFC 4978": "COMPRESSIONACTIVE",
    "RFC 5182": "NOTSAVED",
    "RFC 5255": "BADCOMPARATOR",
    "RFC 5464": "METADATA",
    "RFC 5465": "NOTIFICATIONOVERFLOW BADEVENT",
    "RFC 5466": "UNDEFINED-FILTER",
    "RFC 6154": "USEATTR",
    "RFC 7162": "HIGHESTMODSEQ MODIFIED NOMODSEQ",
    "RFC 7889": "TOOBIG",
    "RFC 8474": "MAILBOXID",
    "RFC 9586": "UIDREQUIRED",
    "RFC 4314": "NOPERM",
    "RFC 9738": "MESSAGELIMIT SAVELIMIT",
    "RFC 5530, 3502": "TOOFEW TOOMANY",
}
KNOWN: Final = {code for codes in CODES.values() for code in codes.split()}


@dataclass
class Anyone:
    """A client of which everything can be asked."""

    logged_in: bool = True
    tls_offered: bool = True
    login_allowed: bool = True
    mechanisms: tuple[str, ...] = ("PLAIN",)
    compressed: bool = False
    append_limit: int = 1000
    save_limit: int = 1000
    message_limit: int = 1000


def named(extension: Extension) -> str:
    return extension.name


@pytest.mark.parametrize("extension", ALL, ids=named)
def test_every_extension_says_what_it_is(extension: Extension) -> None:
    assert 1730 <= extension.rfc < 20_000
    assert 5 <= len(extension.summary) <= 80
    assert not extension.summary.endswith(".")


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(map(named, ALL)).items() if count > 1] == []


def test_every_file_is_in_the_list() -> None:
    files = {path.stem for path in EXTENSIONS.glob("*.py")} - {"__init__", "all"}
    tree = ast.parse((EXTENSIONS / "all.py").read_text())
    listed = {
        node.value.id for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert files <= listed


@pytest.mark.parametrize("logged_in", [False, True])
def test_no_capability_is_announced_twice(logged_in: bool) -> None:
    said = [name for extension in ALL for name in extension.capabilities(Anyone(logged_in=logged_in))]
    assert [name for name, count in Counter(said).items() if count > 1] == []
    assert said[0] == "IMAP4rev1"


@pytest.mark.parametrize("fact", [field.name for field in fields(Anyone)])
def test_what_is_announced_follows_every_fact(fact: str) -> None:
    """A registry keeps what it has said; it must not say it when a fact is another."""
    registry = Registry(ALL, frozenset(StoreFeature))
    usual = Anyone()
    other = replace(usual)
    setattr(other, fact, ("X",) if fact == "mechanisms" else not getattr(usual, fact))
    assert registry.capabilities(usual) == Registry(ALL, frozenset(StoreFeature)).capabilities(usual)
    assert registry.capabilities(other) == Registry(ALL, frozenset(StoreFeature)).capabilities(other)
    assert values(other) != values(usual)


def test_what_an_engine_lacks_is_not_announced() -> None:
    whole = Registry(ALL, frozenset(StoreFeature)).capabilities(Anyone()).split()
    least = Registry(ALL, frozenset()).capabilities(Anyone()).split()
    assert set(least) < set(whole)
    assert "MOVE" in whole
    assert "MOVE" not in least


def test_what_enable_takes_is_announced() -> None:
    whole = {name.upper() for name in Registry(ALL, frozenset(StoreFeature)).capabilities(Anyone()).split()}
    assert {name.upper() for extension in ALL for name in extension.enable} <= whole


def test_what_is_implied_can_be_enabled() -> None:
    known = {name.upper() for extension in ALL for name in extension.enable}
    assert {name.upper() for extension in ALL for name in extension.implies} <= known


def commands() -> Iterator[CommandSpec]:
    for extension in ALL:
        yield from extension.commands


@pytest.mark.parametrize("spec", list(commands()), ids=lambda spec: spec.name)
def test_every_commands_arguments_say_their_grammar(spec: CommandSpec) -> None:
    kind = inspect.getclosurevars(spec.read).nonlocals["kind"]
    assert inspect.getdoc(kind)
    assert inspect.getdoc(inspect.getclosurevars(spec.read).nonlocals["run"])
    assert spec.name == spec.name.upper()


def every(kind: type[StoreError]) -> Iterator[type[StoreError]]:
    for below in kind.__subclasses__():
        yield below
        yield from every(below)


@pytest.mark.parametrize("kind", list(every(StoreError)), ids=lambda kind: kind.__name__)
def test_every_store_error_has_an_answer(kind: type[StoreError]) -> None:
    """Those of the directory of accounts end in authentication, which has its own answers."""
    assert kind in STORE_CODES or issubclass(kind, DirectoryError)


def test_store_codes_are_known() -> None:
    assert {code.split()[0] for code in STORE_CODES.values() if code} <= KNOWN


def codes_in(tree: ast.AST) -> Iterator[str]:
    """Response codes as they are given to the values that carry them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            at = {"No": 1, "Bad": 1, "Disconnect": 1, "Done": 1, "status": 3}.get(name)
            given = [*node.args[at : at + 1]] if at is not None else []
            given += [keyword.value for keyword in node.keywords if at is not None and keyword.arg == "code"]
            for one in given:
                yield from _text(one)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            yield from _text(node.value)


def _text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value.split()[0]
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield str(node.values[0].value).split()[0]
    elif isinstance(node, ast.IfExp):
        yield from (*_text(node.body), *_text(node.orelse))


def test_response_codes_are_known() -> None:
    found = {code for path in (SOURCE / "imap").rglob("*.py") for code in codes_in(ast.parse(path.read_text()))}
    assert {"TRYCREATE", "CLOSED", "READ-ONLY", "APPENDUID"} <= found
    assert found <= KNOWN
