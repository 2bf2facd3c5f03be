"""The tables of checks that one UE works by, put together, so that a test can leave a row out.

A program has `RULES`; no configuration leads to any other.
"""

from typing import Any, Final, NamedTuple, Self

from twopair.core.registration.pcscf_checks import Check
from twopair.core.secagree import SERVER_TERMS_RULES, TermsRule
from twopair.nodes.ue.access import ARRIVAL_CHECKS, Arrival


class Rules(NamedTuple):
    """What a UE checks, by requirement.

    Args:
        arrival: checks of every message.
        terms: what makes SPIs and ports of Security-Server unusable (AGR-41).
    """

    arrival: tuple[Check[Arrival], ...] = ARRIVAL_CHECKS
    terms: tuple[TermsRule, ...] = SERVER_TERMS_RULES

    def without(self, *requirements: str) -> Self:
        """The same without the rows of these requirements. Raises ValueError for one that is no row."""
        rows: dict[str, Any] = self._asdict()
        unknown = set(requirements) - {row.requirement for table in rows.values() for row in table}
        if unknown:
            raise ValueError(f"no check is called {', '.join(sorted(unknown))}")
        return self._replace(
            **{
                name: tuple(row for row in table if row.requirement not in requirements)
                for name, table in rows.items()
            }
        )


RULES: Final = Rules()
"""All of them."""
