"""The work that is measured, by what it is about."""
