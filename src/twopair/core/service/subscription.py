"""An IMS subscription as the S-CSCF is told of it (29.228 Annex B.2)."""

from dataclasses import dataclass
from typing import Final

from twopair.base import Impi, Impu
from twopair.core.service.criteria import FilterCriterion, by_priority
from twopair.core.service.patterns import compiled, is_all

_DELIMITER: Final = "!"
"""Around the expression in a wildcarded identity (23.003 §13.5)."""


@dataclass(frozen=True, slots=True)
class PublicIdentity:
    """One public identity.

    Args:
        impu: as written; a wildcarded one has an expression between exclamation marks.
        barred: whether it serves for registration alone.
        service: whether it is a public service identity, and nobody's.
    """

    impu: Impu
    barred: bool = False
    service: bool = False


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """Identities, and the criteria that hold for them.

    Args:
        identities: at least one.
        criteria: in any order.
    """

    identities: tuple[PublicIdentity, ...]
    criteria: tuple[FilterCriterion, ...] = ()

    @property
    def in_order(self) -> tuple[FilterCriterion, ...]:
        """The criteria in the order of their priority."""
        return by_priority(self.criteria)


@dataclass(frozen=True, slots=True)
class Subscription:
    """User-Data: one implicit registration set.

    Args:
        impi: private identity, empty where the HSS tells none.
        profiles: at least one; the first identity that is not barred is the default one.
    """

    impi: Impi
    profiles: tuple[ServiceProfile, ...]

    @property
    def identities(self) -> tuple[PublicIdentity, ...]:
        """All of them, in order."""
        return tuple(one for profile in self.profiles for one in profile.identities)


def is_wildcarded(impu: str) -> bool:
    """Whether an identity stands for many (23.003 §13.4A.3, §13.5)."""
    return impu.count(_DELIMITER) == 2


def check_wildcard(impu: str) -> None:
    """Raises ValueError where an identity has an expression that is none."""
    if is_wildcarded(impu):
        compiled(impu.split(_DELIMITER)[1])


def covers(impu: str, other: str) -> bool:
    """Whether a wildcarded identity stands for another: the same around what the expression matches."""
    before, pattern, after = impu.split(_DELIMITER)
    within = other[len(before) : len(other) - len(after)]
    return (
        len(other) >= len(before) + len(after)
        and other.startswith(before)
        and other.endswith(after)
        and is_all(pattern, within)
    )
