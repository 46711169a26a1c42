"""The IMAP protocol without I/O: octets in, events out; responses as octets. Pure."""
