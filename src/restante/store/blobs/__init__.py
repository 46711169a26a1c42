"""Where messages too large for a database's rows are kept."""
