"""Who may come in: passwords, their checking and its throttling, and the running of SASL exchanges."""
