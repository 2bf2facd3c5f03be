"""CSeq: number and method (RFC 3261 §20.16)."""

import re
from typing import Final, Self

from twopair.base import WireError
from twopair.wire.sip.names import METHODS, TOKEN

_CSEQ: Final = re.compile(rf"([0-9]{{1,10}})[ \t]+({TOKEN.pattern})")


class CSeq:
    """``4711 REGISTER``; the number is below 2^31 (RFC 3261 §8.1.1.5). A value: it is not changed."""

    __slots__ = ("method", "number")

    def __init__(self, number: int, method: str) -> None:
        self.number = number
        self.method = method

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it. Raises WireError for anything else."""
        digits, _, method = text.partition(" ")
        if method in METHODS and len(digits) < 10 and digits.isdigit() and digits.isascii():
            return cls(int(digits), method)
        match = _CSEQ.fullmatch(text)
        if match is None:
            raise WireError("CSeq is not a number and a method", 0, "RFC 3261 §20.16")
        number = int(match[1])
        if number >= 2**31:
            raise WireError("CSeq number is 2^31 or more", 0, "RFC 3261 §8.1.1.5")
        return cls(number, match[2])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"

    def __repr__(self) -> str:
        return f"<CSeq {self}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CSeq) and (self.number, self.method) == (other.number, other.method)

    def __hash__(self) -> int:
        return hash((self.number, self.method))
