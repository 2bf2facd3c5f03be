"""A machine of a cluster: it looks for partitions without an owner, and serves those whose lease it has."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from twopair.base import Micros, seconds
from twopair.live.failover.tenure import RENEWALS, SURE
from twopair.sim import Host
from twopair.sim.agenda import Agenda
from twopair.stores.tenancy import Owner, Taken, Tenancy

LEASE_S: Final = 3.0
LOOKS_EVERY: Final = seconds(LEASE_S / RENEWALS)
RELIED_ON: Final = seconds(SURE * LEASE_S)


class _Tenure:
    """One partition at one machine, from a claim on."""

    def __init__(self, owner: Owner, until: Micros, host: Host) -> None:
        self.owner = owner
        self.until = until
        self.host = host


class Machine:
    """One machine.

    Args:
        name: of the machine.
        agenda: its clock.
        tenancies: the lease of each partition, by its name.
        rank: its place in the line for each partition, 0 for the first.
        begin: takes a partition over as that owner, and gives the host that serves it.

    Attributes:
        there: whether it is switched on.
        still: whether it stands still, as a virtual machine does that is being moved.
    """

    def __init__(
        self,
        name: str,
        agenda: Agenda,
        tenancies: Mapping[str, Tenancy],
        rank: Mapping[str, int],
        begin: Callable[[str, Owner], Host],
    ) -> None:
        self.name = name
        self.there = False
        self.still = False
        self._agenda = agenda
        self._tenancies = tenancies
        self._rank = rank
        self._begin = begin
        self._tenures: dict[str, _Tenure] = {}
        self._seen_free: Counter[str] = Counter()
        self._life = 0

    @property
    def serves(self) -> list[str]:
        """The partitions it has."""
        return list(self._tenures)

    def switch_on(self) -> None:
        """It comes up, without any memory."""
        self.there = True
        self._life += 1
        self._look(self._life)

    def die(self) -> None:
        """It is gone, with all that is in it."""
        self.there = self.still = False
        self._seen_free.clear()
        for tenure in self._tenures.values():
            tenure.host.stop()
        self._tenures.clear()

    def freeze(self) -> None:
        """It stands still; what comes for it waits."""
        self.still = True
        for tenure in self._tenures.values():
            tenure.host.stop()

    def thaw(self) -> None:
        """It goes on, unless it has died meanwhile: with what it may still rely on (ADR 20)."""
        if not self.still:
            return
        self.still = False
        for partition, tenure in list(self._tenures.items()):
            if self._agenda.now < tenure.until:
                tenure.host.resume()
            else:
                del self._tenures[partition]

    def _look(self, life: int) -> None:
        if not self.there or life != self._life:
            return
        if not self.still:
            for partition, tenancy in self._tenancies.items():
                self._look_at(partition, tenancy)
        self._agenda.after(LOOKS_EVERY, lambda: self._look(life))

    def _look_at(self, partition: str, tenancy: Tenancy) -> None:
        now, tenure = self._agenda.now, self._tenures.get(partition)
        if tenure is not None:
            try:
                tenancy.renew(tenure.owner, LEASE_S)
            except Taken:
                tenure.host.stop()
                del self._tenures[partition]
            else:
                tenure.until = Micros(now + RELIED_ON)
            return
        _, runs = tenancy.owner()
        self._seen_free[partition] = 0 if runs else self._seen_free[partition] + 1
        if self._seen_free[partition] <= self._rank[partition]:
            return
        term = tenancy.claim(self.name, LEASE_S)
        if term is not None:
            host = self._begin(partition, term.owner)
            self._tenures[partition] = _Tenure(term.owner, Micros(now + RELIED_ON), host)
