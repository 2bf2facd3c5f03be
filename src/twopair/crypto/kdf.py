"""The generic key derivation function (TS 33.220 §B.2; KEY-05)."""

import hmac


def kdf(key: bytes, fc: int, *parameters: bytes) -> bytes:
    """HMAC-SHA-256 over FC || P0 || L0 || P1 || L1 …, lengths in two octets; 32 octets."""
    message = bytes([fc]) + b"".join(p + len(p).to_bytes(2, "big") for p in parameters)
    return hmac.digest(key, message, "sha256")
