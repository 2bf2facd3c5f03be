"""The permutation Keccak-f[1600] (FIPS 202 §3; used bare by TUAK, 35.231 §6.1)."""

from struct import Struct
from typing import Final

_LANES: Final = Struct("<25Q")
_ALL: Final = (1 << 64) - 1
STATE_OCTETS: Final = 200


def _constants() -> tuple[int, ...]:
    """Round constants from the LFSR x^8 + x^6 + x^5 + x^4 + 1 (FIPS 202 §3.2.5)."""
    found, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        found.append(constant)
    return tuple(found)


def _journey() -> tuple[tuple[int, int, int], ...]:
    """Rho and pi together: (from lane, to lane, rotation), lanes counted x + 5y (FIPS 202 §3.2.2, §3.2.3)."""
    moves, x, y = [(0, 0, 0)], 1, 0
    for t in range(24):
        to_x, to_y = y, (2 * x + 3 * y) % 5
        moves.append((x + 5 * y, to_x + 5 * to_y, (t + 1) * (t + 2) // 2 % 64))
        x, y = to_x, to_y
    return tuple(moves)


_CONSTANTS: Final = _constants()
_MOVES: Final = _journey()


def keccak_f1600(state: bytes) -> bytes:
    """The permuted state: 200 octets in, 200 out, 24 rounds."""
    a = list(_LANES.unpack(state))
    b = [0] * 25
    for constant in _CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ ((n := c[(x + 1) % 5]) << 1 & _ALL) ^ (n >> 63) for x in range(5)]
        for source, target, bits in _MOVES:
            lane = a[source] ^ d[source % 5]
            b[target] = (lane << bits & _ALL) | (lane >> (64 - bits))
        for row in range(0, 25, 5):
            b0, b1, b2, b3, b4 = b[row : row + 5]
            a[row] = b0 ^ (~b1 & b2)
            a[row + 1] = b1 ^ (~b2 & b3)
            a[row + 2] = b2 ^ (~b3 & b4)
            a[row + 3] = b3 ^ (~b4 & b0)
            a[row + 4] = b4 ^ (~b0 & b1)
        a[0] ^= constant
    return _LANES.pack(*a)
