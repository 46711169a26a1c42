"""``python -m bench.growth``: the same work on ever larger mailboxes, and with ever more accounts.

``bench/README.md`` says what is measured how.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from bench.compare import machine
from bench.compare.figures import Json, Row
from bench.compare.servers.dovecot import Dovecot, installed
from bench.compare.servers.restante import SOURCE, Restante
from bench.compare.side import Scale, Side
from bench.compare.work import measured
from bench.growth import accounts, filling, messages, report
from bench.growth.curves import Axis, Curve, Measured
from bench.growth.filling import Filler
from bench.growth.messages import Growing

SERVERS = ("Restante", "Dovecot")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
ACCOUNTS = (10, 100, 1_000, 10_000)
BUDGET = 1_500.0


def arguments(line: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser("python -m bench.growth", description="Costs as mailboxes and accounts grow.")
    for option, default, what in (("sizes", SIZES, "messages in the mailbox"), ("accounts", ACCOUNTS, "accounts")):
        told = " ".join(map(str, default))
        parser.add_argument(f"--{option}", type=int, nargs="*", default=default, metavar="N", help=f"{what} ({told})")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=SERVERS, help="which servers (both)")
    parser.add_argument(
        "--budget", type=float, default=BUDGET, metavar="SECONDS",
        help=f"what filling one server may take for one of the two; larger sizes are left out ({BUDGET:.0f})",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often a row is measured, at most (5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write it to FILE")
    given = parser.parse_args(line)
    if any(size < messages.LEAST for size in given.sizes) or any(size < 2 for size in given.accounts):
        parser.error(f"--sizes: at least {messages.LEAST} each; --accounts: at least 2 each")
    if given.rounds < 1:
        parser.error("--rounds: at least 1")
    return given


@contextmanager
def sides(names: Sequence[str], rounds: int) -> Iterator[list[Side]]:
    """Servers with nothing in them, not started; stopped and their mail gone at the end."""
    with tempfile.TemporaryDirectory(prefix="growth-") as name, ExitStack() as ends:
        root = Path(name)
        root.chmod(0o755)
        machine.enough_files()
        ends.callback(machine.restore_watches, machine.enough_watches())
        found = []
        for kind in (Restante, Dovecot):
            if kind.name in names:
                directory = root / kind.name.lower()
                directory.mkdir(mode=0o755)
                found.append(Side(kind(directory), Scale(rounds=rounds)))
                ends.callback(found[-1].stop)
        yield found


@dataclass(frozen=True, slots=True)
class Plan:
    """What grows, and what is done at each size.

    Attributes:
        axis: what grows.
        filled: the name of the row that says what growing cost.
        ready: makes ready to grow; see :class:`bench.growth.filling.Filler`.
        grow: grows.
        before: rows of memory, taken as soon as all are there.
        rows: the work.
        after: rows of memory, taken of servers that have just been started.
    """

    axis: Axis
    filled: str
    ready: Callable[[Side, int, int], None]
    grow: Callable[[Side, int, int], None]
    before: Callable[[Sequence[Side]], list[Measured]]
    rows: Callable[[int], Sequence[Growing]]
    after: Callable[[Sequence[Side], int], list[Measured]]


MAILBOX = Plan(
    "messages", "MULTIAPPEND, a message", filling.make_mailbox, filling.fill_mailbox,
    lambda _: [], messages.rows, lambda both, _: messages.memory(both),
)  # fmt: skip
PEOPLE = Plan(
    "accounts", "a first delivery to each, 16 at once", filling.make_accounts, filling.fill_accounts,
    accounts.served, accounts.rows, accounts.held,
)  # fmt: skip


def study(plan: Plan, sizes: Sequence[int], servers: Sequence[Side], budget: float) -> Iterator[tuple[int, Measured]]:
    """All rows at all sizes, from the smallest on."""
    fillers = [Filler(side, budget, plan.ready, plan.grow) for side in servers]
    for size in sorted(sizes):
        filled, said = Row(plan.axis, plan.filled), []
        for filler in [each for each in fillers if not each.affords(size)]:
            fillers.remove(filler)
            filler.side.stop()
            said.append(f"{filler.side.name} left out: filling would pass its budget")
        if not fillers:
            return
        for filler in fillers:
            taken = filler.reach(size)
            filled.samples[filler.side.name] = [filler.cost]
            said.append(f"{filler.side.name} was filled and quiet after {taken:.0f} s")
        filled.note = "; ".join(said)
        there = [filler.side for filler in fillers]
        yield size, ("flat", filled)
        for found in plan.before(there):
            yield size, found
        for growing in plan.rows(size):
            yield size, (growing.expected, measured(growing.work, there))
        for found in plan.after(there, size):
            yield size, found


def curves(given: argparse.Namespace, tell: Callable[[int, Row], None]) -> tuple[list[Curve], dict[str, Json]]:
    """All curves that are asked for, and which servers they are of. What was measured until Ctrl-C is kept."""
    found: dict[tuple[str, str], Curve] = {}
    versions: dict[str, Json] = {}
    try:
        for plan, sizes in ((MAILBOX, given.sizes), (PEOPLE, given.accounts)):
            with sides(given.servers if sizes else (), given.rounds) as servers:
                versions |= {side.name: side.server.version() for side in servers}
                for size, (expected, row) in study(plan, sizes, servers, given.budget):
                    tell(size, row)
                    found.setdefault((plan.axis, row.name), Curve(plan.axis, row.name, expected)).add(size, row)
    except KeyboardInterrupt:
        print("Interrupted; this was measured until then:", file=sys.stderr)
    return list(found.values()), versions


def main(line: Sequence[str] | None = None) -> int:
    """Runs it; 1 when a row failed, or when answers differ; 2 without a server that is asked for."""
    given, begun = arguments(line), time.monotonic()
    if "Dovecot" in given.servers and not installed():
        print("Dovecot is not installed; leave it out with --servers Restante", file=sys.stderr)
        return 2

    def tell(size: int, row: Row) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {report.line(size, row)}", file=sys.stderr, flush=True)

    found, versions = curves(given, tell)
    print(report.whole(found))
    about: dict[str, Json] = {
        "machine": {**machine.describe()},
        "command": machine.command("bench.growth", line),
        "revision": machine.revision(SOURCE),
        "versions": versions,
        "seconds": round(time.monotonic() - begun, 1),
        "curves": [curve.json() for curve in found],
    }
    if given.json:
        given.json.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    bad = any(" failed: " in note or " answers differ: " in note for curve in found for note in curve.notes)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
