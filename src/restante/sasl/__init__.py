"""SASL mechanisms (RFC 4422) as step objects: responses in, challenges and verdicts out. Pure values."""
