"""In which order servers are tried: RFC 2782's draw by weight, with randomness that is given."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from twopair.core.locate.select import Group
from twopair.core.locate.terms import Target

Draw = Callable[[int], int]
"""A whole number below the argument, all equally likely."""


def in_order(groups: Sequence[Group], draw: Draw) -> tuple[Target, ...]:
    """All targets, each once: by rank, and among equals as their weights fall (RFC 2782, *Weight*)."""
    if len(groups) == 1:
        return groups[0].targets
    found: dict[Target, None] = {}
    for group in _drawn(sorted(groups, key=lambda group: group.rank), draw):
        for target in group.targets:
            found[target] = None
    return tuple(found)


def _drawn(groups: Sequence[Group], draw: Draw) -> Iterator[Group]:
    for _rank, equals in groupby(groups, key=lambda group: group.rank):
        left = sorted(equals, key=lambda group: group.weight)  # weight 0 stands first
        while left:
            yield left.pop(_chosen(left, draw))


def _chosen(left: Sequence[Group], draw: Draw) -> int:
    """The first whose running sum of weights reaches a number from 0 to their total, both included."""
    if len(left) == 1:
        return 0
    number, running = draw(1 + sum(group.weight for group in left)), 0
    for at, group in enumerate(left):
        running += group.weight
        if running >= number:
            return at
    return len(left) - 1
