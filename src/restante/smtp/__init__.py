"""SMTP and LMTP on the wire: octets to commands and content, replies to octets. Pure; shared by delivery and submission."""
