"""TUAK (TS 35.231; AKA-51): the AKA functions on the permutation Keccak-f[1600]."""

from dataclasses import dataclass
from typing import Final, Self

from twopair.base import Secret
from twopair.crypto.functions import Answers
from twopair.crypto.keccak import STATE_OCTETS, keccak_f1600

NAME: Final = b"TUAK1.0"
_RATE_OCTETS: Final = 136
# high bits of INSTANCE, 35.231 §6.2..§6.6
_TOPC, _F1, _F1_STAR, _F2345, _F5_STAR = 0x00, 0x00, 0x80, 0x40, 0xC0
_LENGTH_CODE: Final = {4: 0x00, 8: 0x08, 16: 0x10, 32: 0x20}


@dataclass(frozen=True, slots=True)
class TuakSizes:
    """Lengths in octets that an operator chooses; the defaults are those of IMS with AUTN as in 33.102."""

    mac: int = 8
    res: int = 8
    ck: int = 16
    ik: int = 16
    iterations: int = 1

    def __post_init__(self) -> None:
        fits = self.mac in (8, 16, 32) and self.res in _LENGTH_CODE and self.iterations >= 1
        if not (fits and self.ck in (16, 32) and self.ik in (16, 32)):
            raise ValueError("TUAK has MAC of 8, 16 or 32 octets, RES of 4 to 32, CK and IK of 16 or 32")


def topc_from_top(k: Secret, top: Secret, iterations: int = 1) -> Secret:
    """TOPc, what is stored on a card instead of TOP (35.231 §6.2)."""
    block = _filled(top.reveal(), _TOPC, bytes(24), k.reveal())
    return Secret(_permuted(block, iterations)[31::-1])


class Tuak:
    """The TUAK functions of one subscriber.

    Args:
        k: subscriber key, 16 or 32 octets.
        topc: TOPc, 32 octets; where only TOP is known use `from_top`.
        sizes: lengths of the outputs and number of permutations.

    Raises:
        ValueError: K or TOPc has another length.
    """

    __slots__ = ("_k", "_sizes", "_topc")

    def __init__(self, k: Secret, topc: Secret, sizes: TuakSizes | None = None) -> None:
        if len(k) not in (16, 32) or len(topc) != 32:
            raise ValueError("TUAK needs K of 16 or 32 octets and TOPc of 32")
        self._k, self._topc = k.reveal(), topc.reveal()
        self._sizes = sizes or TuakSizes()

    @classmethod
    def from_top(cls, k: Secret, top: Secret, sizes: TuakSizes | None = None) -> Self:
        """The functions of a subscriber whose operator gave TOP itself."""
        if len(k) not in (16, 32) or len(top) != 32:
            raise ValueError("TUAK needs K of 16 or 32 octets and TOP of 32")
        sizes = sizes or TuakSizes()
        return cls(k, topc_from_top(k, top, sizes.iterations), sizes)

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A of `sizes.mac` octets."""
        return self._mac(_F1, rand, sqn, amf)

    def f1_star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S of `sizes.mac` octets."""
        return self._mac(_F1_STAR, rand, sqn, amf)

    def f2345(self, rand: bytes) -> Answers:
        """RES, CK and IK of the chosen lengths, AK of 6 octets."""
        sizes = self._sizes
        instance = _F2345 | _LENGTH_CODE[sizes.res] | (sizes.ck == 32) << 2 | (sizes.ik == 32) << 1
        out = self._run(instance, rand, bytes(6), bytes(2))
        return Answers(
            out[: sizes.res][::-1],
            out[32 : 32 + sizes.ck][::-1],
            out[64 : 64 + sizes.ik][::-1],
            out[96:102][::-1],
        )

    def f5_star(self, rand: bytes) -> bytes:
        """AK*, 6 octets."""
        return self._run(_F5_STAR, rand, bytes(6), bytes(2))[96:102][::-1]

    def _mac(self, instance: int, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        size = self._sizes.mac
        return self._run(instance | _LENGTH_CODE[size], rand, sqn, amf)[:size][::-1]

    def _run(self, instance: int, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        block = _filled(self._topc, instance, rand[::-1] + amf[::-1] + sqn[::-1], self._k)
        return _permuted(block, self._sizes.iterations)


def _filled(top: bytes, instance: int, variables: bytes, k: bytes) -> bytes:
    """The state as 35.231 §6.1 lays it out: each field stands in it last octet first.

    Args:
        top: TOP or TOPc.
        instance: INSTANCE without its lowest bit, which tells the length of K.
        variables: RAND, AMF and SQN, each already reversed.
        k: the subscriber key.
    """
    state = bytearray(STATE_OCTETS)
    start = top[::-1] + bytes([instance | (len(k) == 32)]) + NAME[::-1] + variables + k[::-1]
    state[: len(start)] = start
    state[96] = 0x1F  # padding starts after room for a K of 32 octets
    state[_RATE_OCTETS - 1] |= 0x80
    return bytes(state)


def _permuted(block: bytes, iterations: int) -> bytes:
    for _ in range(iterations):
        block = keccak_f1600(block)
    return block
