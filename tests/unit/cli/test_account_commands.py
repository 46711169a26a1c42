import json
import stat
from pathlib import Path

import pytest
from tests.support.command_line import CommandLine

from restante import app

CHEAP = ("--set", "auth.argon2_time=1", "--set", "auth.argon2_memory=1M", "--set", "auth.scram_iterations=0")


class Restante(CommandLine):
    """The command line over a data directory of its own, with cheap passwords."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.data = home / "mail"

    def account(self, *words: str, stdin: str | bytes = "") -> tuple[int, str, str]:
        """Exit code, standard output and standard error of ``restante account`` with *words*."""
        result = self("--data", str(self.data), *CHEAP, "account", *words, stdin=stdin)
        return result.exit_code, result.stdout, result.stderr

    def add(self, name: str, *words: str) -> None:
        assert self.account("add", name, "--password-stdin", *words, stdin="sesame\n")[0] == 0

    def listed(self) -> list[dict[str, object]]:
        code, out, _ = self.account("list", "--json")
        assert code == 0
        found: list[dict[str, object]] = json.loads(out)
        return found


@pytest.fixture
def restante(tmp_path: Path) -> Restante:
    return Restante(tmp_path)


def test_add_and_list(restante: Restante) -> None:
    code, out, err = restante.account(
        "add", "Ann", "--password-stdin", "--alias", "a@b.example", "--display-name", "Ann A.", stdin="sesame\n"
    )
    assert (code, out, err) == (0, "", "account Ann was added\n")
    (ann,) = restante.listed()
    assert ann.pop("id")
    assert str(ann.pop("created")).endswith("+00:00")
    assert ann == {"name": "ann", "display_name": "Ann A.", "disabled": False, "aliases": ["a@b.example"]}
    assert "ann" in restante.account("list")[1].splitlines()[1]
    assert stat.S_IMODE(restante.data.stat().st_mode) == 0o700


def test_nothing_is_made_by_commands_that_only_look(restante: Restante) -> None:
    for words in (("list",), ("disable", "ann"), ("delete", "ann", "--yes"), ("alias", "list", "ann")):
        code, out, err = restante.account(*words)
        assert (code, out) == (1, "")
        assert err == f"restante: {restante.data} holds no accounts; `restante account add NAME` makes the first\n"
    assert not restante.data.exists()


def test_an_invented_password_is_all_that_standard_output_gets(restante: Restante) -> None:
    code, out, err = restante.account("add", "ann", "--generate")
    assert (code, err) == (0, "account ann was added\n")
    assert len(out.strip()) >= 16
    assert out.count("\n") == 1
    assert restante.account("password", "ann", "--generate")[1] != out


@pytest.mark.parametrize(
    ("stdin", "reason"),
    [
        ("", "a password cannot be empty"),
        ("one\ntwo\n", "more than one line"),
        (b"\xff\n", "not UTF-8"),
        ("x" * 2000, "at most 1024"),
    ],
)
def test_passwords_that_are_none(restante: Restante, stdin: str | bytes, reason: str) -> None:
    code, _, err = restante.account("add", "ann", "--password-stdin", stdin=stdin)
    assert code == 1
    assert reason in err
    assert err.startswith("restante: ")
    assert err.count("\n") == 1


def test_without_a_terminal_the_password_must_be_given_otherwise(restante: Restante) -> None:
    code, _, err = restante.account("add", "ann", stdin="sesame\n")
    assert code == 2
    assert "--password-stdin or --generate" in err
    assert restante.account("add", "ann", "--generate", "--password-stdin")[0] == 2


def test_on_a_terminal_the_password_is_asked_for_twice(restante: Restante, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restante.cli.account_commands._is_terminal", lambda: True)
    code, out, err = restante.account("add", "ann", stdin="sesame\nsesam\nsesame\nsesame\n")
    assert (code, out) == (0, "")
    assert "do not match" in err
    assert "sesame" not in err
    assert restante.account("delete", "ann", stdin="n\n")[0] == 1
    assert len(restante.listed()) == 1
    assert restante.account("delete", "ann", stdin="y\n")[0] == 0
    assert restante.listed() == []


def test_refusals_are_one_line_and_exit_1(restante: Restante) -> None:
    restante.add("ann")
    for words in (
        ("add", "ann", "--generate"),
        ("add", "a b\x1b[31m", "--generate"),
        ("add", "bob", "--generate", "--alias", "ann"),
        ("rename", "zed", "zoe"),
        ("password", "zed", "--generate"),
        ("disable", "zed"),
        ("delete", "zed", "--yes"),
        ("alias", "remove", "ann", "x@y"),
    ):
        code, out, err = restante.account(*words)
        assert (code, out) == (1, ""), words
        assert err.startswith("restante: ")
        assert err.count("\n") == 1
        assert "\x1b" not in err
    assert [each["name"] for each in restante.listed()] == ["ann"]


def test_rename_disable_enable_delete(restante: Restante) -> None:
    restante.add("ann")
    identity = restante.listed()[0]["id"]
    assert restante.account("rename", "ann", "anna", "--keep-address")[0] == 0
    assert restante.account("disable", "anna")[0] == 0
    (anna,) = restante.listed()
    assert (anna["id"], anna["name"], anna["aliases"], anna["disabled"]) == (identity, "anna", ["ann"], True)
    assert restante.account("enable", "anna")[0] == 0
    assert restante.listed()[0]["disabled"] is False
    code, _, err = restante.account("delete", "anna")
    assert (code, len(restante.listed())) == (2, 1)
    assert "--yes" in err
    assert restante.account("delete", "anna", "--yes")[0] == 0
    assert restante.listed() == []


def test_aliases(restante: Restante) -> None:
    restante.add("ann")
    assert restante.account("alias", "add", "ann", "News@Example.org")[2] == "mail to news@example.org reaches ann\n"
    assert restante.account("alias", "add", "ann", "@example.net")[0] == 0
    assert restante.account("alias", "list", "ann")[1] == "@example.net\nnews@example.org\n"
    assert restante.account("alias", "remove", "ann", "news@example.org")[0] == 0
    assert restante.account("alias", "list", "ann")[1] == "@example.net\n"


def test_data_that_cannot_be_opened(restante: Restante) -> None:
    restante.data.mkdir()
    (restante.data / app.DIRECTORY_FILE).write_bytes(b"this is no database" * 100)
    code, _, err = restante.account("list")
    assert code == 1
    assert err.startswith("restante: ")
    restante.data = restante.data / app.DIRECTORY_FILE / "below"
    code, _, err = restante.account("add", "ann", "--generate")
    assert code == 1
    assert "Not a directory" in err or "File exists" in err
