"""What it costs a P-CSCF to keep what it knows, and how long its successor takes to be ready (MGP-14).

The cost for each registration stands beside that of the P-CSCF's whole work on it; the successor takes up
all registrations from SQLite and installs all SA sets in the user-space engine. Goals: 15 % of CPU for each
registration, 2 kB on disk, 5 s for 100,000 registrations.

    python -m benchmarks.keeping [UES [RECALLED]]
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, thread_time

from tests.unit.nodes.pcscf.bed import Bed, Ue, config

from benchmarks.machine import machine_line
from benchmarks.pcscf_node import Meter, register, settle
from twopair.backends.userspace.engine import Engine
from twopair.backends.userspace.ledger import FileLedger
from twopair.base import Impi, Port, Spi
from twopair.core.registration.kept import Forget, Keep, KeptRegistration, Recalled, as_far_as
from twopair.live.collector import collect_nothing, spare_what_stays
from twopair.live.entropy import OsEntropy
from twopair.live.keeping.kept import Kept
from twopair.nodes.pcscf import Pcscf
from twopair.stores.sqlite import SqliteStore


def opened(folder: Path) -> tuple[Kept, SqliteStore]:
    store = SqliteStore(folder / "kept.db")
    return Kept(store, folder / "kept.journal", folder / "kept.key"), store


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def cost(count: int) -> KeptRegistration:
    """Print what keeping costs for each of that many registrations; gives one of them."""
    bed = Bed()
    meter = Meter(bed)
    said: list[Keep | Forget] = []
    feed = bed.pcscf.feed

    def noting(event, now):  # type: ignore[no-untyped-def]
        actions = feed(event, now)
        said.extend(action for action in actions if isinstance(action, Keep | Forget))
        return actions

    bed.pcscf.feed = noting  # type: ignore[method-assign]
    work = []
    for number in range(count):
        work.append(register(meter, Ue(number), again=False))
        if number % 500 == 499:
            settle(bed)
    work.sort()
    node_us = work[len(work) // 2]
    with TemporaryDirectory() as folder:
        kept, store = opened(Path(folder))
        all_begun, begun = process_time(), thread_time()
        for action in said:
            if isinstance(action, Keep):
                kept.keep(action.key, action.value)
            else:
                kept.forget(action.key)
        main_us = (thread_time() - begun) / count * 1e6
        kept.close()
        all_us = (process_time() - all_begun) / count * 1e6
        store.close()
        octets = size_of(Path(folder)) / count
    print(f"{count:,} registrations, {len(said) / count:.1f} changes each")
    print(f"  node alone            {node_us:6.1f} µs each (median)")
    print(f"  keeping, its thread   {main_us:6.1f} µs each, {main_us / node_us:.0%} (with the writer's:")
    print(f"  keeping, all threads  {all_us:6.1f} µs each, {all_us / node_us:.0%}; goal 15 %)")
    print(f"  on disk               {octets:6,.0f} octets each (goal 2,048)")
    return next(action.value for action in reversed(said) if isinstance(action, Keep))


def many(one: KeptRegistration, count: int) -> Iterator[KeptRegistration]:
    """That many like one, each of an IMPI and at an address of its own."""
    [kept] = one.sets
    old = kept.sa_set
    for n in range(count):
        spis = old.spis._replace(pc=Spi(2**20 + 2 * n), ps=Spi(2**20 + 2 * n + 1))
        sa_set = type(old)(
            set_id=n + 1,
            impi=Impi(f"{n:015d}@ims.test"),
            end=old.end,
            ue=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}",
            pcscf=old.pcscf,
            ports=old.ports._replace(uc=Port(20_000)),
            spis=spis,
            suite=old.suite,
            keys=old.keys,
        )
        sets = (kept._replace(sa_set=sa_set),)
        yield one._replace(impi=sa_set.impi, token=f"{n:016x}", latest=n + 1, sets=sets)


def restart(one: KeptRegistration, count: int) -> None:
    """Print how long it takes from the start to a P-CSCF that serves all."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        kept, store = opened(folder)
        ledger = FileLedger(folder / "kept.counters")
        for value in many(one, count):
            kept.keep(value.token, value)
            ledger.begin(value.sets[0].sa_set.set_id)[0] = 7
        kept.close()
        store.close()
        node = Pcscf(config(), OsEntropy())
        collect_nothing()
        begun = perf_counter()
        kept, store = opened(folder)
        read = perf_counter()
        engine = Engine(OsEntropy(), ledger=FileLedger(folder / "kept.counters"))
        standing = engine.adopt(kept.sets())
        installed = perf_counter()
        values = tuple(as_far_as(kept.values.values(), standing))
        kept.take_up(standing)
        node.feed(Recalled(values), begun_at(values))
        spare_what_stays()
        ready = perf_counter()
        assert len(node.kept()) == count
        kept.close()
        store.close()
        parts = (read - begun, installed - read, ready - installed)
        print(f"{count:,} registrations: ready {ready - begun:.2f} s after the start (goal for 100,000: 5 s)")
        print("  read {:.2f} s, SA sets {:.2f} s, node {:.2f} s".format(*parts))


def begun_at(values: tuple[KeptRegistration, ...]):  # type: ignore[no-untyped-def]
    return type(values[0].sets[0].expires_at)(0)


if __name__ == "__main__":
    print(machine_line())
    spare_what_stays()
    registration = cost(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000)
    restart(registration, int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
