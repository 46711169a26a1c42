"""Use-cases shared by the command line, the admin page and the tests."""
