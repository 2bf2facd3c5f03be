"""The tables of checks that one UE works by, put together, so that a test can leave a row out.

A program has `RULES`; no configuration leads to any other.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, Self

from twopair.base import Refusal
from twopair.core.registration.pcscf_checks import Check
from twopair.core.secagree import SERVER_TERMS_RULES, TermsRule
from twopair.nodes.ue.access import ARRIVAL_CHECKS, Arrival
from twopair.wire.sip import Response


def collided(response: Response) -> bool:
    """Whether a 403 says that the offered client port is in use, so that another may do (ERR-09).

    33.203 §7.1 leaves the answer open; the P-CSCF of this project says it in Reason.
    """
    return Refusal.PORT_COLLISION.words in (response.get("Reason") or "")


class Rules(NamedTuple):
    """What a UE checks, by requirement.

    Args:
        arrival: checks of every message.
        terms: what makes SPIs and ports of Security-Server unusable (AGR-41).
        drops_old: whether the set before goes at SM12 without waiting for what still uses it, as some phones
            have it (Q-24, against MGU-05); the simulator's do.
        collided: whether a 403 says that the offered client port is in use (ERR-09).
    """

    arrival: tuple[Check[Arrival], ...] = ARRIVAL_CHECKS
    terms: tuple[TermsRule, ...] = SERVER_TERMS_RULES
    collided: Callable[[Response], bool] = collided
    drops_old: bool = False

    def without(self, *requirements: str) -> Self:
        """The same without the rows of these requirements. Raises ValueError for one that is no row."""
        rows: dict[str, Any] = {"arrival": self.arrival, "terms": self.terms}
        unknown = set(requirements) - {row.requirement for table in rows.values() for row in table}
        if unknown:
            raise ValueError(f"no check is called {', '.join(sorted(unknown))}")
        kept: dict[str, Any] = {
            name: tuple(row for row in table if row.requirement not in requirements)
            for name, table in rows.items()
        }
        return self._replace(**kept)


RULES: Final = Rules()
"""All of them."""
