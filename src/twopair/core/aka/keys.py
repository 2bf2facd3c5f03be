"""The permanent secrets of a subscriber, the same on the card and in the HSS (AKA-50, AKA-51)."""

from dataclasses import dataclass, field
from typing import Final, Literal

from twopair.base import Secret
from twopair.crypto import AkaFunctions, Milenage, Tuak, TuakSizes

KEY_OCTETS: Final = {"milenage": ((16,), 16), "tuak": ((16, 32), 32)}
"""Lengths of K, and of OP and OPc."""


@dataclass(frozen=True, slots=True)
class AkaKeys:
    """K with OP or OPc (for TUAK: TOP or TOPc), and the algorithm set they belong to.

    Args:
        k: 16 octets; 16 or 32 for TUAK.
        op: the operator's own constant, or
        opc: the one derived for this K. Exactly one of the two, so that they are never confused.
        algorithm: "milenage" or "tuak".
        sizes: lengths of TUAK's outputs; for IMS its MAC has 8 octets, CK and IK have 16.

    Raises:
        ValueError: both or neither of OP and OPc, or a length that does not fit the algorithm.
    """

    k: Secret
    op: Secret | None = field(default=None, kw_only=True)
    opc: Secret | None = field(default=None, kw_only=True)
    algorithm: Literal["milenage", "tuak"] = field(default="milenage", kw_only=True)
    sizes: TuakSizes = field(default=TuakSizes(), kw_only=True)

    def __post_init__(self) -> None:
        if (self.op is None) == (self.opc is None):
            raise ValueError("give either OP or OPc, and not both")
        if self.algorithm not in KEY_OCTETS:
            raise ValueError(f"the algorithm set is one of {', '.join(KEY_OCTETS)}")
        if (self.sizes.mac, self.sizes.ck, self.sizes.ik) != (8, 16, 16):
            raise ValueError("AUTN of 33.102 needs a MAC of 8 octets, IMS needs CK and IK of 16")
        of_k, of_op = KEY_OCTETS[self.algorithm]
        if len(self.k) not in of_k or len(self.opc or self.op or b"") != of_op:
            lengths = " or ".join(map(str, of_k))
            raise ValueError(f"{self.algorithm} needs K of {lengths} octets, OP or OPc of {of_op}")

    def functions(self) -> AkaFunctions:
        """The AKA functions with these keys."""
        if self.algorithm == "milenage":
            if self.opc is not None:
                return Milenage(self.k, self.opc)
            assert self.op is not None
            return Milenage.from_op(self.k, self.op)
        if self.opc is not None:
            return Tuak(self.k, self.opc, self.sizes)
        assert self.op is not None
        return Tuak.from_top(self.k, self.op, self.sizes)
