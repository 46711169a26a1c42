"""IMAP4rev1 (RFC 3501), IMAP4rev2 (RFC 9051) and their extensions."""
