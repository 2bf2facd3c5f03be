"""What is stored of a P-CSCF outside of its machine, for whoever is the owner of it (ADR 18, ADR 20)."""

from dataclasses import dataclass, field
from typing import Final

from twopair.backends.memory import MemoryBackend
from twopair.base import Micros, seconds
from twopair.core.esp import Positions, taken_over
from twopair.core.registration.kept import KeptRegistration
from twopair.core.sa import SaSet

LOOK: Final = seconds(0.5)
"""How often what inbound SAs have received is stored."""


@dataclass
class Stored:
    """One P-CSCF's part of a store; it is never behind, but for the windows.

    Attributes:
        epoch: how many owners there have been.
        values: registrations by key.
        since: of each set, in which epoch it was installed.
        looked_at: when the last look at the windows was, if there was one.
    """

    epoch: int = 1
    values: dict[str, KeptRegistration] = field(default_factory=dict)
    since: dict[int, int] = field(default_factory=dict)
    looked_at: Micros = field(default=Micros(0))
    _tops: dict[int, tuple[int, int]] = field(default_factory=dict)

    def sets(self) -> dict[int, SaSet]:
        """Every set that is kept, by id."""
        return {kept.sa_set.set_id: kept.sa_set for value in self.values.values() for kept in value.sets}

    def look(self, now: Micros, backend: MemoryBackend) -> None:
        """What was received up to the last moment for a look: it is called before anything comes."""
        moment = Micros(now - now % LOOK)
        if moment > self.looked_at:
            self.looked_at = moment
            self._tops.update(backend.moved())

    def positions(self, set_id: int) -> Positions | None:
        """Where the owner of this epoch goes on; None if there were too many."""
        return taken_over(self.epoch - self.since[set_id], self._tops.get(set_id, (0, 0)))

    def gone(self, set_id: int) -> None:
        """A set has been removed."""
        self._tops.pop(set_id, None)
        self.since.pop(set_id, None)
