"""Who counts as one where peers are counted: nobody vouches for an address in the clear (UNP-05)."""

from collections.abc import Hashable
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_PREFIX_BITS: Final = 64


def source_of(address: str) -> str:
    """The source an address belongs to: itself for IPv4, its /64 for IPv6.

    A UE's IP-CAN gives it a whole /64, in which it may choose any address (23.401 §5.3.1.2.2).

    Args:
        address: in canonical form.
    """
    return address if ":" not in address else _prefix(address)


@lru_cache(maxsize=4096)  # a registration asks four times
def _prefix(address: str) -> str:
    rest = 128 - _PREFIX_BITS
    return f"{IPv6Address(int(IPv6Address(address)) >> rest << rest)}/{_PREFIX_BITS}"


class Tally(Generic[K]):
    """Things by their source, each counted once; a source without any takes no room."""

    __slots__ = ("_by_source", "_source_of")

    def __init__(self) -> None:
        self._source_of: dict[K, str] = {}
        self._by_source: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._source_of)

    def at(self, source: str) -> int:
        """How many a source has."""
        return self._by_source.get(source, 0)

    def enter(self, what: K, source: str) -> None:
        """Count it there, and nowhere else."""
        if self._source_of.get(what) != source:
            self.leave(what)
            self._source_of[what] = source
            self._by_source[source] = self.at(source) + 1

    def leave(self, what: K) -> None:
        """Count it no more."""
        source = self._source_of.pop(what, None)
        if source is not None:
            left = self._by_source.pop(source) - 1
            if left:
                self._by_source[source] = left
