"""What a full disk leaves of an export."""

import random
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.transfer import ANN, TARGETS, export_from, holdings, import_into, new_store

from restante.model.dates import MailDate
from restante.model.mailbox_name import INBOX
from restante.store.model import NewMessage

LIMIT = 30_000


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond :data:`LIMIT` octets; writing more is an error as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("form", list(TARGETS))
@pytest.mark.usefixtures("small_files")
async def test_only_whole_messages_are_left(form: str, tmp_path: Path) -> None:
    store = await new_store()
    inbox = await (await store.account(ANN)).mailbox(INBOX)
    small = NewMessage(b"Subject: small\r\n\r\n", MailDate(1))
    # Octets that do not compress.
    noise = random.Random(1).randbytes(800_000).replace(b"\n", b"x").replace(b"\r", b"y")
    large = NewMessage(b"Subject: large\r\n\r\n" + noise, MailDate(2))
    await inbox.append([small, large])
    with pytest.raises(OSError, match="File too large"):
        await export_from(store, tmp_path / "out", form)
    left = [file for file in (tmp_path / "out").glob("**/*") if file.is_file() and file.name != "dovecot-keywords"]
    if form.startswith("mbox"):
        assert left == []
    else:
        assert len(left) == 1
        other = await new_store()
        assert (await import_into(other, tmp_path / "out")).messages == 1
        assert [kept.raw for kept in (await holdings(other))["INBOX"]] == [b"Subject: small\r\n\r\n"]
