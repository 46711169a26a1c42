"""What a session watches besides its selected mailbox: what is wanted, what changed, and the telling of it (RFC 5465)."""
