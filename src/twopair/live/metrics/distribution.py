"""How values spread: what a Prometheus histogram is made of."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate


class Distribution:
    """Counts of values by size.

    Args:
        bounds: upper bounds of the classes, ascending; what is larger than all is in a class of its own.

    Attributes:
        total: of all values.
    """

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """One value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def buckets(self) -> Iterator[tuple[str, float]]:
        """How many values are at most so large, for each bound."""
        return zip((*map(str, self._bounds), "+Inf"), accumulate(self._counts), strict=True)
