"""How a connection to an account's database is set up."""

from __future__ import annotations

from pathlib import Path

import apsw

from restante.store.sqlite.database import connect, create


def test_a_statement_keeps_its_plan_whatever_is_bound_to_it(tmp_path: Path) -> None:
    create(tmp_path / "mail.db")
    connection = connect(tmp_path / "mail.db")
    assert connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, -1) == 1
    connection.close()
