"""Several P-CSCFs behind one address: days on which machines die, and the defects that they find (ADR 20)."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from twopair.base import Flow, seconds
from twopair.core.esp import HOST_BLOCK, Positions
from twopair.swarm.cluster import ClusterDay, run
from twopair.swarm.cluster.day import by_source
from twopair.swarm.cluster.front import in_line, partition_of

ROOT = Path(__file__).parents[2]
DAYS = int(os.environ.get("TWOPAIR_CLUSTER_DAYS", "30"))
NODES = 3
SEEDS = 40
IN_ANOTHER_PROCESS = "from twopair.swarm.cluster import run; print(*(run(seed, 3).digest for seed in (1, 2)))"


def test_days() -> None:
    """All laws hold, nobody registers for a death in calm, and machines do die."""
    verdicts = [run(seed, NODES) for seed in range(DAYS)]
    assert [f"{v.law}: {v.detail}; {v.repeat}" for v in verdicts if not v.ok] == []
    assert sum(verdict.takeovers for verdict in verdicts) > 4 * DAYS
    assert len({verdict.digest for verdict in verdicts}) == DAYS


@pytest.mark.parametrize("nodes", [2, 5])
def test_fewer_and_more(nodes: int) -> None:
    assert [verdict.law for verdict in (run(seed, nodes) for seed in range(5))] == [""] * 5


def test_the_same_day_in_another_process() -> None:
    """No digest hangs on the order of a set."""
    done = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        env={**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT / "src")},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == [run(seed, NODES).digest for seed in (1, 2)]


def test_every_partition_has_ues_and_machines() -> None:
    """UEs and partitions are spread: no day has all its UEs at one P-CSCF."""
    day = ClusterDay(0, NODES)
    served = {partition for machine in day.machines for partition in machine.serves}
    assert served == {"pcscf1", "pcscf2", "pcscf3"}
    spread = [
        {partition_of(ue.config.address, NODES) for ue in ClusterDay(s, NODES).plan.ues} for s in (0, 1)
    ]
    assert all(len(partitions) > 1 for partitions in spread)


# defects


def by_port(flow: Flow, partitions: int) -> int:
    """A front that looks at ports, as ECMP does that hashes five values."""
    return flow.remote.port % partitions


def relies_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A machine that stood still goes on without a look at the clock."""
    patch.setattr("twopair.swarm.cluster.machine.RELIED_ON", seconds(1_000_000))


def knows_nothing(patch: pytest.MonkeyPatch) -> None:
    """The next owner knows nothing of what was kept."""
    patch.setattr("twopair.sim.stored.Stored.sets", lambda _stored: {})


def numbers_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("twopair.sim.stored.taken_over", lambda _owners, received: Positions(0, received))


def one_block_for_all(patch: pytest.MonkeyPatch) -> None:
    """Whoever takes a set over takes the second block, as if there had been one owner before."""
    patch.setattr("twopair.sim.stored.taken_over", lambda _owners, received: Positions(HOST_BLOCK, received))


@pytest.mark.parametrize(
    ("mutant", "laws"),
    [
        (relies_for_ever, {"OWNERS"}),
        (knows_nothing, {"RESUMED", "REGISTERED", "BELIEF", "STORED"}),
        (numbers_anew, {"NUMBERS"}),
        (one_block_for_all, {"NUMBERS"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_defect_is_found(
    mutant: Callable[[pytest.MonkeyPatch], None], laws: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    assert first_broken(by_source) in laws


def test_a_front_that_hashes_ports_is_found() -> None:
    """33.203 §7.4: the ports of a UE are many, its address is one."""
    assert first_broken(by_port) in {"REGISTERED", "CLEAR", "OFFERED"}


def first_broken(front: Callable[[Flow, int], int]) -> str:
    """The first law that is broken within some days."""
    return next((law for law in (run(seed, NODES, front).law for seed in range(SEEDS)) if law), "none")


# hashes


def test_the_line_of_a_partition_is_stable() -> None:
    """A machine that is gone changes nothing among the others, and its partitions go to more than one."""
    machines = [f"m{n}" for n in range(8)]
    lines = {f"p{n}": in_line(f"p{n}", machines) for n in range(64)}
    first = lines["p0"][0]
    for partition, line in lines.items():
        without = in_line(partition, [machine for machine in machines if machine != first])
        assert without == [machine for machine in line if machine != first]
    heirs = {line[1] for line in lines.values() if line[0] == first}
    assert len(heirs) > 2
    served = [sum(line[0] == machine for line in lines.values()) for machine in machines]
    assert max(served) < 3 * 64 / 8


def test_a_ue_stays_at_its_partition_when_its_interface_identifier_changes() -> None:
    """RFC 8981: temporary addresses within one prefix."""
    same = {
        partition_of(f"2001:db8:0:{n}:{end}", 64) == partition_of(f"2001:db8:0:{n}::1", 64)
        for n in range(1, 20)
        for end in (":2", "1234:5678:9abc:def0")
    }
    assert same == {True}
    spread = {partition_of(f"2001:db8:0:{n:x}::1", 64) for n in range(1, 1_000)}
    assert len(spread) == 64
    assert len({partition_of(f"10.0.{n}.1", 64) for n in range(256)}) > 55
