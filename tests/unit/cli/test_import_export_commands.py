"""``restante import`` and ``restante export`` as a person runs them, over the embedded engine."""

from pathlib import Path

import click
import pytest
from bench.corpus import write as write_corpus
from click.testing import CliRunner

from restante.cli.account_commands import account
from restante.cli.export_command import export
from restante.cli.import_command import import_
from restante.cli.options import Group, shared_options

CHEAP = ("--set", "auth.argon2_time=1", "--set", "auth.argon2_memory=1M", "--set", "auth.scram_iterations=0")


@click.group(cls=Group)
@shared_options
def restante() -> None:
    """The commands under test."""


for each in (account, import_, export):
    restante.add_command(each)


class Shell:
    """Runs commands over one data directory."""

    def __init__(self, home: Path) -> None:
        self._data = home / "data"
        self._home = home

    def __call__(self, *words: str, stdin: str = "") -> tuple[int, str]:
        """The exit code, and what standard error said."""
        runner = CliRunner(env={"HOME": str(self._home), "XDG_CONFIG_HOME": str(self._home), "RESTANTE_CONFIG": None})
        result = runner.invoke(restante, ["--data", str(self._data), *CHEAP, *words], input=stdin, prog_name="restante")
        assert result.stdout == ""
        return result.exit_code, result.stderr

    def add(self, name: str) -> None:
        assert self("account", "add", name, "--password-stdin", stdin="sesame\n")[0] == 0


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.add("ann")
    return shell


def files(path: Path) -> list[tuple[str, bytes]]:
    """Each message file: its folder and its octets."""
    return sorted((str(file.parent.relative_to(path)), file.read_bytes()) for file in path.glob("**/cur/*"))


def test_there_and_back(shell: Shell, tmp_path: Path) -> None:
    write_corpus(tmp_path / "in", 60)
    code, err = shell("import", str(tmp_path / "in"))
    assert code == 0, err
    first, *lines, summary = err.splitlines()
    assert first.startswith(f"{tmp_path / 'in'}: Maildir, 6 folders, ")
    assert lines[0].startswith("Archive/2025: ")
    assert summary.startswith("60 messages imported (")
    assert (
        shell("import", str(tmp_path / "in"))[1]
        .splitlines()[-1]
        .startswith("0 messages imported (0 octets), 60 already")
    )
    code, err = shell("export", str(tmp_path / "out"))
    assert (code, err.splitlines()[-1][:20]) == (0, "60 messages exported")
    assert files(tmp_path / "out") == files(tmp_path / "in")


def test_a_target_with_something_in_it_is_left_alone(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("")
    code, err = shell("export", str(out))
    assert (code, err) == (1, f"restante: {out} is not empty: name another place, or give --merge to add to it\n")
    assert [file.name for file in out.iterdir()] == ["mine"]
    assert shell("export", str(out), "--merge", "--mailbox", "inbox")[0] == 0
    assert {file.name for file in out.iterdir()} == {"mine", "INBOX", "subscriptions"}


def test_whose_mail_it_is(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"Subject: a\n\nx\n")
    shell.add("bob")
    code, err = shell("import", str(tmp_path / "a.eml"))
    assert (code, err) == (1, "restante: there are 2 accounts; say whose mail it is with --account (ann, bob)\n")
    assert shell("import", str(tmp_path / "a.eml"), "--account", "bob")[0] == 0
    assert shell("import", str(tmp_path / "a.eml"), "--account", "eve")[0] == 1


def test_what_is_refused_is_named(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "a.eml").write_bytes(b"Subject: a\n\nx\n")
    (tmp_path / "mail" / "b.eml").symlink_to(tmp_path / "nowhere")
    code, err = shell("import", str(tmp_path / "mail"))
    assert code == 1
    assert f"refused {tmp_path / 'mail' / 'b.eml'}: No such file or directory\n" in err
    assert err.endswith("restante: 1 item could not be imported; see above\n")
    assert "1 message imported (" in err


def test_mistakes_are_said_in_one_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, err = shell("import", str(tmp_path / "empty"))
    assert (code, err) == (
        1,
        f"restante: no mail was found in {tmp_path / 'empty'}: no Maildir (cur and new), no mbox file, no .eml file\n",
    )
    assert shell("import", str(tmp_path / "missing"))[0] == 2
    assert shell("import", str(tmp_path / "empty"), "--into", "a//b")[0] == 2
    code, err = shell("export", str(tmp_path / "out"), "--mailbox", "Nowhere")
    assert (code, err) == (1, "restante: there is no mailbox Nowhere\n")
    assert not (tmp_path / "out").exists()
