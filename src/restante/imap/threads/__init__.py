"""How THREAD's algorithms put messages together (RFC 5256 §3). Pure: from columns to forests."""
