import sys
import tomllib
from pathlib import Path

import pytest
from tests.support.command_line import CommandLine


@pytest.fixture
def restante(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def test_show_prints_toml_with_origins(restante: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text("[limits]\nline = 16384\n")
    shown = restante("config", "show", "--config", str(file), env={"RESTANTE_LOG_LEVEL": "debug"})
    assert shown.exit_code == 0
    assert tomllib.loads(shown.stdout)["limits"]["line"] == "16 KiB"
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert f'line = "16 KiB" # {file}:2' in lines
    assert 'level = "debug" # RESTANTE_LOG_LEVEL' in lines
    assert 'sent = "Sent" # default' in lines


def test_show_changed_leaves_defaults_out(restante: CommandLine) -> None:
    shown = restante("config", "show", "--changed", "--set", "limits.nesting=9", "--data", "/d")
    assert tomllib.loads(shown.stdout) == {"data": {"dir": "/d"}, "limits": {"nesting": 9}}


def test_shared_options_stand_anywhere_and_the_nearest_counts(restante: CommandLine) -> None:
    for words in (
        ("--data", "/a", "--set", "log.level=error", "config", "show", "--changed"),
        ("config", "--data", "/a", "--set", "log.level=error", "show", "--changed"),
        ("config", "show", "--changed", "--data", "/a", "--set", "log.level=error"),
        (
            "--data",
            "/b",
            "--set",
            "log.level=info",
            "config",
            "show",
            "--changed",
            "--data",
            "/a",
            "--set",
            "log.level=error",
        ),
    ):
        shown = tomllib.loads(restante(*words).stdout)
        assert shown == {"data": {"dir": "/a"}, "log": {"level": "error"}}
    over = restante(
        "config", "show", "--changed", "--data", "/a", env={"RESTANTE_DATA": "/b", "RESTANTE_LISTEN_IMAP": ""}
    )
    assert tomllib.loads(over.stdout) == {"data": {"dir": "/a"}, "listen": {"imap": []}}


def test_check_names_every_mistake_with_its_line_and_refuses(restante: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text("[limits]\nlien = 1\nnesting = 0\n")
    checked = restante("config", "check", "--config", str(file))
    assert checked.exit_code == 78
    assert checked.stdout == ""
    assert checked.stderr.splitlines() == [
        f"restante: {file}:2: unknown setting limits.lien; did you mean line?",
        f"restante: {file}:3: limits.nesting must be a whole number from 4 to 100, not 0",
    ]


def test_check_tries_the_certificate(restante: CommandLine, tmp_path: Path) -> None:
    assert restante("config", "check").stdout == "the configuration is good\n"
    (tmp_path / "c.pem").write_text("junk")
    file = tmp_path / "r.toml"
    file.write_text("[tls]\nkey = 'c.pem'\ncertificate = 'c.pem'\n")
    checked = restante("config", "check", "--config", str(file))
    assert checked.exit_code == 78
    assert checked.stderr.startswith(f"restante: {file}:3: {tmp_path}/c.pem")


def test_check_finds_an_event_loop_missing(restante: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert restante("config", "check").exit_code == 0
    for command in (("config", "check"), ("serve",)):
        refused = restante("--set", "process.event_loop=uvloop", *command)
        assert refused.exit_code == 78
        assert "process.event_loop is uvloop, which is not installed" in refused.stderr


def test_a_setting_without_a_value_is_a_usage_error(restante: CommandLine) -> None:
    result = restante("--set", "limits.line", "config", "show")
    assert result.exit_code == 2
    assert "'limits.line' is not section.name=value" in result.stderr


def test_reference_pages(restante: CommandLine) -> None:
    assert restante("config", "reference").stdout.startswith("# Settings\n")
    assert restante("config", "reference", "commands").stdout.startswith("# Commands\n")
