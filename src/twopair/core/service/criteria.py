"""Initial filter criteria: which application server sees which requests of a user (29.228 Annex B)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from twopair.core.service.points import AnyOf, Occasion, SessionCase


class DefaultHandling(Enum):
    """What becomes of a request whose server does not answer; the value is that of 29.228 Annex F."""

    CONTINUED = 0
    TERMINATED = 1

    __hash__ = object.__hash__


class Part(Enum):
    """The part of the profile that a criterion belongs to; the value is that of 29.228 Annex F."""

    REGISTERED = 0
    UNREGISTERED = 1

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class ApplicationServer:
    """Who provides a service.

    Args:
        uri: SIP URI.
        handling: what becomes of requests while it does not answer.
        service_info: what it is told with each registration, may be empty.
        with_request: whether it gets the REGISTER of the UE with it,
        with_response: and the 200 to that.
    """

    uri: str
    handling: DefaultHandling = DefaultHandling.CONTINUED
    service_info: str = ""
    with_request: bool = False
    with_response: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One service point trigger in a trigger point.

    Args:
        test: what it asks for.
        groups: numbers of the groups it belongs to, at least one.
        negated: whether it must not hold.
    """

    test: AnyOf
    groups: tuple[int, ...] = (0,)
    negated: bool = False

    def holds(self, occasion: Occasion) -> bool:
        """Whether it does."""
        return self.test.holds(occasion) is not self.negated


@dataclass(frozen=True, slots=True)
class Trigger:
    """Trigger point.

    Args:
        points: its service points, at least one.
        cnf: whether groups are alternatives that must all be met (conjunctive normal form), or else
            conjunctions of which one must be (29.228 Annex C).
    """

    points: tuple[Point, ...]
    cnf: bool = True

    def __post_init__(self) -> None:
        if not self.points or not all(point.groups for point in self.points):
            raise ValueError("a trigger point has service points, each in a group")

    def holds(self, occasion: Occasion) -> bool:
        """Whether a request calls for the service."""
        groups = dict.fromkeys(number for point in self.points for number in point.groups)
        within, among = (any, all) if self.cnf else (all, any)
        return among(
            within(point.holds(occasion) for point in self.points if number in point.groups)
            for number in groups
        )


@dataclass(frozen=True, slots=True)
class FilterCriterion:
    """One criterion of a service profile.

    Args:
        priority: the lower, the earlier.
        server: who is asked.
        trigger: when; None for always.
        part: whether for registered users alone, or others alone; None for both.
    """

    priority: int
    server: ApplicationServer
    trigger: Trigger | None = None
    part: Part | None = None

    def holds(self, occasion: Occasion) -> bool:
        """Whether its server is to see the request."""
        if self.part is not None and self.part is not PART_OF[occasion.case]:
            return False
        return self.trigger is None or self.trigger.holds(occasion)


PART_OF: Final[dict[SessionCase | None, Part]] = {
    SessionCase.ORIGINATING: Part.REGISTERED,
    SessionCase.TERMINATING_REGISTERED: Part.REGISTERED,
    SessionCase.TERMINATING_UNREGISTERED: Part.UNREGISTERED,
    SessionCase.ORIGINATING_UNREGISTERED: Part.UNREGISTERED,
    SessionCase.ORIGINATING_CDIV: Part.REGISTERED,
    None: Part.REGISTERED,
}
"""The part of a profile that holds in each case."""


def by_priority(criteria: Sequence[FilterCriterion]) -> tuple[FilterCriterion, ...]:
    """Criteria in the order in which they are looked at."""
    return tuple(sorted(criteria, key=lambda criterion: criterion.priority))
