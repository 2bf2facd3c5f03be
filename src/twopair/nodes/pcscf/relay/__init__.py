"""What is relayed between UE and core: requests up and down, their answers (24.229 §5.2.6; RFC 3261 §16)."""
