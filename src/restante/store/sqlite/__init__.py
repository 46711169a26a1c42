"""The embedded engine: SQLite in WAL mode, one database for the directory and one for each account's mail."""
