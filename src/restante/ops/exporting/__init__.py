"""Export: an account's mail into files. Targets write, the use-case in ``run`` reads the store."""
