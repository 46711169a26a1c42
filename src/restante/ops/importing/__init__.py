"""Import: mail from files into an account. Sources read, the use-case in ``run`` stores."""
