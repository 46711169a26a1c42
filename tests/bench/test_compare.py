"""The instrument that compares servers: it reads answers rightly, computes rightly, and does not take one answer for another."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bench.compare import __main__ as command
from bench.compare import answers, bars, figures, mail, processes, report
from bench.compare.client import Client, Refused, literal
from bench.compare.crowd import Conversation, Script, talk
from bench.compare.figures import MEMORY, Row, Sample, median, ratio
from bench.compare.lmtp import LmtpClient
from bench.compare.rows import searching
from bench.compare.servers.dovecot import installed
from bench.compare.side import Scale
from bench.corpus import RARE, samples

ROOT = Path(__file__).resolve().parents[2]

FETCHES = (
    b"* 2 FETCH (UID 12 BODY[] {28}\r\n* 9 FETCH (UID 9)\r\nt OK no\r\n)\r\n"
    b"* 1 FETCH (FLAGS (\\Seen) UID 11 BODY[] {0}\r\n)\r\n"
    b"t1 OK Done\r\n"
)


def test_literals_are_never_read_as_responses() -> None:
    assert answers.fetched(FETCHES) == [(2, 28), (1, 0)]
    assert [each[:2] for each in answers.bodies(FETCHES)] == answers.fetched(FETCHES)
    assert answers.bodies(FETCHES) != answers.bodies(FETCHES.replace(b"no\r", b"on\r"))
    assert answers.uids(FETCHES) == {11, 12}
    assert [line[:9] for line in answers.fetch_lines(FETCHES)] == [b"* 1 FETCH", b"* 2 FETCH"]
    assert answers.count(FETCHES, b"FETCH") == 2


def test_a_response_that_is_cut_off_is_an_error() -> None:
    with pytest.raises(ValueError, match="without an end"):
        answers.fetched(FETCHES[:40])


def test_numbers_keep_their_order_and_may_be_none() -> None:
    assert answers.numbers(b"* SORT 3 1 2\r\nt1 OK\r\n", b"SORT") == (3, 1, 2)
    assert answers.numbers(b"* SEARCH\r\nt1 OK\r\n", b"SEARCH") == ()
    assert answers.numbers(b"* SEARCH 4\r\n* SORT 5\r\n", b"SEARCH") == (4,)


def test_codes_counts_and_sets() -> None:
    select = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [HIGHESTMODSEQ 19]\r\nt1 OK [READ-WRITE]\r\n"
    assert answers.exists(select) == 3
    assert answers.code(select, b"UIDVALIDITY") == 7
    assert answers.code(select, b"HIGHESTMODSEQ") == 19
    with pytest.raises(ValueError, match="UIDNEXT"):
        answers.code(select, b"UIDNEXT")
    assert answers.expanded(b"1:3,9,7:6") == (1, 2, 3, 9, 6, 7)
    assert answers.copied(b"t1 OK [COPYUID 5 1:2 8,9] Done\r\n") == ((1, 2), (8, 9))
    assert answers.vanished(b"* VANISHED (EARLIER) 4:5,8\r\n* VANISHED 9\r\n") == {4, 5, 8}


def test_status_of_names_that_look_like_items() -> None:
    answer = b'* STATUS "a (MESSAGES 9)" (MESSAGES 2 UNSEEN 1)\r\nt1 OK\r\n'
    assert answers.status(answer) == [{b"MESSAGES": 2, b"UNSEEN": 1}]


def test_a_refusal_among_many_answers_is_found() -> None:
    assert answers.all_ok(b"* 1 EXISTS\r\na1 OK x\r\na2 OK\r\n") == 2
    with pytest.raises(ValueError, match="a2 NO never"):
        answers.all_ok(b"a1 OK x\r\na2 NO never\r\n")


def test_medians_and_ratios() -> None:
    assert median([Sample(1, 30), Sample(5, 10), Sample(2, 20)]) == Sample(2, 20)
    assert median([Sample(1, 1), Sample(2, 3)]) == Sample(1.5, 2)
    with pytest.raises(ValueError, match="no samples"):
        median([])
    assert ratio(4, 1) == 0.25
    assert ratio(1, 4) == 4
    assert ratio(1, 0) is None
    assert ratio(0, 1) is None
    assert Sample(6, 3).each(3) == Sample(2, 1)


def test_table_shows_medians_ratios_and_what_was_not_run() -> None:
    run = Row("sessions", "NOOP", samples={"Restante": [Sample(5e-5, 0.002)], "Dovecot": [Sample(1e-4, 0.001)]})
    left = Row("sessions", "SORT", note="not run: Dovecot has no SORT")
    sizes = {"Restante": [Sample(2048, 1024)], "Dovecot": [Sample(3 << 20, 2048)]}
    held = Row("memory", "each", MEMORY, samples=sizes)
    lines = report.tables([run, left, held]).splitlines()
    assert "| NOOP | 50 µs | 100 µs | 2.0 | 2 ms | 1 ms | 0.50 |" in lines
    assert "| SORT (see below) |  |  |  |  |  |  |" in lines
    assert "| each | 2 KiB | 3.0 MiB | 1536 | 1 KiB | 2 KiB | 2.0 |" in lines
    assert "- SORT: not run: Dovecot has no SORT" in lines
    assert report.score([run, left, held]) == (
        "CPU: Restante takes less in 1 of 1 rows; wall: Restante takes less in 0 of 1 rows"
    )
    assert report.whole([run]).startswith("Ratios are Dovecot by Restante: above 1, Restante takes less.")


def test_a_row_that_was_written_is_read_again() -> None:
    rows = [
        Row("a", "b", MEMORY, (5.0, None), {"Restante": [Sample(1, 2), Sample(3, 4)]}, "note"),
        Row("a", "c", bars=(None, 1.0)),
    ]
    assert [figures.row(each.json()) for each in rows] == rows
    with pytest.raises(TypeError):
        figures.row({**rows[0].json(), "bars": "5"})


def test_bars_are_met_by_rows_that_reach_them_and_agree() -> None:
    both = {"Restante": [Sample(1, 1)], "Dovecot": [Sample(3, 0.5)]}
    rows = [
        Row("a", "plain", samples=both),
        Row("a", "high", bars=(5.0, None), samples=both),
        Row("a", "throughput", bars=(1.0, 1.0), samples=both),
        Row("a", "wrong", samples=both, note="answers differ"),
        Row("a", "left out"),
    ]
    met = [(bar.row, bar.figure, bar.reached, bar.met) for bar in bars.judged(rows)]
    assert met == [
        ("plain", "CPU", 3, True),
        ("high", "CPU", 3, False),
        ("throughput", "CPU", 3, True),
        ("throughput", "wall", 0.5, False),
        ("wrong", "CPU", 3, False),
        ("left out", "CPU", None, False),
    ]
    said = bars.summary(rows).splitlines()
    assert said[0] == "At least 1: 2 of 5 met."
    assert "- missed: left out: not measured (CPU)" in said
    assert said[-2:] == ["Higher bars: 0 of 1 met.", "- missed: high: 3.00 (CPU), at least 5"]
    assert len(bars.document(rows)) == len(met)


def test_near_midnight_the_day_is_not_judged() -> None:
    assert searching._since(b"* SEARCH 663 664 700 720 721\r\n") == {663, 721}


def test_corpus_has_a_word_to_look_for() -> None:
    with_it = [n for n, each in enumerate(samples(1_500)) if RARE.encode() in each.raw]
    assert 0 < len(with_it) < 30


def test_stat_of_a_process_with_an_odd_name() -> None:
    fields = ["S", "77", *["0"] * 11, "150", "50", "20"]
    assert processes.read_stat(f"12 (a) b (c) {' '.join(fields)}") == processes.Stat(77, 200 * processes.TICK)


def test_memory_of_a_process() -> None:
    text = "55-56 ---p 0 00:00 0 [rollup]\nRss:     100 kB\nPss:      40 kB\nPss_Anon:  30 kB\n"
    assert processes.read_rollup(text) == processes.Memory(100 * 1024, 40 * 1024)


def test_cpu_counts_threads_children_and_children_that_ended() -> None:
    work = "import time\nwhile time.process_time() < 0.2: pass"
    script = (
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {work!r}])\n{work}\nprint(flush=True)\ninput()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        taken = processes.cpu_seconds(process.pid)
        assert list(processes.tree(process.pid)) == [process.pid]
        process.communicate(b"\n")
    assert 0.38 <= taken < 5
    assert processes.cpu_seconds(process.pid) == 0


def test_messages_are_of_the_size_asked_for_and_the_same_each_time() -> None:
    assert 4096 - 80 < len(mail.message(5)) <= 4096
    assert mail.message(5) == mail.message(5)
    assert 100_000 - 80 < len(mail.large(100_000)) <= 100_000
    first = [mail.multiappend(b"INBOX", batch) for batch in mail.batches(7, 3)]
    assert len(first) == 3
    assert first == [mail.multiappend(b"INBOX", batch) for batch in mail.batches(7, 3)]
    assert mail.append(b"A", b"xy").endswith(literal(b"xy"))


@contextmanager
def answering(*turns: tuple[bytes, bytes]) -> Iterator[int]:
    """A port where each connection awaits the end of a request and sends a reply, in turn; ``%t`` in it is the tag."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve(peer: socket.socket) -> None:
            with peer, peer.makefile("rb") as lines:
                tag = b""
                for request, reply in turns:
                    heard = b""
                    while not heard.endswith(request):
                        line = lines.readline()
                        if not line:
                            return
                        heard += line
                        tag = line.split(b" ")[0] if b" " in line else tag
                    for octet in reply.replace(b"%t", tag):
                        peer.sendall(bytes([octet]))

        def accept() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(peer,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            accepting.join(10)


def test_client_takes_no_part_of_a_message_for_the_end() -> None:
    reply = b"* 1 FETCH (BODY[] {9}\r\nq1 OK x\r\n)\r\n%t OK Done\r\n"
    with answering((b"", b"* OK hello\r\n"), (b"FETCH\r\n", reply), (b"BAD\r\n", b"%t BAD what\r\n")) as port:
        client = Client(port)
        assert answers.fetched(client.command(b"FETCH")) == [(1, 9)]
        with pytest.raises(Refused, match="BAD what"):
            client.command(b"BAD")
        with pytest.raises(Refused, match="hung up"):
            client.answer()
        client.close()


def test_client_waits_for_news() -> None:
    with answering(
        (b"", b"* OK hello\r\n"),
        (b"IDLE\r\n", b"+ idling\r\n* OK Still here\r\n* 7 EXISTS\r\n"),
        (b"DONE\r\n", b"* 8 EXISTS\r\n%t OK Done\r\n"),
    ) as port:
        client = Client(port)
        client.idle()
        assert client.news(b" EXISTS").endswith(b"* 7 EXISTS\r\n")
        assert b" OK Done" in client.done()
        client.close()


def test_crowd_lets_everybody_finish() -> None:
    def script() -> Script:
        assert (yield b"").startswith(b"* OK")
        assert b"OK Done" in (yield b"NOOP")

    def person(port: int) -> Iterator[Conversation]:
        for _ in range(3):
            yield Client(port, greeted=False), script()

    with answering((b"", b"* OK hello\r\n"), (b"NOOP\r\n", b"* 1 EXISTS\r\n%t OK Done\r\n")) as port:
        heard = talk([person(port) for _ in range(4)])
    assert len(heard) == 24


def test_delivery_is_acknowledged_or_refused() -> None:
    envelope = (b"DATA\r\n", b"250 ok\r\n250 ok\r\n354 go\r\n")
    hello = (b"", b"220 here\r\n"), (b"LHLO client.example.org\r\n", b"250-here\r\n250 PIPELINING\r\n")
    with answering(*hello, envelope, (b"\r\n..\r\n.\r\n", b"250 2.0.0 taken\r\n")) as port:
        client = LmtpClient(port)
        assert client.deliver(b"carl", [b"Subject: x\r\n\r\n."]) == b"250\r\n"
        client.close()
    with answering(*hello, (b"DATA\r\n", b"250 ok\r\n550 nobody\r\n503 no\r\n")) as port:
        client = LmtpClient(port)
        with pytest.raises(Refused, match="503"):
            client.deliver(b"carl", [b"x"])
        client.close()


def test_options() -> None:
    given = command.arguments(["--only", "load", "start", "--messages", "300", "--quick"])
    size = command.scale(given)
    assert (size.messages, size.many, size.rounds) == (300, 50, 1)
    assert {work.group for work in command.work(size, given.only)} == {"load", "start"}
    assert {work.group for work in command.work(size, command.GROUPS)} | {"memory"} == set(command.GROUPS)


def test_names_of_rows_are_unique() -> None:
    names = [work.name for work in command.work(Scale(), command.GROUPS)]
    assert len(names) == len(set(names))


@pytest.mark.slow
@pytest.mark.skipif(not installed(), reason="Dovecot is not installed")
@pytest.mark.skipif("CI" in os.environ, reason="the comparison is run by hand, not in the gate")
def test_quick_run_agrees_in_all_answers(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    line = [sys.executable, "-m", "bench.compare", "--quick", "--json", str(file), "--only", "mailboxes", "fetching"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| **fetching** |" in done.stdout
    assert file.stat().st_size > 1000
