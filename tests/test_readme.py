"""What README.md and the other pages tell people to type, typed: in order, against one server.

A test has other ports, another home and fewer messages than the page; nothing else is changed. The command ``./restante`` is
the one of this environment, so that no test sets up another.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.page_examples import Example, examples, is_as_shown
from tests.support.server import COMMAND, LOOPBACK, Ports, Server, free_ports, launch

ROOT = Path(__file__).parent.parent
LIMIT = 60
"""Seconds one block may take."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who types what a page says."""

    home: Path
    ports: Ports

    def environment(self) -> dict[str, str]:
        """Theirs: this machine's, with a home and ports of their own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RESTANTE_", "XDG_"))}
        return kept | {
            "HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            # As ./restante does.
            "RESTANTE_COMMAND": COMMAND[0],
            "RESTANTE_DATA": str(self.home / "data"),
            "RESTANTE_LISTEN_IMAP": f"{LOOPBACK}:{self.ports.imap}",
            "RESTANTE_LISTEN_IMAPS": f"{LOOPBACK}:{self.ports.imaps}",
            "RESTANTE_LISTEN_LMTP": f"{LOOPBACK}:{self.ports.lmtp}",
        }

    def changes(self) -> dict[str, str]:
        """What is elsewhere for them than on the page."""
        return {
            "./restante": shlex.quote(COMMAND[0]),
            ".venv/bin/python": shlex.quote(sys.executable),
            "--messages 10000": "--messages 200",
            "~/.local/state/restante": str(self.home / "data"),
            "~/Mail": str(self.home / "Mail"),
            "1993": str(self.ports.imaps),
            "1143": str(self.ports.imap),
            "1024": str(self.ports.lmtp),
        }

    def run(self, example: Example) -> str:
        """What a block prints; fails unless it ends with 0."""
        command = ["bash", "-eu"] if example.kind == "sh" else [sys.executable, "-W", "error"]
        done = subprocess.run(
            [*command, "-c", example.text],
            cwd=self.home,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == 0, f"{example.text}\n{done.stdout}"
        return done.stdout

    def type(self, text: str) -> str:
        """What *text* prints, typed at the shell."""
        for written, here in self.changes().items():
            text = text.replace(written, here)
        return self.run(Example("run", "sh", text))

    def start(self, example: Example) -> Server:
        """The server that a block starts; it may not answer yet."""
        log = self.home / "serve.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                shlex.split(example.text),
                cwd=self.home,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        return Server(self.home / "data", self.ports, log, process)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    home = tmp_path / "home"
    home.mkdir()
    return Reader(home, Ports(*free_ports(3)))


@pytest.mark.slow
def test_readme(reader: Reader) -> None:
    steps = iter(examples(ROOT / "README.md", reader.changes()))
    server = reader.start(next(steps))
    try:
        server.await_ready()
        played = [example.part for example in _play(reader, server, steps)]
        if shutil.which("mbsync"):
            reader.type("mkdir ~/Mail && mbsync -q -c mbsyncrc -a")
            assert len(_letters(reader.home / "Mail")) == 200 + 1
        server.stop()
    finally:
        server.kill()
    assert played.count("run") >= 5


@pytest.mark.slow
def test_backup_of_a_running_server_holds_all_its_mail(reader: Reader) -> None:
    found = {each.part: each.text for each in examples(ROOT / "docs" / "administering.md", reader.changes())}
    (reader.home / "backup.sh").write_text(found["file backup.sh"])
    server = launch(reader.home, reader.ports)
    try:
        server.await_ready()
        reader.type("""
            printf 'sesame-7-open\n' | ./restante account add anna --password-stdin
            .venv/bin/python -m bench.corpus letters --messages 100 --format maildir
            printf 'Subject: large\n\n%200000s\n' | ./restante deliver anna
            ./restante import letters --account anna
            PYTHON=.venv/bin/python sh backup.sh data copy
        """)
        server.stop()
    finally:
        server.kill()
    reader.type("./restante export out --data copy --account anna")
    letters = _letters(reader.home / "out")
    assert len(letters) == 101
    assert max(path.stat().st_size for path in letters) > 200_000


def test_embedding(reader: Reader) -> None:
    blocks = examples(ROOT / "docs" / "embedding.md", {})
    assert [block.part for block in blocks] == ["run", "pytest"]
    reader.run(blocks[0])
    (reader.home / "test_example.py").write_text(blocks[1].text)
    reader.type(".venv/bin/python -m pytest -q -p no:asyncio -p no:cacheprovider -W error test_example.py")


def _letters(maildirs: Path) -> list[Path]:
    return [path for path in maildirs.rglob("*") if path.parent.name in ("new", "cur")]


def _play(reader: Reader, server: Server, steps: Iterator[Example]) -> Iterator[Example]:
    printed = ""
    for example in steps:
        kind, _, name = example.part.partition(" ")
        match kind, name:
            case "run", _:
                printed = reader.run(example)
            case "prints", _:
                assert is_as_shown(printed, example.text), printed
            case "serve", "prints":
                assert is_as_shown(server.log(), example.text), server.log()
            case "file", _:
                (reader.home / name).write_text(example.text)
            case _:
                pytest.fail(f"what is {example.part}?")
        yield example
