"""Randomness as cores know it: something given to them."""

from typing import Protocol


class Entropy(Protocol):
    """Source of random numbers; the drivers give the operating system's, the simulator a seeded one."""

    def octets(self, count: int) -> bytes:
        """`count` random octets."""
        ...

    def below(self, bound: int) -> int:
        """A whole number, 0 <= n < bound, all equally likely."""
        ...


def token(entropy: Entropy, octets: int = 8) -> str:
    """A random token of 2 * `octets` hexadecimal digits, for tags, branches and Call-IDs."""
    return entropy.octets(octets).hex()
