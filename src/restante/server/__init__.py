"""The shell around the protocols: listeners, TLS, streams, limits. The only code that touches a client socket."""
