"""What is stored of a P-CSCF outside of its machine, for whoever is the owner of it (ADR 18, ADR 20)."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from twopair.backends.memory import MemoryBackend
from twopair.base import Micros, seconds
from twopair.core.esp import Positions, taken_over
from twopair.core.registration.kept import KeptRegistration
from twopair.core.sa import SaSet

BEHIND: Final = seconds(0.02)
"""How far the store is behind at most: a change waits as long for others."""

LOOK: Final = seconds(0.5)
"""How often what inbound SAs have received is stored."""


@dataclass
class Stored:
    """One P-CSCF's part of a store.

    Attributes:
        epoch: how many owners there have been.
        values: registrations by key, with those that are still in the journal of a machine.
        since: of each set, in which epoch it was installed.
        looked_at: when the last look at the windows was, if there was one.
    """

    epoch: int = 1
    values: dict[str, KeptRegistration] = field(default_factory=dict)
    since: dict[int, int] = field(default_factory=dict)
    looked_at: Micros = field(default=Micros(0))
    _tops: dict[int, tuple[int, int]] = field(default_factory=dict)
    _lately: deque[tuple[Micros, str, KeptRegistration | None]] = field(default_factory=deque)

    def put(self, now: Micros, key: str, value: KeptRegistration | None) -> None:
        """A change; None: the key goes."""
        while self._lately and self._lately[0][0] <= now - BEHIND:
            self._lately.popleft()
        self._set(key, value, now)

    def lose(self, at: Micros) -> None:
        """The machine was lost at that moment, with what only its journal had."""
        lately, self._lately = self._lately, deque()
        for moment, key, before in reversed(lately):
            if moment > at - BEHIND:
                self._set(key, before)

    def _set(self, key: str, value: KeptRegistration | None, now: Micros | None = None) -> None:
        before = self.values.get(key)
        if now is not None:
            self._lately.append((now, key, before))
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value

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

    def installed(self, set_id: int, epoch: int) -> None:
        """A set is new, whatever had its id before."""
        self._tops.pop(set_id, None)
        self.since[set_id] = epoch
