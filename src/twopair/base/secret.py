"""Octets that must not be seen: keys, RES, K, OPc (AKA-32)."""

from hmac import compare_digest
from typing import Any


class Secret:
    """Secret octets that print as ``Secret(16 octets)`` and compare in constant time.

    Args:
        octets: the value; read it back with `reveal()`, the one word to grep for.
    """

    __slots__ = ("_octets",)

    def __init__(self, octets: bytes) -> None:
        self._octets = bytes(octets)

    @classmethod
    def from_hex(cls, text: str) -> "Secret":
        """A secret written as hexadecimal digits. Raises ValueError for anything else."""
        return cls(bytes.fromhex(text))

    def reveal(self) -> bytes:
        """The octets themselves, for the function that needs them and nobody else."""
        return self._octets

    def matches(self, other: "Secret | bytes") -> bool:
        """Whether both hold the same octets, in time that depends on their length only."""
        return compare_digest(self._octets, other.reveal() if isinstance(other, Secret) else other)

    def __len__(self) -> int:
        return len(self._octets)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and compare_digest(self._octets, other._octets)

    def __hash__(self) -> int:
        return hash(self._octets)

    def __repr__(self) -> str:
        return f"Secret({len(self._octets)} octets)"

    def __reduce__(self) -> Any:
        msg = "a Secret is not pickled: seal it instead"
        raise TypeError(msg)
