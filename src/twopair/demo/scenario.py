"""What a scenario is."""

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from twopair.demo.checks.check import Check
from twopair.demo.evidence import Evidence
from twopair.demo.play import Play
from twopair.live.lab import LabPlan


class Scenario(NamedTuple):
    """One scenario.

    Args:
        name: as given on the command line.
        purpose: what it shows, in one line.
        clauses: where the standard says so.
        ues: how many UEs take part.
        change: what is different from the usual network.
        play: what happens.
        checks: what must be so afterwards.
        own_algorithms: whether it depends on algorithms of its own.
        legend: how its verdicts are to be read, where they are more than a sentence.
    """

    name: str
    purpose: str
    clauses: str
    ues: int
    change: Callable[[LabPlan], LabPlan]
    play: Callable[[Play], Awaitable[None]]
    checks: Callable[[Evidence], Iterable[Check]]
    own_algorithms: bool = False
    legend: str = ""


def as_usual(plan: LabPlan) -> LabPlan:
    """A network without anything out of the ordinary."""
    return plan
