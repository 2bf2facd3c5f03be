"""Randomness of the operating system, fetched in blocks."""

from os import urandom
from typing import Final

from twopair.base import Entropy

_BLOCK_OCTETS: Final = 4096


class OsEntropy(Entropy):
    """The operating system's generator behind `Entropy`.

    One system call per 4 KiB: a relayed request draws a branch, and a call for each would cost more
    than finding out where the request goes. Octets are handed out once.
    """

    def __init__(self) -> None:
        self._block = b""
        self._used = 0

    def octets(self, count: int) -> bytes:
        """`count` random octets."""
        end = self._used + count
        if end > len(self._block):
            if count > _BLOCK_OCTETS:
                return urandom(count)
            self._block = urandom(_BLOCK_OCTETS)
            self._used, end = 0, count
        taken = self._block[self._used : end]
        self._used = end
        return taken

    def below(self, bound: int) -> int:
        """A whole number, 0 <= n < bound, all equally likely; raises ValueError unless bound > 0."""
        if bound < 1:
            raise ValueError("there is no number below that bound")
        bits = (bound - 1).bit_length()
        count = (bits + 7) // 8
        while True:  # ends: each round succeeds with a chance of more than one half
            number = int.from_bytes(self.octets(count), "big") >> (count * 8 - bits)
            if number < bound:
                return number
