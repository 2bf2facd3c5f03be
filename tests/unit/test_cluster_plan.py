"""The arithmetic from one P-CSCF and one Redis to many of both (ADR 22)."""

from dataclasses import replace

import pytest
from benchmarks.cluster.plan import Line, Measured, Plan, Wanted, table

ONE = Measured(
    registration_us=1_000,
    message_us=100,
    values=4,
    value_us=Line(40, 3),
    value_octets=Line(1_000, 600),
    window_us=Line(40, 1),
    window_octets=Line(150, 30),
    look_us=10,
    redis_octets=1_600,
    process_octets=20_000,
    idle_octets=50_000_000,
    taking_up_s=100e-6,
)
WANTED = Wanted(
    ues=1_000_000, per_partition=10_000, registers_every_s=1_000, requests_per_hour=3.6, lease_s=4
)
PLAN = Plan(ONE, WANTED)


def test_a_line_goes_through_both_measurements() -> None:
    line = Line.through(43, 3.2, 200)
    assert line == pytest.approx((40, 3))
    assert line.cost(1, 200) / 200 == pytest.approx(3.2)


def test_rates() -> None:
    assert PLAN.partitions == 100
    assert PLAN.registrations_per_s == 1_000
    assert PLAN.requests_per_s == 1_000
    assert PLAN.values_per_s == 4_000
    assert PLAN.windows_per_s == 3_000
    assert PLAN.leases_per_s == 100 * 2 * 4 / 4


def test_changes_that_come_together_share_a_transaction() -> None:
    """A partition has 40 a second: the first, and those of the 20 ms after it, 1.8 in all."""
    assert pytest.approx(4_000 / 1.8) == PLAN.transactions_per_s
    assert Plan(ONE, replace(WANTED, per_partition=1)).transactions_per_s == pytest.approx(4_000, rel=0.01)


def test_looks_at_windows_are_no_more_than_windows() -> None:
    assert PLAN.lookings_per_s == 200
    assert Plan(ONE, replace(WANTED, per_partition=1)).lookings_per_s == 3_000


def test_processors_are_half_used() -> None:
    assert PLAN.cores == 3  # 1.0 core for registrations, 0.1 for requests: 2.2
    assert PLAN.partition_core == pytest.approx(0.011)
    redis = (4_000 / 1.8 * 40 + 4_000 * 3 + 200 * 40 + 3_000 + 200 * 10) / 1e6
    assert pytest.approx(redis) == PLAN.redis_cpu


def test_redis_are_as_many_as_processor_or_memory_asks_for() -> None:
    assert PLAN.shards == 1
    assert Plan(ONE, replace(WANTED, redis_memory=160_000_000)).shards == 10
    assert Plan(replace(ONE, look_us=10_000), WANTED).shards == 5


def test_octets() -> None:
    assert (
        pytest.approx(4_000 / 1.8 * 1_000 + 4_000 * 600 + 200 * 150 + 3_000 * 30) == PLAN.redis_octets_per_s
    )
    assert PLAN.process_memory == 20e9 + 5e9
    assert PLAN.standby_memory == 5e9


def test_a_lost_partition() -> None:
    """ADR 20: a lease that was just renewed, a quarter of one to the next look, the start, its UEs."""
    assert PLAN.taking_up_s == pytest.approx(1)
    assert PLAN.away_s == pytest.approx(5 + 0.5 + 1)


def test_a_lost_machine() -> None:
    """ADR 22: each of the others takes as many, as fast as half of its cores can."""
    few = replace(WANTED, machine_cores=4, machine_memory=6_000_000_000)
    plan = Plan(ONE, few)
    assert plan.machines == 10  # 30 GB, half used
    assert plan.partitions_of_a_machine == 10
    assert plan.machine_lost_octets == 10 * 10_000 * 1_600
    assert plan.machine_lost_s == pytest.approx(plan.away_s)  # two each, at two cores
    alone = Plan(ONE, replace(few, machine_memory=10**12))
    assert (alone.machines, alone.partitions_of_a_machine) == (2, 50)
    assert alone.machine_lost_s == pytest.approx(alone.away_s + 24)  # 50 at two cores, a second each


def test_the_table_has_a_column_for_each() -> None:
    lines = table(ONE, (WANTED, replace(WANTED, per_partition=20_000))).splitlines()
    assert {line.count("|") for line in lines} == {4}
    assert "| partitions: P-CSCFs that serve | 100 | 50 |" in lines
