"""Internet messages read in place: octets in, a tree of parts with offsets out (RFC 5322, RFC 2045 to 2047, RFC 2231)."""
