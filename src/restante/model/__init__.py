"""The nouns every floor shares: identifiers, flags, mailbox names, message sets and dates. Pure values."""
