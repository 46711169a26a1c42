"""``restante index`` as a person runs it."""

from pathlib import Path

import apsw
import pytest
from tests.support.command_line import CommandLine

CHEAP = ("--set", "auth.argon2_time=1", "--set", "auth.argon2_memory=1M", "--set", "auth.scram_iterations=0")


class Shell:
    """Runs commands over one data directory."""

    def __init__(self, home: Path) -> None:
        self.data = home / "data"
        self._run = CommandLine(home)

    def __call__(self, *words: str, stdin: str | bytes = "") -> tuple[int, str, str]:
        """The exit code, and what was said."""
        result = self._run("--data", str(self.data), *CHEAP, *words, stdin=stdin)
        return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """An account with 40 messages."""
    shell = Shell(tmp_path)
    assert shell("account", "add", "ann", "--password-stdin", stdin="sesame\n")[0] == 0
    mails = tmp_path / "mails"
    mails.mkdir()
    for number in range(40):
        (mails / f"{number}.eml").write_bytes(b"Subject: number %d\r\n\r\nlunch at noon\r\n" % number)
    assert shell("import", str(mails), "--account", "ann")[0] == 0
    return shell


def counts(shell: Shell) -> list[int]:
    """Messages indexed, waiting and left out."""
    code, out, _ = shell("index", "status", "--account", "ann")
    assert code == 0
    row = out.splitlines()[1].split()
    assert row[0] == "ann"
    assert row[-1] == "KiB"
    return [int(cell) for cell in row[1:4]]


def test_rebuild_check_status(shell: Shell) -> None:
    indexed, waiting, left_out = counts(shell)
    assert (indexed + waiting, left_out) == (40, 0)
    code, _, said = shell("index", "rebuild")
    assert code == 0
    assert said.startswith("1 index rebuilt; ")
    assert counts(shell) == [40, 0, 0]
    code, _, said = shell("index", "check", "--account", "ann")
    assert code == 0
    assert said.startswith("all is well; ")


def test_damage_is_told_and_mended(shell: Shell) -> None:
    assert shell("index", "rebuild")[0] == 0
    database = apsw.Connection(str(next(shell.data.glob("accounts/*/mail.db"))))
    database.execute("DELETE FROM header_words WHERE rowid = 7")
    database.execute("UPDATE fields SET subject_text = NULL WHERE content = 8")
    database.execute("DELETE FROM body_words WHERE rowid = 9")
    database.close()
    code, _, said = shell("index", "check")
    assert code == 1
    assert said.splitlines() == [
        "ann: 1 uses of fields' texts are not right",
        "ann: content 7: header_words does not find what it should",
        "ann: content 8: the fields are not the message's",
        "ann: content 9 is neither indexed nor waiting",
        "restante: the index is wrong in 1 account; `restante index rebuild` makes it anew, for example with --account ann",
    ]
    assert shell("index", "rebuild", "--account", "ann")[0] == 0
    assert shell("index", "check")[0] == 0


def test_no_such_account(shell: Shell, tmp_path: Path) -> None:
    code, _, said = shell("index", "rebuild", "--account", "bob")
    assert code == 1
    assert "there is no account bob" in said
    code, _, said = Shell(tmp_path / "elsewhere")("index", "status")
    assert code == 1
    assert "holds no accounts" in said
