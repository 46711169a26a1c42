"""What things cost as a mailbox and the number of accounts grow; ``python -m bench.growth``."""
