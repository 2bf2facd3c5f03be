"""What one Redis carries for P-CSCFs, what taking a partition over costs, and the plan from there.

    python -m benchmarks.cluster [UES [TAKEN_OVER]]

The first number is of UEs that register twice, whose changes are written to a Redis of Debian in
transactions as the P-CSCF writes them, with the check of the epoch (ADR 20); memory of Redis is that of
10,000 and of TAKEN_OVER registrations. A successor then takes these over: reads them, installs all SA sets in
the user-space engine in a block of its own, feeds the node. The P-CSCF program is measured by
`benchmarks.load`. Goals: 2 kB for each UE in Redis; 10 s for 100,000 registrations.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from tests.contract.redis_server import SERVER, RedisServer
from tests.unit.nodes.pcscf.bed import config

from benchmarks.cluster.plan import Line, Measured, Wanted, table
from benchmarks.cluster.redis_cost import NAME, Server, Spoken, spoken, windows
from benchmarks.kept_store import many
from benchmarks.load.alone import costs_us as load
from benchmarks.machine import machine_line
from twopair.backends.userspace.engine import Engine
from twopair.backends.userspace.ledger import FileLedger
from twopair.base import Micros
from twopair.core.esp import HOST_BLOCK
from twopair.core.registration.kept import Recalled, as_far_as
from twopair.live.collector import collect_nothing, spare_what_stays
from twopair.live.entropy import OsEntropy
from twopair.live.keeping.kept import Kept
from twopair.nodes.pcscf import Pcscf
from twopair.stores.redis import RedisStore
from twopair.stores.tenancy import Owner, Term

BATCHES = (1, 20, 200)
LEASES = 2_000
WANTED = (
    Wanted(registers_every_s=600),
    Wanted(),
    Wanted(registers_every_s=36_000),
    Wanted(per_partition=100_000),
)
FEW = 10_000


def writes(server: Server, said: Spoken) -> dict[str, tuple[Line, Line]]:
    """Print what changes cost; gives CPU of Redis and octets of values and of windows."""
    first, again = len(said.first) / said.ues, len(said.again) / said.ues
    print(f"{first:.1f} changes for a first registration, {again:.1f} for one over a set, to its end")
    print(f"{'changes in a transaction':>34} {'commands':>9} {'octets':>7} {'Redis':>9} {'client':>9}  each")
    lines = {}
    for name, changes in (
        ("registration", said.first),
        ("re-registration", said.again),
        ("window", windows(10 * said.ues, 1)),
    ):
        costs = [server.cost(changes, batch) for batch in BATCHES]
        for batch, cost in zip(BATCHES, costs, strict=True):
            print(
                f"{name:>29} {batch:>4} {cost.commands:>9.2f} {cost.octets:>7.0f} "
                f"{cost.redis_us:>6.1f} µs {cost.client_us:>6.1f} µs"
            )
        alone, many = costs[0], costs[-1]
        lines[name] = (
            Line.through(alone.redis_us, many.redis_us, BATCHES[-1]),
            Line.through(alone.octets, many.octets, BATCHES[-1]),
        )
        least, most = 1e6 / alone.redis_us, 1e6 / many.redis_us
        print(f"{'one core of Redis takes':>34} {least:,.0f} to {most:,.0f} a second")
    return lines


def memory(server: Server, said: Spoken, count: int) -> float:
    """Print the memory of Redis for each UE; gives it."""
    server.empty()
    empty = server.memory()
    each = 0.0
    for number in sorted({min(FEW, count), count}):
        values = ((value.token, server.codec.encode(value)) for value in many(said.value, number))
        server.write(values, 1_000)
        alone = (server.memory() - empty) / number
        server.write(windows(number, 7), 1_000)
        each = (server.memory() - empty) / number
        print(f"{number:,} registrations: {alone:,.0f} octets of memory each, {each:,.0f} with windows")
    return each


def taken_over(url: str, folder: Path, count: int) -> tuple[float, float]:
    """Print what a successor does; gives its CPU in seconds and octets of a UE that has spoken, for each."""
    owner = Owner(1, "a")
    node = Pcscf(config(), OsEntropy())
    collect_nothing()
    empty, begun = resident(), process_time()
    store = RedisStore(url, NAME, owner)
    kept = Kept(store, folder / "next.journal", folder / "kept.key", Term(Owner(2, "b"), continues=False))
    read = process_time()
    engine = Engine(OsEntropy(), ledger=FileLedger(folder / "next.counters"), block=HOST_BLOCK)
    positions = kept.positions()
    for sa_set in kept.sets():
        engine.take_over(sa_set, positions[sa_set.set_id])
    installed = process_time()
    values = tuple(as_far_as(kept.values.values(), positions))
    kept.take_up(positions)
    node.feed(Recalled(values), Micros(0))
    spare_what_stays()
    ready = process_time()
    held = (resident() - empty) / count
    assert len(node.kept()) == count
    for set_id in positions:
        engine._wake(set_id)  # noqa: SLF001  as its first packet does
    awake = (resident() - empty) / count
    parts = (read - begun, installed - read, ready - installed)
    print(
        f"{count:,} registrations taken over in {ready - begun:.2f} s of CPU, "
        f"{held:,.0f} octets resident each:"
    )
    print("  read {:.2f} s, SA sets in user space {:.2f} s, node {:.2f} s".format(*parts))
    print(f"  {awake:,.0f} octets resident each when all have said something")
    return (ready - begun) / count, awake


def resident() -> int:
    """Octets of memory of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def main() -> None:
    """Measure, then plan."""
    print(machine_line())
    idle = resident()
    print(f"a Python process with these modules: {idle / 2**20:.0f} MiB resident")
    if SERVER is None:
        print("redis-server is not installed (tools/system-packages test)")
        return
    ues = max(BATCHES[-1], int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with TemporaryDirectory() as name:
        folder = Path(name)
        redis = RedisServer(folder)
        try:
            server = Server(redis.url, folder / "kept.key")
            print(f"Redis {server.version()}, append-only file, on a Unix socket")
            said = spoken(ues, server.codec)
            lines = writes(server, said)
            look_us = server.lease_us(LEASES)
            print(f"a renewal of a lease, or a look at one: {look_us:.1f} µs of Redis")
            octets = memory(server, said, count)
            over_s, held = taken_over(redis.url, folder, count)
        finally:
            redis.stop()
        registration, up, down = load(folder / "load", 1_000)
    value, window = lines["re-registration"], lines["window"]
    one = Measured(
        registration_us=registration,
        message_us=(up + down) / 2,
        values=len(said.again) / said.ues,
        value_us=value[0],
        value_octets=value[1],
        window_us=window[0],
        window_octets=window[1],
        look_us=look_us,
        redis_octets=octets,
        process_octets=held,
        idle_octets=idle,
        taking_up_s=over_s,
    )
    print(table(one, WANTED))


if __name__ == "__main__":
    main()
