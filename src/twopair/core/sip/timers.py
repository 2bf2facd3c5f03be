"""Timer values of a hop (RFC 3261 §17.1.1.1; TS 24.229 §7.7)."""

from dataclasses import dataclass
from typing import Final

from twopair.base import Micros, seconds


@dataclass(frozen=True, slots=True)
class Timers:
    """T1, T2 and T4 of one hop; everything else is counted from them."""

    t1: Micros
    t2: Micros
    t4: Micros

    @property
    def timeout(self) -> Micros:
        """64 * T1: timers B, F, H, J, L and M."""
        return Micros(64 * self.t1)


GM: Final = Timers(seconds(2), seconds(16), seconds(17))
"""Between UE and P-CSCF (TMR-04)."""

CORE: Final = Timers(seconds(0.5), seconds(4), seconds(5))
"""Between network elements (TMR-04)."""

TRYING_AFTER: Final = seconds(0.2)
"""100 Trying leaves if the user of an INVITE has said nothing by then (RFC 3261 §17.2.1)."""
