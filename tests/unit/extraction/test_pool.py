"""Processes that read documents: hostile ones cost a process at most, and the next document is read."""

from __future__ import annotations

import os
import signal
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.documents import busy, docx, pdf, pdf_of, rtf, zipped

from restante.documents.kind import Kind
from restante.extraction import process, worker
from restante.extraction.pool import DocumentReader, ExtractionLimits
from restante.extraction.process import Died, Process
from restante.store.errors import Unavailable

WHY: list[tuple[Kind, str]] = []


@pytest.fixture
def reader() -> Iterator[DocumentReader]:
    """One process at a time, a second for each document."""
    WHY.clear()
    made = DocumentReader(ExtractionLimits(1.0, 64 << 20, 1), lambda kind, why: WHY.append((kind, why)))
    yield made
    made.close()


def still_reads(reader: DocumentReader) -> None:
    assert reader.read(Kind.PDF, pdf("still", "here"), 100).text.split() == ["still", "here"]


def test_no_process_before_there_is_a_document(reader: DocumentReader) -> None:
    assert reader.processes == []
    assert reader.read(Kind.OFFICE, docx("word"), 100).text.split() == ["word"]
    (first,) = reader.processes
    assert reader.read(Kind.RTF, rtf("word 文字 Ж"), 100).text.split() == ["word", "文字", "Ж"]
    assert reader.processes == [first]


def test_what_was_read_lately_is_remembered(reader: DocumentReader, monkeypatch: pytest.MonkeyPatch) -> None:
    first = reader.read(Kind.PDF, pdf("word"), 100)
    monkeypatch.setattr(reader, "_read", None)
    assert reader.read(Kind.PDF, pdf("word"), 100) is first


def test_no_more_is_remembered_than_fits(reader: DocumentReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restante.extraction.pool._REMEMBERED", 1200)
    for number in range(5):
        reader.read(Kind.RTF, rtf(f"word {number}"), 100)
    assert len(reader._texts) == 2
    assert reader._remembered <= 1200


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="only Linux shows a process's limits")
def test_the_process_may_open_nothing(reader: DocumentReader) -> None:
    still_reads(reader)
    (pid,) = reader.processes
    limits = Path(f"/proc/{pid}/limits").read_text()
    for name in ("Max open files", "Max file size", "Max processes", "Max core file size"):
        line = next(line for line in limits.splitlines() if line.startswith(name))
        assert line.removeprefix(name).split()[:2] == ["0", "0"]
    assert Path(f"/proc/{pid}/environ").read_bytes() == b""


def flate(content: bytes) -> str:
    """A stream object, its content compressed."""
    packed = zlib.compress(content, 9).decode("latin-1")
    return f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n{packed}\nendstream"


def entities() -> bytes:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    return zipped({"word/document.xml": f"<!DOCTYPE a [{lol}]><a>&l11;</a>"})


def many_pages() -> bytes:
    kids = [f"<< /Type /Pages /Kids [{f'{number} 0 R ' * 10}] /Count 1000000000 >>" for number in range(3, 20)]
    return pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", *kids])


def self_shown() -> bytes:
    ring = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >> /Length 12"
    whole = pdf("x", more=[f"<< {ring} >>\nstream\n/X Do /X Do \nendstream"])
    return whole.replace(b"/Contents 5", b"/Contents 6").replace(b"/Font <<", b"/XObject << /X 6 0 R >> /Font <<")


OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><w:t>&b;</w:t>'
RING = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]

HOSTILE: dict[str, tuple[Kind, Callable[[], bytes]]] = {
    "zip bomb": (Kind.OFFICE, lambda: zipped({"word/document.xml": b" " * (200 << 20)})),
    "zip bomb of text": (Kind.OFFICE, lambda: zipped({"word/document.xml": "<w:t>" + "a" * (90 << 20)})),
    "many members": (Kind.OFFICE, lambda: zipped({f"word/header{n}.xml": "<a/>" for n in range(20_000)})),
    "entity bomb": (Kind.OFFICE, entities),
    "entity from a file": (Kind.OFFICE, lambda: zipped({"word/document.xml": OUTSIDE})),
    "deep XML": (Kind.OFFICE, lambda: zipped({"word/document.xml": "<a>" * 3_000_000})),
    "one long name": (Kind.OFFICE, lambda: zipped({"word/document.xml": "<" + "a" * 50_000_000 + "/>"})),
    "any octets": (Kind.PDF, lambda: b"%PDF-1.7\n" + bytes(range(256)) * 4000),
    "pages that are their own parents": (Kind.PDF, lambda: pdf_of(RING)),
    "more pages than anyone reads": (Kind.PDF, many_pages),
    "tables of references in a ring": (Kind.PDF, lambda: pdf("x").replace(b"/Root", b"/Prev 9 /Root")),
    "a page of 30 MB": (
        Kind.PDF,
        lambda: pdf("x", more=[flate(b"q " * 15_000_000)]).replace(b"/Contents 5", b"/Contents 6"),
    ),
    "forms that show themselves": (Kind.PDF, self_shown),
    "arrays within arrays": (Kind.PDF, lambda: pdf_of(["<< /Type /Catalog /Pages " + "[" * 200_000, "<< >>"])),
    "groups within groups": (Kind.RTF, lambda: b"{\\rtf1" + b"{" * 3_000_000),
    "no such character": (Kind.RTF, lambda: b"{\\rtf1\\ansicpg65001 \\'ff\\u99999999?}"),
}
"""Documents that are made to harm, by name."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents(name: str, reader: DocumentReader) -> None:
    kind, make = HOSTILE[name]
    found = reader.read(kind, make(), 1000)
    assert len(found.text) <= 1000
    assert "root:" not in found.text
    assert 0 <= found.seconds <= 1
    still_reads(reader)


def test_a_document_that_takes_too_long_ends_its_process(reader: DocumentReader) -> None:
    still_reads(reader)
    before = reader.processes
    assert reader.read(Kind.OFFICE, busy(), 100) == ("", 1.0)
    # On a busy machine the clock may run out before the CPU time does.
    assert WHY in ([(Kind.OFFICE, "took too much CPU")], [(Kind.OFFICE, "took too long")])
    still_reads(reader)
    assert reader.processes != before


def test_a_document_that_takes_too_much_memory_is_an_answer_at_most(reader: DocumentReader) -> None:
    sheet = "<sst>" + "<si><t>" + "a" * (60 << 20) + "</t></si></sst>"
    reader.read(Kind.OFFICE, zipped({"xl/sharedStrings.xml": sheet}), 16 << 20)
    still_reads(reader)


def test_time_by_the_clock_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Process(1.0, 64 << 20)
    monkeypatch.setattr(process, "_PATIENCE", 0.0)
    monkeypatch.setattr(process, "_AT_LEAST", 0.1)
    os.kill(one.pid, signal.SIGSTOP)
    with pytest.raises(Died, match="took too long") as death:
        one.ask(Kind.PDF, pdf("never"), 100)
    assert not death.value.idle
    one.close()


def test_a_process_killed_in_the_middle_of_its_work_is_replaced(reader: DocumentReader) -> None:
    still_reads(reader)
    (pid,) = reader.processes
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(reader.read, Kind.OFFICE, busy(), 100)
        while not reader._busy:
            assert not reading.done()
        os.kill(pid, signal.SIGKILL)
        assert reading.result() == ("", 1.0)
    assert WHY == [(Kind.OFFICE, "killed")]
    still_reads(reader)


def test_a_process_that_had_nothing_to_do_is_replaced_unnoticed(reader: DocumentReader) -> None:
    still_reads(reader)
    (pid,) = reader.processes
    os.kill(pid, signal.SIGALRM)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert reader.read(Kind.PDF, pdf("again"), 100).text.split() == ["again"]
    assert reader.processes != [pid]
    assert WHY == []


def test_a_process_ends_with_whoever_asks_it() -> None:
    one = Process(1.0, 64 << 20)
    assert one._process.stdin is not None
    one._process.stdin.close()
    assert one._process.wait() == 0
    one.close()


def test_a_process_is_replaced_after_its_share(reader: DocumentReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_DOCUMENTS", 1)
    still_reads(reader)
    assert reader.processes == []


def test_closing_ends_what_is_being_read(reader: DocumentReader) -> None:
    still_reads(reader)
    with ThreadPoolExecutor(2) as threads:
        reading = threads.submit(reader.read, Kind.OFFICE, busy(), 100)
        while not reader._busy:
            assert not reading.done()
        waiting = threads.submit(reader.read, Kind.PDF, pdf("one"), 100)
        reader.close()
        for each in (reading, waiting):
            with pytest.raises(Unavailable):
                each.result()
    assert reader.processes == []


def test_what_cannot_begin_is_unavailable(reader: DocumentReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(Unavailable):
        reader.read(Kind.PDF, pdf("one"), 100)
    monkeypatch.undo()
    still_reads(reader)


def test_several_are_read_at_once() -> None:
    reader = DocumentReader(ExtractionLimits(10, 64 << 20, 2))
    both = threading.Barrier(2)

    def read(name: str) -> str:
        both.wait()
        return reader.read(Kind.RTF, rtf(name), 100).text

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(read, ["one", "two"])) == ["one\n", "two\n"]
    assert 1 <= len(reader.processes) <= 2
    reader.close()


def test_whatever_a_library_raises_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(kind: Kind, octets: bytes, characters: int, late: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("restante.documents.reading.read", fails)
    assert worker.answer(Kind.PDF, b"", 10, 0.0) == (0, b"ZeroDivisionError")
