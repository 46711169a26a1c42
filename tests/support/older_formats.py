"""Databases as older releases left them."""

from __future__ import annotations

import apsw


def undo_changed(connection: apsw.Connection) -> None:
    """Take from an account's database the list of its changes."""
    connection.execute(
        "CREATE INDEX message_modseq ON message (mailbox, modseq); DROP TABLE changed; "
        "ALTER TABLE mailbox DROP COLUMN unlisted_modseq"
    )


def undo_shorter_index(connection: apsw.Connection) -> None:
    """Give an account's database the tables that the index of text had before its texts of fields were kept once each."""
    for table in ("fields", "field_texts", "field_users"):
        connection.execute(f"DROP TABLE {table}")
    for name in ("from", "to", "cc", "bcc", "subject"):
        connection.execute(f"CREATE TABLE {name}_words (content INTEGER PRIMARY KEY, words BLOB NOT NULL)")
