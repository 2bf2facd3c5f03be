"""Octets and values: SIP, IP, ESP, captures, key logs. No I/O."""
