"""``python -m bench.compare``: sets both servers up, fills them, measures them in turn, prints a table.

``bench/README.md`` says what is measured how, and what is fair.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from bench.compare import filling, machine, report
from bench.compare.figures import Json, Row
from bench.compare.mail import ACCOUNTS
from bench.compare.rows import arriving, changing, fetching, following, load, mailboxes, memory, searching, sessions
from bench.compare.servers.dovecot import Dovecot, installed
from bench.compare.servers.restante import ROOT, SOURCE, Restante
from bench.compare.servers.server import Server
from bench.compare.side import QUICK, Scale, Side
from bench.compare.work import Work, measured

GROUPS = (
    "start",
    "memory",
    "sessions",
    "arriving",
    "mailboxes",
    "fetching",
    "changing",
    "searching",
    "following",
    "load",
)


def arguments(line: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser("python -m bench.compare", description="Restante beside Dovecot, in one run.")
    parser.add_argument("--messages", type=int, metavar="N", help="messages in the large INBOX (5000)")
    parser.add_argument(
        "--only", nargs="+", choices=GROUPS, default=GROUPS, metavar="GROUP", help=f"some of: {' '.join(GROUPS)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to FILE")
    parser.add_argument("--quick", action="store_true", help="little mail, one round: does everything work?")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="Restante's processes (1)")
    parser.add_argument("--compiled", action="store_true", help="Restante with the modules that scripts/compile made")
    given = parser.parse_args(line)
    if given.messages is not None and given.messages < 1:
        parser.error("--messages: at least 1")
    return given


def scale(given: argparse.Namespace) -> Scale:
    """How much is to be done."""
    base = QUICK if given.quick else Scale()
    messages = given.messages or base.messages
    return replace(base, messages=messages, many=min(base.many, messages), crowd=min(base.crowd, messages))


def work(size: Scale, only: Sequence[str]) -> Iterator[Work]:
    """The rows that are asked for, in order; what needs messages nobody has fetched comes before what fetches."""
    groups = (
        sessions.rows(), fetching.rows(size), mailboxes.rows(size), searching.rows(size), following.rows(size),
        arriving.rows(size), changing.rows(size), load.rows(size),
    )  # fmt: skip
    return (row for rows in groups for row in rows if row.group in only)


@contextmanager
def sides(size: Scale, ours: Callable[[Path], Server]) -> Iterator[list[Side]]:
    """Both servers, running; stopped and their mail gone at the end."""
    with tempfile.TemporaryDirectory(prefix="compare-") as name, ExitStack() as ends:
        root = Path(name)
        root.chmod(0o755)
        servers: list[Server] = [ours(_directory(root, "restante")), Dovecot(_directory(root, "dovecot"))]
        ends.callback(machine.restore_watches, machine.enough_watches())
        found = []
        for server in servers:
            server.prepare(ACCOUNTS)
            side = Side(server, size)
            ends.callback(side.stop)
            server.start()
            found.append(side)
        yield found


def _directory(root: Path, name: str) -> Path:
    path = root / name
    path.mkdir(mode=0o755)
    return path


def run(both: Sequence[Side], size: Scale, only: Sequence[str]) -> Iterator[Row]:
    """All that is asked for, row by row; filling is always measured, since it has to be done."""
    yield filling.fill(both)
    for row in (each for each in work(size, only) if each.group == "start"):
        yield measured(row, both)
    if "memory" in only:
        yield from memory.measured(both)
    for row in (each for each in work(size, only) if each.group != "start"):
        yield measured(row, both)


def about(both: Sequence[Side], given: argparse.Namespace, size: Scale, seconds: float) -> dict[str, Json]:
    """What ran, where, how."""
    return {
        "machine": {**machine.describe()},
        "revision": machine.revision(SOURCE),
        "versions": {side.name: side.server.version() for side in both},
        "settings": {side.name: side.server.settings() for side in both},
        "messages": size.messages,
        "workers": given.workers,
        "compiled": given.compiled,
        "seconds": round(seconds, 1),
    }


def main(line: Sequence[str] | None = None) -> int:
    """Runs it; 1 when a row failed, or when answers differ."""
    given = arguments(line)
    if not installed():
        print("Dovecot is not installed; on Debian: apt-get install dovecot-imapd dovecot-lmtpd", file=sys.stderr)
        return 2
    if given.compiled and subprocess.run([ROOT / "scripts" / "compile", "--check"], check=False).returncode:
        print("The compiled modules are not those of this tree: run scripts/compile", file=sys.stderr)
        return 2
    size, begun = scale(given), time.monotonic()
    ours = partial(Restante, workers=given.workers, compiled=given.compiled)
    rows: list[Row] = []
    with sides(size, ours) as both:
        try:
            for row in run(both, size, given.only):
                cells = "  ".join(report.cells(row))
                print(f"{time.monotonic() - begun:6.1f} s  {cells}  {row.note}", file=sys.stderr, flush=True)
                rows.append(row)
        except KeyboardInterrupt:
            print("Interrupted; this was measured until then:", file=sys.stderr)
        facts = about(both, given, size, time.monotonic() - begun) | {"command": machine.command("bench.compare", line)}
    rows.sort(key=lambda row: GROUPS.index(row.group))
    print(*(f"{side.name} {side.server.version()}" for side in both), "", sep="\n")
    print(report.whole(rows))
    if given.json:
        given.json.write_text(json.dumps(report.document(facts, rows), indent=1, ensure_ascii=False) + "\n")
    return 1 if any(row.note.startswith(("failed", "answers differ")) for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
