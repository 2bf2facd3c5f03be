"""The permutation, seen through the SHA-3 of the standard library (FIPS 202)."""

import hashlib

import pytest

from twopair.crypto import keccak_f1600


def sha3_256(message: bytes) -> bytes:
    """SHA3-256 on our permutation: rate 136 octets, domain bits 01."""
    padded = bytearray(message + b"\x06" + bytes(-(len(message) + 1) % 136))
    padded[-1] |= 0x80
    state = bytes(200)
    for start in range(0, len(padded), 136):
        block = bytes(padded[start : start + 136]) + bytes(64)
        state = keccak_f1600(bytes(a ^ b for a, b in zip(state, block, strict=True)))
    return state[:32]


@pytest.mark.parametrize("length", [0, 1, 135, 136, 137, 400])
def test_sha3_built_on_it_is_sha3(length: int) -> None:
    message = bytes(i * 7 & 0xFF for i in range(length))
    assert sha3_256(message) == hashlib.sha3_256(message).digest()
