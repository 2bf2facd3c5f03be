"""A flood of REGISTER from invented addresses, and what UEs that are registered notice of it."""
