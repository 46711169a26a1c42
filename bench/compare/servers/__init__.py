"""The servers that are compared: how each is set up, started, and stopped."""
