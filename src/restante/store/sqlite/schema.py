"""An account's tables, and how a database of an older release becomes one of this release.

Strategy: MIGRATIONS[n] brings format n to n + 1, and a new database runs them all, so both end alike. The number is kept in
``user_version``; ``application_id`` tells an account's database from any other file.

The tables keep apart what is read apart. ``message`` is a narrow membership (a mailbox's 50,000 are some 2 MB), ``content``
what FETCH asks for ready to send, ``header`` and ``body`` the message itself: a scan of envelopes never touches a body.
``content`` is immutable and shared by every copy of a message; what no message refers to any more is swept by way of
``expunged``, which remembers each removed membership for a grace period.

The rule it protects: a newer release's data is refused untouched, and ``counter`` only ever goes up.
"""

from __future__ import annotations

from typing import Final

import apsw

from restante.store.errors import Corrupt, NewerFormat
from restante.store.words import EDITION

APPLICATION_ID: Final = 0x52_73_74_6D
"""``Rstm``: an account's mail."""

_FIRST: Final = """
CREATE TABLE counter (
    modseq INTEGER NOT NULL,
    uid_validity INTEGER NOT NULL
);
INSERT INTO counter VALUES (0, 0);
CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    special_use TEXT UNIQUE,
    uid_validity INTEGER NOT NULL,
    uid_next INTEGER NOT NULL DEFAULT 1,
    recent_uid INTEGER NOT NULL DEFAULT 1,
    modseq INTEGER NOT NULL,
    swept_modseq INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    unseen INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    recent INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE subscription (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE flagset (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    flags TEXT NOT NULL UNIQUE
);
CREATE TABLE content (
    id INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    sent_day INTEGER,
    email_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    blob TEXT,
    sort_keys BLOB NOT NULL,
    envelope BLOB NOT NULL,
    body BLOB NOT NULL,
    bodystructure BLOB NOT NULL,
    parts BLOB NOT NULL,
    preview TEXT NOT NULL
);
CREATE TABLE header (content INTEGER PRIMARY KEY, octets BLOB NOT NULL);
CREATE TABLE body (content INTEGER PRIMARY KEY, octets BLOB NOT NULL);
CREATE TABLE message (
    mailbox INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    flagset INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    content INTEGER NOT NULL,
    size INTEGER NOT NULL,
    internal_epoch INTEGER NOT NULL,
    internal_zone INTEGER NOT NULL,
    save_epoch INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)
) WITHOUT ROWID;
CREATE INDEX message_modseq ON message (mailbox, modseq);
CREATE INDEX message_content ON message (content);
CREATE TABLE tombstone (
    mailbox INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (mailbox, modseq, low)
) WITHOUT ROWID;
CREATE TABLE expunged (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch INTEGER NOT NULL,
    mailbox INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    flagset INTEGER NOT NULL,
    content INTEGER NOT NULL,
    internal_epoch INTEGER NOT NULL,
    internal_zone INTEGER NOT NULL,
    save_epoch INTEGER NOT NULL
);
CREATE INDEX expunged_content ON expunged (content);
"""
# AUTOINCREMENT where an id, once given out, may be remembered by others: it never comes back.

_SECOND: Final = f"""
CREATE VIRTUAL TABLE header_words USING fts5(
    words, tokenize='trigram case_sensitive 1', content='', contentless_delete=1, detail=none
);
CREATE VIRTUAL TABLE body_words USING fts5(
    words, tokenize='trigram case_sensitive 1', content='', contentless_delete=1, detail=none
);
CREATE TABLE from_words (content INTEGER PRIMARY KEY, words BLOB NOT NULL);
CREATE TABLE to_words (content INTEGER PRIMARY KEY, words BLOB NOT NULL);
CREATE TABLE cc_words (content INTEGER PRIMARY KEY, words BLOB NOT NULL);
CREATE TABLE bcc_words (content INTEGER PRIMARY KEY, words BLOB NOT NULL);
CREATE TABLE subject_words (content INTEGER PRIMARY KEY, words BLOB NOT NULL);
CREATE TABLE unindexed (content INTEGER PRIMARY KEY, waits INTEGER NOT NULL);
CREATE TABLE index_state (edition TEXT NOT NULL);
INSERT INTO index_state VALUES ('{EDITION}');
INSERT INTO unindexed SELECT id, 1 FROM content;
"""
# A content is in ``unindexed`` or in the tables above it; :mod:`restante.store.sqlite.fulltext` says the rest.

_THIRD: Final = """
CREATE TABLE annotation (
    id INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL,
    name TEXT NOT NULL,
    value BLOB,
    modseq INTEGER NOT NULL,
    UNIQUE (mailbox, name)
);
CREATE INDEX annotation_modseq ON annotation (modseq);
CREATE INDEX annotation_removed ON annotation (modseq) WHERE value IS NULL;
ALTER TABLE counter ADD COLUMN annotation_octets INTEGER NOT NULL DEFAULT 0;
ALTER TABLE counter ADD COLUMN annotations_swept INTEGER NOT NULL DEFAULT 0;
"""
# One without a value was removed; :mod:`restante.store.sqlite.annotating` says the rest.

_SNAPSHOTS: Final = """
CREATE TABLE index_snapshot (
    mailbox INTEGER PRIMARY KEY,
    modseq INTEGER NOT NULL,
    uid_next INTEGER NOT NULL,
    uids BLOB NOT NULL,
    flagsets BLOB NOT NULL,
    modseqs BLOB NOT NULL
);
"""

_ATTACHED: Final = "CREATE TABLE attached (content INTEGER PRIMARY KEY, words BLOB NOT NULL)"
# What attachments say: :mod:`restante.store.sqlite.attached`.

_CHANGED: Final = """
DROP INDEX message_modseq;
CREATE TABLE changed (
    mailbox INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    PRIMARY KEY (mailbox, modseq, low)
) WITHOUT ROWID;
ALTER TABLE mailbox ADD COLUMN unlisted_modseq INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET unlisted_modseq = modseq;
"""
# Which messages were added or have new flags, as spans of UIDs by modseq: a row for a change in place of an index entry for
# each message of it. Changes up to ``unlisted_modseq`` are not there, and are found by looking at all messages.

_SHORTER_INDEX: Final = """
CREATE TABLE fields (
    content INTEGER PRIMARY KEY,
    from_text INTEGER,
    to_text INTEGER,
    cc_text INTEGER,
    bcc_text INTEGER,
    subject_text INTEGER
);
CREATE TABLE field_texts (
    field INTEGER NOT NULL,
    text INTEGER NOT NULL,
    uses INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    words BLOB NOT NULL,
    PRIMARY KEY (field, text)
) WITHOUT ROWID;
CREATE INDEX field_texts_digest ON field_texts (digest);
CREATE TABLE field_users (
    field INTEGER NOT NULL,
    text INTEGER NOT NULL,
    content INTEGER NOT NULL,
    PRIMARY KEY (field, text, content)
) WITHOUT ROWID;
DROP TABLE from_words;
DROP TABLE to_words;
DROP TABLE cc_words;
DROP TABLE bcc_words;
DROP TABLE subject_words;
DROP TABLE header_words;
DROP TABLE body_words;
CREATE VIRTUAL TABLE header_words USING fts5(
    words, tokenize='trigram case_sensitive 1', content='', contentless_delete=1, detail=none
);
CREATE VIRTUAL TABLE body_words USING fts5(
    words, tokenize='trigram case_sensitive 1', content='', contentless_delete=1, detail=none
);
DELETE FROM unindexed;
INSERT INTO unindexed SELECT id, 1 FROM content;
"""
# The same words in other forms: the texts of fields once each, :func:`restante.store.sqlite.fulltext.formed` for the rest.

MIGRATIONS: Final = (_FIRST, _SECOND, _THIRD, _SNAPSHOTS, _ATTACHED, _CHANGED, _SHORTER_INDEX)
"""The statements that bring format *n* to *n* + 1, in order."""

VERSION: Final = len(MIGRATIONS)
"""The format this release writes."""


def check(connection: apsw.Connection) -> bool:
    """Whether the database is of this release's format already. Raises NewerFormat, Corrupt; touches nothing."""
    version = int(connection.pragma("user_version"))
    application = int(connection.pragma("application_id"))
    if application not in (0, APPLICATION_ID) or (application == 0 and version != 0):
        raise Corrupt("an account's database is some other program's")
    if version > VERSION:
        raise NewerFormat(f"the mail is kept in format {version}, and this release knows formats up to {VERSION}")
    return version == VERSION


def migrate(connection: apsw.Connection) -> None:
    """Bring the database to this release's format, all or nothing. Raises NewerFormat, Corrupt."""
    if check(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _steps(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _steps(connection: apsw.Connection) -> None:
    # Asked again inside the transaction: another process may have been quicker.
    version = int(connection.pragma("user_version"))
    for step in MIGRATIONS[version:]:
        connection.execute(step)
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", max(version, VERSION))
