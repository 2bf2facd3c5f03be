"""The lease of one name by the clock of a virtual world (ADR 20)."""

from twopair.base import Micros, seconds
from twopair.sim.agenda import Agenda
from twopair.stores.tenancy import Owner, Renewed, Taken, Term


class VirtualTenancy:
    """A `Tenancy` whose store is always there.

    Args:
        agenda: its clock.
    """

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._owner: Owner | None = None
        self._ends = Micros(0)
        self._wanted = ""

    def owner(self) -> tuple[Owner | None, bool]:
        """See `Tenancy`."""
        return self._owner, self._agenda.now < self._ends

    def claim(self, instance: str, lease_s: float) -> Term | None:
        """See `Tenancy`. Whoever comes has lost its memory, so that it never goes on as it was."""
        owner, runs = self.owner()
        if runs:
            return None
        self._owner = Owner(1 if owner is None else owner.epoch + 1, instance)
        self._ends = Micros(self._agenda.now + seconds(lease_s))
        return Term(self._owner, continues=False)

    def renew(self, owner: Owner, lease_s: float) -> Renewed:
        """See `Tenancy`."""
        if self._owner is not None and self._owner != owner:
            raise Taken(self._owner)
        self._ends = Micros(self._agenda.now + seconds(lease_s))
        return Renewed(self._wanted, went_back=False)

    def ask(self, instance: str, lease_s: float) -> None:
        """See `Tenancy`."""
        self._wanted = instance

    def release(self, owner: Owner) -> None:
        """See `Tenancy`."""
        if owner == self._owner:
            self._ends = self._agenda.now

    def close(self) -> None:
        """See `Tenancy`."""
