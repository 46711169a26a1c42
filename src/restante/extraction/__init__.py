"""Reading documents in processes of their own, which may do nothing but read."""
