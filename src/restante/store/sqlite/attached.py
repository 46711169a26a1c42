"""The texts of attachments, kept: read from a message once, when it is indexed, and by every exact check from here.

Strategy: ``attached`` has a row for each indexed content that may hold documents, compressed, or empty if they say nothing. It is
written in the transaction that indexes the content. A search that must read a content without a row reads its documents.

The rule it protects: what a search finds in an attachment is what the index was made of, though a document were read otherwise
tomorrow; and reading documents keeps neither the writing thread nor a search of something else waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import apsw

from restante.documents.kind import documents
from restante.mime.encode import load
from restante.mime.part import Part
from restante.mime.scan import Raw
from restante.store.attachments import Attachments
from restante.store.blobs.files import AccountBlobs
from restante.store.errors import Unavailable
from restante.store.sqlite import fulltext
from restante.store.words import Attached


@dataclass(frozen=True, slots=True)
class Gathered:
    """Contents about to be indexed, and the texts of those that may hold documents."""

    contents: list[int]
    texts: dict[int, str] = field(default_factory=dict)


def kept(connection: apsw.Connection, content: int) -> str | None:
    """The text of a content's documents, or None if it was not read yet, or there are none."""
    packed: bytes | None = connection.execute("SELECT words FROM attached WHERE content = ?", (content,)).get
    return None if packed is None else fulltext.unpacked(packed)


def gather(
    connection: apsw.Connection, contents: Sequence[int], blobs: AccountBlobs, attachments: Attachments
) -> Gathered:
    """Read the documents of a batch of *contents*, from the first on. Raises Unavailable, OSError."""
    found = Gathered([])
    size = 0
    for content in contents:
        found.contents.append(content)
        with fulltext.opened(connection, content, blobs) as message:
            if message is None:
                continue
            tree = load(message.parts)
            if _may_hold_documents(tree):
                found.texts[content] = attachments.text(message.raw, tree)
            size += len(message.raw)
        if size >= fulltext.MOST_AT_ONCE:
            break
    return found


def is_behind(connection: apsw.Connection, edition: str) -> bool:
    """Whether some contents are not indexed by that *edition*, so that their documents are still to be read."""
    if not fulltext.is_current(connection, edition):
        return True
    return connection.execute("SELECT 1 FROM unindexed WHERE waits LIMIT 1").get is not None


def is_missing(connection: apsw.Connection, content: int) -> bool:
    """Whether an indexed content should have a row and has none."""
    parts = connection.execute("SELECT parts FROM content WHERE id = ?", (content,)).get
    return kept(connection, content) is None and parts is not None and _may_hold_documents(load(parts))


def _may_hold_documents(tree: Part) -> bool:
    return next(documents(tree), None) is not None


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the texts of a mailbox's attachments, for one search.

    Attributes:
        connection: where to read.
        mailbox: which mailbox.
        attachments: what reads the documents of messages that are not indexed.
        current: whether what is kept was made as this process would make it.
    """

    connection: apsw.Connection
    mailbox: int
    attachments: Attachments
    current: bool

    def of(self, uid: int) -> Attached:
        """What gives the text of a message's attachments."""

        def text(raw: Raw, tree: Part) -> str:
            if not _may_hold_documents(tree):
                return ""
            known = self._kept(uid) if self.current else None
            if known is not None:
                return known
            try:
                return self.attachments.text(raw, tree)
            except Unavailable:
                # Nothing reads documents now; the rest of the message is searched all the same.
                return ""

        return text

    def _kept(self, uid: int) -> str | None:
        asked = (
            "SELECT a.words FROM message m JOIN attached a ON a.content = m.content WHERE m.mailbox = ? AND m.uid = ?"
        )
        packed: bytes | None = self.connection.execute(asked, (self.mailbox, uid)).get
        return None if packed is None else fulltext.unpacked(packed)
