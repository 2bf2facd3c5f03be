"""Where a node keeps what is to outlive it: keys and octets, in SQLite, Redis or memory."""
