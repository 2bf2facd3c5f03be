"""Random numbers that replay: one stream per name, all from one seed."""

from hashlib import blake2b
from typing import Final

from twopair.base import Entropy

_BLOCK: Final = 64


class Stream(Entropy):
    """A counter-mode stream of octets; equal seed and name give equal octets on every machine."""

    __slots__ = ("_block", "_count", "_key", "_used")

    def __init__(self, seed: int, name: str) -> None:
        self._key = blake2b(f"{seed}/{name}".encode()).digest()
        self._count = 0
        self._block = b""
        self._used = 0

    def octets(self, count: int) -> bytes:
        """`count` random octets."""
        end = self._used + count
        if end <= len(self._block):
            taken = self._block[self._used : end]
            self._used = end
            return taken
        while len(self._block) < end:
            self._block += blake2b(self._count.to_bytes(8, "big"), key=self._key).digest()
            self._count += 1
        taken, self._block, self._used = self._block[self._used : end], self._block[end:], 0
        return taken

    def below(self, bound: int) -> int:
        """A whole number, 0 <= n < bound, all equally likely; raises ValueError unless bound > 0."""
        if bound < 1:
            raise ValueError("there is no number below that bound")
        octets = ((bound - 1).bit_length() + 7) // 8 or 1
        limit = 256**octets - 256**octets % bound
        while True:  # ends: each round succeeds with a chance of more than one half
            number = int.from_bytes(self.octets(octets), "big")
            if number < limit:
                return number % bound


class Streams:
    """The streams of one seed; a draw more in one of them does not shift another."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, Stream] = {}

    def __call__(self, name: str) -> Stream:
        """The stream of that name, the same object each time."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Stream(self.seed, name)
        return stream
