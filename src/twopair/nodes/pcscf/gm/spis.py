"""SPIs of our own choice: every rule that bars one is a row (33.203 §7.1; SA-16)."""

from collections.abc import Callable, Container, Sequence
from typing import Final, NamedTuple

from twopair.core.secagree import Terms
from twopair.nodes.pcscf.gm.sets import SaTable


class SpiRule(NamedTuple):
    """One reason why an SPI that was drawn may not be taken."""

    requirement: str
    clause: str
    bars: Callable[[int, SaTable, Terms], bool]


SPI_RULES: Final[tuple[SpiRule, ...]] = (
    SpiRule("SA-16 in use", "33.203 §7.1", lambda spi, sets, _: sets.spi_in_use(spi)),
    SpiRule("SA-16 offered", "33.203 §7.1", lambda spi, _, ue: spi in (ue.spi_c, ue.spi_s)),
)
"""All SAs of a set share one key, so equal SPIs would let packets be reflected to their sender."""


class Barred(Container[int]):
    """All SPIs that a rule bars.

    Args:
        rules: the rules.
        sets: all live sets.
        ue: what the UE has offered.
    """

    def __init__(self, rules: Sequence[SpiRule], sets: SaTable, ue: Terms) -> None:
        self._rules = rules
        self._sets = sets
        self._ue = ue

    def __contains__(self, spi: object) -> bool:
        if isinstance(spi, int):
            for rule in self._rules:
                if rule.bars(spi, self._sets, self._ue):
                    return True
        return False
