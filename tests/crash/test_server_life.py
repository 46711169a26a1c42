"""Signals under load: SIGTERM ends a server that still keeps every word, SIGHUP disturbs nobody; and one server a directory."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest
from tests.support.ledger import Ledger
from tests.support.server import COMMAND, environment
from tests.support.service import Service
from tests.support.talk import Gone
from tests.support.workload import ACCOUNT, Workload, prepare, snapshot

from restante.app import GRACE
from restante.server.self_signed import ensure_self_signed


def _load(service: Service, ledger: Ledger, name: str, seconds: float = 0.5) -> Workload:
    """Clients that have worked for a while."""
    work = Workload((service.server.ports.imap, service.server.ports.lmtp), ledger, name)
    threading.Event().wait(seconds)
    return work


@pytest.mark.slow
def test_sigterm_answers_what_was_accepted_and_says_goodbye(tmp_path: Path) -> None:
    service, ledger = Service(tmp_path), Ledger()
    account = service.account(ACCOUNT)
    with service.running(), service.talk(account) as talk:
        prepare(talk, ledger)
    for number in range(3):
        with service.running():
            work = _load(service, ledger, str(number))
            assert service.stop() < GRACE / 2
            work.ended()
        assert [worker.bye[:5] for worker in work.workers[:-1]] == [b"* BYE"] * 4
        with service.running(), service.talk(account) as talk:
            ledger.reconcile(snapshot(talk), all_answered=True)


def test_sigterm_lets_nobody_hold_up_the_end(tmp_path: Path) -> None:
    """Someone who pipelines without end, someone in IDLE, someone in the middle of a literal, someone in a login."""
    service = Service(tmp_path)
    account = service.account("ada")
    with service.running():
        busy, idle, half, new = (service.talk(account) for _ in range(4))
        fresh = service.talk()
        stop = threading.Event()
        firehose = threading.Thread(target=_pour, args=(busy.socket.sendall, stop))
        firehose.start()
        idle.send(b"a IDLE\r\n")
        assert idle.response().startswith(b"+")
        half.send(b"a APPEND INBOX {100000}\r\n")
        assert half.response().startswith(b"+")
        half.send(b"x" * 50_000)
        fresh.send(b"a AUTHENTICATE PLAIN\r\n")
        assert fresh.response().startswith(b"+")
        drain = threading.Thread(target=_drain, args=(busy,))
        drain.start()
        seconds = service.stop()
        stop.set()
        for each in (idle, half, new, fresh):
            assert b"* BYE Server is shutting down" in each.at_end()
        firehose.join(10)
        drain.join(10)
        assert busy.bye.startswith(b"* BYE Server is shutting down")
        for each in (busy, idle, half, new, fresh):
            each.close()
    assert seconds < GRACE / 2
    assert not list((service.data / "staging").iterdir())


def _pour(sendall: object, stop: threading.Event) -> None:
    assert callable(sendall)
    try:
        while not stop.is_set():
            sendall(b"n NOOP\r\n" * 100)
    except OSError:
        pass


def _drain(talk: object) -> None:
    response = getattr(talk, "response")  # noqa: B009
    try:
        while True:
            response()
    except Gone:
        pass


@pytest.mark.slow
def test_sigterm_cuts_off_who_does_not_read(tmp_path: Path) -> None:
    service = Service(tmp_path)
    account = service.account("ada")
    with service.running():
        with service.talk(account) as talk:
            for _ in range(8):
                talk.command("APPEND INBOX {}", b"Subject: big\r\n\r\n" + b"x" * 70 * 14_000 + b"\r\n")
        stuck = service.talk(account)
        stuck.command("SELECT INBOX")
        stuck.send(b"a FETCH 1:* BODY.PEEK[]\r\n" * 10)
        assert stuck.socket.recv(10)
        assert GRACE * 0.9 < service.stop() < GRACE * 1.8
        stuck.close()


@pytest.mark.slow
def test_sighup_disturbs_nobody(tmp_path: Path) -> None:
    service, ledger = Service(tmp_path), Ledger()
    account = service.account(ACCOUNT)
    with service.running():
        with service.talk(account) as talk:
            prepare(talk, ledger)
        work = _load(service, ledger, "0")
        before = service.certificate()
        assert '"level": "debug"' not in service.server.log()
        own = ensure_self_signed(tmp_path / "certificate", ["mail.example.test"]).certificate
        service.configure(log__level='"debug"', tls__certificate=f'"{own}"', tls__key=f'"{own}"')
        for count in range(1, 6):
            service.hang_up()
            service.await_log("configuration read again", count)
        assert service.certificate() != before
        service.configure(tls__certificate=f'"{service.file}"', tls__key=f'"{service.file}"')
        service.hang_up()
        service.await_log("configuration not read again")
        assert service.certificate() != before
        work.finish()
        with service.talk(account) as talk:
            with pytest.raises(AssertionError):
                talk.command("SELECT nowhere")
            ledger.reconcile(snapshot(talk))
        service.await_log('"level": "debug"')


def test_sighup_keeps_count_of_who_is_connected(tmp_path: Path) -> None:
    service = Service(tmp_path, limits__connections_per_account="2")
    account = service.account("ada")
    with service.running():
        here = [service.talk(account) for _ in range(2)]
        service.hang_up()
        service.await_log("configuration read again")
        with pytest.raises(AssertionError, match="LIMIT"):
            service.talk(account)
        service.configure(limits__connections_per_account="3")
        service.hang_up()
        service.await_log("configuration read again", 2)
        here.append(service.talk(account))
        with pytest.raises(AssertionError, match="LIMIT"):
            service.talk(account)
        for each in here:
            each.command("NOOP")
            each.close()


def test_second_server_on_a_directory_is_refused(tmp_path: Path) -> None:
    service = Service(tmp_path)
    account = service.account("ada")
    with service.running() as server:
        second = service.refused()
        assert second.returncode == 75
        assert (
            second.stderr
            == f"restante: {service.data}: another server (process {service.pid}) has this data directory\n"
        )
        # What is no server works beside one.
        other = server.add_account("grace")
        deliver = [*COMMAND, "deliver", "ada", "--data", str(service.data)]
        done = subprocess.run(
            deliver,
            input=b"Subject: beside\n\nhello\n",
            check=False,
            capture_output=True,
            timeout=30,
            env=environment(),
        )
        assert done.returncode == 0, done.stderr
        with service.talk(account) as talk:
            assert b"* 1 EXISTS\r\n" in talk.command("SELECT INBOX").untagged
        service.talk(other).close()


def test_start_with_what_is_no_certificate_says_so(tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.configure(tls__certificate=f'"{service.file}"', tls__key=f'"{service.file}"')
    done = service.refused()
    assert done.returncode == 78
    assert done.stderr.startswith(f"restante: {service.file} with key")
    assert "Traceback" not in done.stderr
