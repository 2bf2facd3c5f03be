"""From what was measured of one P-CSCF and one Redis to so many of both: arithmetic, and nothing else."""

from dataclasses import dataclass
from math import ceil
from typing import Final, NamedTuple

from twopair.live.failover.tenure import RENEWALS
from twopair.live.keeping.writer import SHARED_BATCH_S
from twopair.sim.stored import LOOK

HALF: Final = 0.5
"""How much of a core is planned with: the rest is for bursts, and for those who come from elsewhere."""

LOOKS_PER_S: Final = 1e6 / LOOK


class Line(NamedTuple):
    """What something costs that is written in transactions: so much for each, and for each value in it."""

    transaction: float
    value: float

    @classmethod
    def through(cls, alone: float, many: float, batch: int) -> "Line":
        """From the costs of a value that is alone in its transaction, and of one among so many."""
        fixed = (alone - many) / (1 - 1 / batch)
        return cls(fixed, alone - fixed)

    def cost(self, transactions: float, values: float) -> float:
        """Of so many transactions with so many values in all."""
        return transactions * self.transaction + values * self.value


@dataclass(frozen=True)
class Measured:
    """One P-CSCF and one Redis.

    Args:
        registration_us: CPU of a P-CSCF for an authenticated registration.
        message_us: the same for a relayed request with its answer.
        values: changes that a registration has stored, over a set that stands.
        value_us: CPU of Redis for them.
        value_octets: on the wire towards Redis.
        window_us: CPU of Redis for windows that moved.
        window_octets: on the wire.
        look_us: CPU of Redis for a renewal of a lease, or a look at one.
        redis_octets: memory of Redis for each UE.
        process_octets: memory of a P-CSCF for each UE.
        idle_octets: memory of a P-CSCF without UEs.
        taking_up_s: CPU of a successor for each UE, until it is ready.
    """

    registration_us: float
    message_us: float
    values: float
    value_us: Line
    value_octets: Line
    window_us: Line
    window_octets: Line
    look_us: float
    redis_octets: float
    process_octets: float
    idle_octets: float
    taking_up_s: float


@dataclass(frozen=True)
class Wanted:
    """What is to be served.

    Args:
        ues: how many, each with one registration.
        per_partition: of them at one P-CSCF.
        registers_every_s: how long between two registrations of a UE.
        requests_per_hour: of a UE, both ways together.
        lease_s: of a partition.
        standing_by: machines that look at the lease of a partition.
        start_s: of a program that stands by, until it reads the store.
        redis_memory: octets that one Redis is given.
        machine_cores: of a machine for P-CSCFs.
        machine_memory: octets of the same.
    """

    ues: int = 10**8
    per_partition: int = 25_000
    registers_every_s: float = 3_600
    requests_per_hour: float = 10
    lease_s: float = 3
    standing_by: int = 1
    start_s: float = 0.5
    redis_memory: int = 16 * 2**30
    machine_cores: int = 32
    machine_memory: int = 256 * 2**30


@dataclass(frozen=True)
class Plan:
    """How many of what that takes; all figures are of all partitions together unless it is said.

    Args:
        one: what was measured.
        wanted: what is to be served.
    """

    one: Measured
    wanted: Wanted

    @property
    def partitions(self) -> int:
        """P-CSCFs that serve."""
        return ceil(self.wanted.ues / self.wanted.per_partition)

    @property
    def registrations_per_s(self) -> float:
        """Authenticated registrations."""
        return self.wanted.ues / self.wanted.registers_every_s

    @property
    def requests_per_s(self) -> float:
        """Relayed requests."""
        return self.wanted.ues * self.wanted.requests_per_hour / 3600

    @property
    def values_per_s(self) -> float:
        """Changes of registrations that are stored."""
        return self.registrations_per_s * self.one.values

    @property
    def transactions_per_s(self) -> float:
        """Those with changes: after the first one the writer gathers others for `SHARED_BATCH_S`."""
        each = self.values_per_s / self.partitions
        return self.values_per_s / (1 + each * SHARED_BATCH_S)

    @property
    def windows_per_s(self) -> float:
        """Windows that are stored: one for a request, two for a registration (SM7, SM9), if none coincide."""
        return self.requests_per_s + 2 * self.registrations_per_s

    @property
    def lookings_per_s(self) -> float:
        """Transactions with windows: at most one for each look at the sets of a partition."""
        return min(self.partitions * LOOKS_PER_S, self.windows_per_s)

    @property
    def leases_per_s(self) -> float:
        """Renewals, and looks of those who stand by."""
        return self.partitions * (1 + self.wanted.standing_by) * RENEWALS / self.wanted.lease_s

    @property
    def cores(self) -> int:
        """Cores for P-CSCFs, each used by half."""
        return ceil(self._busy / HALF)

    @property
    def partition_core(self) -> float:
        """How much of one core one P-CSCF uses."""
        return self._busy / self.partitions

    @property
    def _busy(self) -> float:
        registering = self.registrations_per_s * self.one.registration_us
        return (registering + self.requests_per_s * self.one.message_us) / 1e6

    @property
    def redis_cpu(self) -> float:
        """Seconds of CPU that all Redis together use in a second."""
        values = self.one.value_us.cost(self.transactions_per_s, self.values_per_s)
        windows = self.one.window_us.cost(self.lookings_per_s, self.windows_per_s)
        return (values + windows + self.leases_per_s * self.one.look_us) / 1e6

    @property
    def redis_octets_per_s(self) -> float:
        """Octets that all Redis together receive in a second, without those of leases."""
        values = self.one.value_octets.cost(self.transactions_per_s, self.values_per_s)
        return values + self.one.window_octets.cost(self.lookings_per_s, self.windows_per_s)

    @property
    def redis_memory(self) -> float:
        """Octets that all Redis together hold."""
        return self.wanted.ues * self.one.redis_octets

    @property
    def shards(self) -> int:
        """How many Redis, by CPU (half a core each) or by memory, whichever asks for more."""
        return ceil(max(self.redis_cpu / HALF, self.redis_memory / self.wanted.redis_memory))

    @property
    def process_memory(self) -> float:
        """Octets that all P-CSCFs that serve hold together."""
        return self.wanted.ues * self.one.process_octets + self.partitions * self.one.idle_octets

    @property
    def standby_memory(self) -> float:
        """Octets of the programs that stand by, loaded and empty."""
        return self.partitions * self.wanted.standing_by * self.one.idle_octets

    @property
    def machines(self) -> int:
        """For P-CSCFs: cores and memory half used, so that others may be lost; two at least."""
        by_cores = self.cores / self.wanted.machine_cores
        by_memory = (self.process_memory + self.standby_memory) / (HALF * self.wanted.machine_memory)
        return max(2, ceil(max(by_cores, by_memory)))

    @property
    def partitions_of_a_machine(self) -> int:
        """Those that are lost with it."""
        return ceil(self.partitions / self.machines)

    @property
    def machine_lost_s(self) -> float:
        """How long nobody serves the partitions of a lost machine, which all others share (ADR 22)."""
        each = ceil(self.partitions_of_a_machine / (self.machines - 1))
        rounds = ceil(each / (HALF * self.wanted.machine_cores))
        return self.away_s + (rounds - 1) * self.taking_up_s

    @property
    def machine_lost_octets(self) -> float:
        """What is read from all Redis when a machine is lost."""
        return self.partitions_of_a_machine * self.wanted.per_partition * self.one.redis_octets

    @property
    def taking_up_s(self) -> float:
        """How long one partition takes to be taken up, by one core."""
        return self.wanted.per_partition * self.one.taking_up_s

    @property
    def away_s(self) -> float:
        """How long nobody serves a lost partition: 1.25 leases, start, taking up (ADR 20)."""
        return 1.25 * self.wanted.lease_s + self.wanted.start_s + self.taking_up_s


def table(one: Measured, wanted: tuple[Wanted, ...]) -> str:
    """Markdown, a column for each."""
    plans = [Plan(one, each) for each in wanted]
    rows: list[tuple[str, list[str]]] = [
        ("a UE registers every", [f"{p.wanted.registers_every_s:,.0f} s" for p in plans]),
        ("UEs of a partition", [f"{p.wanted.per_partition:,}" for p in plans]),
        ("partitions: P-CSCFs that serve", [f"{p.partitions:,}" for p in plans]),
        ("registrations a second", [f"{p.registrations_per_s:,.0f}" for p in plans]),
        ("requests a second", [f"{p.requests_per_s:,.0f}" for p in plans]),
        ("cores for P-CSCFs, half used", [f"{p.cores:,}" for p in plans]),
        ("of a core for one P-CSCF", [f"{p.partition_core:.1%}" for p in plans]),
        ("memory of P-CSCFs that serve", [f"{p.process_memory / 2**30:,.0f} GiB" for p in plans]),
        ("memory of those that stand by", [f"{p.standby_memory / 2**30:,.0f} GiB" for p in plans]),
        ("values a second to all Redis", [f"{p.values_per_s:,.0f}" for p in plans]),
        ("in transactions a second", [f"{p.transactions_per_s:,.0f}" for p in plans]),
        ("windows a second to all Redis", [f"{p.windows_per_s:,.0f}" for p in plans]),
        ("looks at leases a second", [f"{p.leases_per_s:,.0f}" for p in plans]),
        ("octets a second to all Redis", [f"{p.redis_octets_per_s / 1e6:,.0f} MB" for p in plans]),
        ("CPU of all Redis", [f"{p.redis_cpu:,.1f} cores" for p in plans]),
        ("memory of all Redis", [f"{p.redis_memory / 2**30:,.0f} GiB" for p in plans]),
        ("Redis processes", [f"{p.shards:,}" for p in plans]),
        ("taking a partition up", [f"{p.taking_up_s:.1f} s" for p in plans]),
        ("nobody serves a lost partition for", [f"{p.away_s:.1f} s" for p in plans]),
        ("machines", [f"{p.machines:,}" for p in plans]),
        ("partitions of a machine", [f"{p.partitions_of_a_machine:,}" for p in plans]),
        ("nobody serves those of a lost one for", [f"{p.machine_lost_s:.1f} s" for p in plans]),
        ("read for it, from all Redis", [f"{p.machine_lost_octets / 2**30:,.1f} GiB" for p in plans]),
    ]
    head = f"| {plans[0].wanted.ues:,} UEs |" + " |" * len(plans)
    lines = [head, "| --- |" + " ---: |" * len(plans)]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)])
