"""Which algorithms an end will use, and in which order (33.203 §7.2; AGR-07, AGR-23)."""

from dataclasses import dataclass, field
from enum import Enum

from twopair.base import DEFAULT_SUITES, STATUS, Suite


class Confidentiality(Enum):
    """What the operator wants of encryption."""

    OFF = "off"  # integrity only
    PREFERRED = "preferred"  # encryption wherever the UE offers any
    REQUIRED = "required"  # a UE that offers none is refused


@dataclass(frozen=True)
class Policy:
    """The static list of a P-CSCF (AGR-21).

    Args:
        suites: combinations it supports, in its own order.
        confidentiality: PREFERRED moves those with encryption to the front, keeping the order among
            themselves; OFF and REQUIRED leave out what they exclude.
        legacy: whether removed algorithms (MD5, 3DES) may be used; without it they are left out.

    Attributes:
        priority: what comes of it, best first: exactly the order of Security-Server and of the choice.
    """

    suites: tuple[Suite, ...] = DEFAULT_SUITES
    confidentiality: Confidentiality = Confidentiality.PREFERRED
    legacy: bool = False
    priority: tuple[Suite, ...] = field(init=False)

    def __post_init__(self) -> None:
        allowed = allowed_suites(self.suites, legacy=self.legacy)
        encrypting = tuple(s for s in allowed if s.ealg != "null")
        plain = tuple(s for s in allowed if s.ealg == "null")
        priority = {
            Confidentiality.OFF: plain,
            Confidentiality.PREFERRED: encrypting + plain,
            Confidentiality.REQUIRED: encrypting,
        }[self.confidentiality]
        object.__setattr__(self, "priority", priority)


def allowed_suites(suites: tuple[Suite, ...], *, legacy: bool) -> tuple[Suite, ...]:
    """Those that may be spoken of: known, and not removed unless `legacy` (AGR-06, AGR-07)."""
    return tuple(s for s in suites if s in STATUS and (legacy or STATUS[s] != "legacy"))
