"""What lies on Gm: doors, streams, SA sets and their lives, who may have which ports (33.203 §7)."""
