"""Nodes in the real world: sockets, clock, entropy, configuration files, the lab."""
