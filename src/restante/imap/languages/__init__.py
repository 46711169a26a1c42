"""The languages in which a server speaks to people (RFC 5255 §3)."""
