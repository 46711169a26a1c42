"""Delivery: who gets a message, into which mailbox, and what is said of it. Knows no socket and no engine."""
