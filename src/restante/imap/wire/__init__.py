"""IMAP's bytes: fragments, the reader (one method per ABNF rule) and the writer. Pure."""
