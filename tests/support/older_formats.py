"""Databases as older releases left them."""

from __future__ import annotations

import apsw


def undo_changed(connection: apsw.Connection) -> None:
    """Take from an account's database the list of its changes."""
    connection.execute(
        "CREATE INDEX message_modseq ON message (mailbox, modseq); DROP TABLE changed; "
        "ALTER TABLE mailbox DROP COLUMN unlisted_modseq"
    )
