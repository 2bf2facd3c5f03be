"""CSeq: number and method (RFC 3261 §20.16)."""

from typing import NamedTuple, Self

from twopair.base import WireError


class CSeq(NamedTuple):
    """``4711 REGISTER``; the number is below 2^31 (RFC 3261 §8.1.1.5)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it. Raises WireError for anything else."""
        parts = text.split()
        if len(parts) != 2 or not (parts[0].isascii() and parts[0].isdigit()) or len(parts[0]) > 10:
            raise WireError("CSeq is not a number and a method", 0, "RFC 3261 §20.16")
        number = int(parts[0])
        if number >= 2**31:
            raise WireError("CSeq number is 2^31 or more", 0, "RFC 3261 §8.1.1.5")
        return cls(number, parts[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"
