import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.command_line import CommandLine

from restante import __version__, compiled, life
from restante.cli.main import COMMANDS
from restante.cli.outcome import MEANINGS, Exit, failure
from restante.config import Config
from restante.config.address import Address
from restante.store.errors import Corrupt, Unavailable


@pytest.fixture
def restante(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def test_version(restante: CommandLine) -> None:
    assert restante("version").stdout == f"restante {__version__}, {compiled.described()}\n"


def test_help_lists_every_command_in_order(restante: CommandLine) -> None:
    shown = restante("--help")
    assert shown.exit_code == 0
    commands = shown.stdout.partition("Commands:\n")[2]
    assert [line.split()[0] for line in commands.splitlines()] == list(COMMANDS)


def test_a_server_starts_without_loading_what_it_may_never_need() -> None:
    seldom = ["cryptography", "difflib", "email", "html.entities", "pypdf", "rich", "shutil", "striprtf", "tempfile"]
    code = f"import sys, restante.cli.serve_command, restante.life; print([n for n in {seldom} if n in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert ran.stdout == "[]\n"


def test_an_unknown_command_is_a_usage_error(restante: CommandLine) -> None:
    result = restante("sevre")
    assert result.exit_code == 2
    assert "No such command" in result.stderr


def test_serve_hands_over_the_configuration_and_the_exit_code(
    restante: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[Config] = []

    def serve(config: Config, reread: object) -> int:
        given.append(config)
        return 7

    monkeypatch.setattr(life, "serve", serve)
    words = (
        "--imap",
        "[::1]:0",
        "--imaps",
        "",
        "--lmtp",
        "*:24,127.0.0.1:25",
        "--lmtp-socket",
        "/run/l",
        "--data",
        "/d",
    )
    assert restante("serve", *words).exit_code == 7
    (config,) = given
    assert config.listen.imap == (Address("::1", 0),)
    assert config.listen.imaps == ()
    assert config.listen.lmtp == (Address("*", 24), Address("127.0.0.1", 25))
    assert config.listen.lmtp_socket == Path("/run/l")
    assert config.data.dir == Path("/d")


def test_serve_refuses_a_bad_address(restante: CommandLine) -> None:
    result = restante("serve", "--imap", "::1:143")
    assert result.exit_code == 78
    assert result.stderr.startswith("restante: --imap: listen.imap must be HOST:PORT")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/d/x"), 75, "/d/x: No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "/d"), 1, "/d: Permission denied"),
        (Unavailable("the disk is full"), 75, "the disk is full"),
        (Corrupt("the data is damaged"), 1, "the data is damaged"),
    ],
)
def test_expected_errors_are_one_line(
    restante: CommandLine, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, text: str
) -> None:
    monkeypatch.setattr(life, "serve", _raising(error))
    result = restante("serve")
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"restante: {text}\n")


def test_a_bug_is_not_hidden(restante: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "serve", _raising(ValueError("bug")))
    assert isinstance(restante("serve").exception, ValueError)
    assert failure(KeyError("bug")) is None


def test_every_exit_code_is_documented() -> None:
    assert list(MEANINGS) == list(Exit)


def _raising(error: Exception) -> Callable[[Config, object], int]:
    def serve(_: Config, __: object) -> int:
        raise error

    return serve
