"""Milenage with the default constants (TS 35.206; AKA-50)."""

from typing import Final, Self

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from twopair.base import Secret
from twopair.crypto.functions import Answers

BLOCK: Final = 16
_MASK: Final = (1 << 128) - 1
# (r in bits, c) for OUT1..OUT5, 35.206 §4.1
_R1, _C1 = 64, 0
_R2, _C2 = 0, 1
_R3, _C3 = 32, 2
_R4, _C4 = 64, 4
_R5, _C5 = 96, 8


def opc_from_op(k: Secret, op: Secret) -> Secret:
    """OPc = OP xor E_K(OP), what is stored on a card instead of OP (35.206 §4.1)."""
    encrypt = Cipher(AES(k.reveal()), ECB()).encryptor().update  # noqa: S305 (35.206 is built on single blocks)
    return Secret(_octets(_number(encrypt(op.reveal())) ^ _number(op.reveal())))


class Milenage:
    """The Milenage functions of one subscriber.

    Args:
        k: subscriber key, 16 octets.
        opc: OPc, 16 octets; where only OP is known use `from_op`.

    Raises:
        ValueError: K or OPc has another length.
    """

    __slots__ = ("_encrypt", "_opc")

    def __init__(self, k: Secret, opc: Secret) -> None:
        if len(k) != BLOCK or len(opc) != BLOCK:
            raise ValueError("Milenage needs K and OPc of 16 octets each")
        # One context serves all blocks: ECB keeps nothing between them, and making it is the slow part.
        self._encrypt = Cipher(AES(k.reveal()), ECB()).encryptor().update  # noqa: S305
        self._opc = _number(opc.reveal())

    @classmethod
    def from_op(cls, k: Secret, op: Secret) -> Self:
        """The functions of a subscriber whose operator gave OP itself."""
        if len(k) != BLOCK or len(op) != BLOCK:
            raise ValueError("Milenage needs K and OP of 16 octets each")
        return cls(k, opc_from_op(k, op))

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A, 8 octets."""
        return self._out1(rand, sqn, amf)[:8]

    def f1_star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S, 8 octets."""
        return self._out1(rand, sqn, amf)[8:]

    def f2345(self, rand: bytes) -> Answers:
        """RES of 8 octets, CK and IK of 16, AK of 6."""
        opc = self._opc
        inner = self._temp(rand) ^ opc
        blocks = self._encrypt(
            _octets(_rotated(inner, _R2) ^ _C2)
            + _octets(_rotated(inner, _R3) ^ _C3)
            + _octets(_rotated(inner, _R4) ^ _C4)
        )
        out2 = _octets(_number(blocks[:16]) ^ opc)
        ck = _octets(_number(blocks[16:32]) ^ opc)
        ik = _octets(_number(blocks[32:]) ^ opc)
        return Answers(out2[8:], ck, ik, out2[:6])

    def f5_star(self, rand: bytes) -> bytes:
        """AK*, 6 octets."""
        block = self._encrypt(_octets(_rotated(self._temp(rand) ^ self._opc, _R5) ^ _C5))
        return _octets(_number(block) ^ self._opc)[:6]

    def _temp(self, rand: bytes) -> int:
        return _number(self._encrypt(_octets(_number(rand) ^ self._opc)))

    def _out1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        in1 = _number((sqn + amf) * 2)
        block = self._encrypt(_octets(self._temp(rand) ^ _rotated(in1 ^ self._opc, _R1) ^ _C1))
        return _octets(_number(block) ^ self._opc)


def _number(block: bytes) -> int:
    return int.from_bytes(block, "big")


def _octets(number: int) -> bytes:
    return number.to_bytes(BLOCK, "big")


def _rotated(number: int, bits: int) -> int:
    """Cyclic rotation to the left of 128 bits."""
    return ((number << bits) | (number >> (128 - bits))) & _MASK
