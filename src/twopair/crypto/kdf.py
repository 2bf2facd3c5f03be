"""The generic key derivation function (TS 33.220 §B.2; KEY-05)."""

from hashlib import sha256
from typing import Final

_BLOCK_OCTETS: Final = 64
_INNER: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER: Final = bytes(octet ^ 0x5C for octet in range(256))


def kdf(key: bytes, fc: int, *parameters: bytes) -> bytes:
    """HMAC-SHA-256 over FC || P0 || L0 || P1 || L1 …, lengths in two octets; 32 octets.

    Args:
        key: at most 64 octets.
        fc: the function code, one octet.
        parameters: P0, P1 and so on.
    """
    message = bytes([fc]) + b"".join([p + len(p).to_bytes(2, "big") for p in parameters])
    return _hmac_sha256(key, message)


def _hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104 §2. OpenSSL 3 looks its HMAC up at each call, which takes several times as long as this."""
    assert len(key) <= _BLOCK_OCTETS, "a longer key would have to be hashed first"
    block = key.ljust(_BLOCK_OCTETS, b"\0")
    return sha256(block.translate(_OUTER) + sha256(block.translate(_INNER) + message).digest()).digest()
