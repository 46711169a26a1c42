"""What attached documents say, as text: which they are, and a reader for each kind. Pure; run where it can do no harm."""
