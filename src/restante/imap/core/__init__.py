"""IMAP itself (RFC 3501, RFC 9051), written as extensions are: values for the registry."""
