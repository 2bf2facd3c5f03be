"""Things measured by turns, many times: what disturbs this machine for a while disturbs all of them."""

from collections.abc import Callable, Iterable, Mapping
from statistics import mean, median
from typing import NamedTuple


class Spread(NamedTuple):
    """Least, median and largest of many figures."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> "Spread":
        """Of these figures."""
        known = sorted(figures)
        return cls(known[0], median(known), known[-1])

    def __format__(self, spec: str) -> str:
        """``4.4 (3.8..5.1)``: the median, then least and largest, each in the given format."""
        return f"{self.middle:{spec}} ({self.least:{spec}}..{self.most:{spec}})"


class Rounds:
    """What each of several works cost in each of many rounds.

    Args:
        costs: name of a work to its costs, one a round.
    """

    def __init__(self, costs: Mapping[str, list[float]]) -> None:
        self.costs = dict(costs)

    @classmethod
    def run(cls, works: Mapping[str, Callable[[], float]], rounds: int) -> "Rounds":
        """Run each work once a round, every other round backwards; a work returns its cost."""
        costs: dict[str, list[float]] = {name: [] for name in works}
        for number in range(-1, rounds):
            for name in list(works)[:: -1 if number % 2 else 1]:
                cost = works[name]()
                if number >= 0:  # the first round only warms up
                    costs[name].append(cost)
        return cls(costs)

    def add_mean(self, name: str, of: Iterable[str]) -> None:
        """Have, under a name of its own, the mean of several works, round by round."""
        self.costs[name] = [mean(costs) for costs in zip(*(self.costs[one] for one in of), strict=True)]

    def cost(self, name: str) -> Spread:
        """What a work cost."""
        return Spread.of(self.costs[name])

    def ratio(self, name: str, to: str) -> Spread:
        """How many times the cost of another it was, round by round."""
        return Spread.of(a / b for a, b in zip(self.costs[name], self.costs[to], strict=True))
