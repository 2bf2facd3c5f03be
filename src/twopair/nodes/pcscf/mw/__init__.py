"""Mw: which server of the core a request goes to, over which transport, and which is next (RFC 3263)."""
